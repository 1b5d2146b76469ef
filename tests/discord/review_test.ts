import assert from "node:assert/strict";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import { talk } from "./talk.ts";

Deno.test("[X4] Inbox follows edits and deletions of what was known, made while we were down", async () => {
  await talk(async ({ visitor, thread, alice, leave, back }) => {
    const ids = ["kept", "edited", "deleted"].map((text) => alice.say(thread, text).id);
    const note = alice.say(thread, "// not yet").id;
    alice.say(thread, "last");
    await visitor.untilHeard(4);
    await leave();
    alice.edit(thread, ids[1] ?? "", "edited meanwhile");
    alice.delete(thread, ids[2] ?? "");
    alice.edit(thread, note, "now");
    alice.say(thread, "new");
    const { bridge: second, visitor: again } = await back();
    await second.ready();
    await again.until(() => again.texts.includes("new"), "the new message");
    assert.deepEqual(again.texts, ["kept", "edited meanwhile", "last", "now", "new"]);
  });
});

Deno.test("[X4] Inbox takes nothing for deleted when Discord shows nothing at all", async () => {
  await talk(async ({ discord, channel, visitor, thread, alice, leave, back }) => {
    alice.say(thread, "kept");
    await visitor.untilHeard(1);
    await leave();
    alice.say(thread, "new");
    discord.denyBot(channel, "ReadMessageHistory");
    const before = discord.requests.length;
    const { bridge: second, visitor: again } = await back();
    await discord.until(() =>
      discord.requests.slice(before).some(({ path, status }) => path.endsWith("/messages") && status === 200)
    );
    alice.say(thread, "live");
    await second.until(
      () => second.logged("error").some((line) => line.startsWith("Discord refuses what was to be read")),
      "the refusal",
    );
    assert.deepEqual(again.texts, ["kept"]);
    discord.denyBot(channel);
    await again.until(() => again.texts.includes("live"), "the live message");
    assert.deepEqual(again.texts, ["kept", "new", "live"]);
  });
});

Deno.test("Inbox keeps threads paired that are renamed", async () => {
  await talk(async ({ discord, visitor, thread, alice }) => {
    alice.editThread(thread, { name: "Refund for Ada" });
    alice.say(thread, "Hi");
    await visitor.untilHeard(1);
    await visitor.say("Thanks");
    await discord.until(() => discord.messages(thread).some(({ content }) => content === "Thanks"));
    assert.equal(discord.threads().length, 1);
  });
});

Deno.test("DiscordService works with a token that carries no id", async () => {
  await talk(async ({ discord, visitor, thread, alice }) => {
    alice.say(thread, "Hi");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["Hi"]);
    assert.equal(discord.requests[0]?.headers.get("authorization"), "Bot not-a-token-of-discord's");
  }, { simulator: { token: "not-a-token-of-discord's" } });
});

Deno.test("DiscordService names the permissions that only parts of it need, and stays ready", async () => {
  await withDiscord(async (discord, channel) => {
    discord.denyBot(channel, "AttachFiles", "ManageThreads");
    await using bridge = await (await Bridge.start(discord)).ready();
    const line = bridge.log.find(({ level, fields }) => level === "warn" && fields.missing !== undefined);
    assert.deepEqual(line?.fields.missing, ["Attach Files", "Manage Threads"]);
    const invite = new URL(String(line?.fields.invite));
    const names = {
      view: 10n,
      send: 11n,
      files: 15n,
      history: 16n,
      react: 6n,
      manage: 34n,
      make: 35n,
      talk: 38n,
    };
    const wanted = Object.values(names).reduce((sum, bit) => sum | 1n << bit, 0n);
    assert.equal(invite.searchParams.get("permissions"), String(wanted));
  });
});

Deno.test("[X4] Inbox takes nothing for deleted that stands before what was read again", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const visitor = await first.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const alice = discord.staff("Alice");
    const texts = Array.from({ length: 80 }, (_, index) => `answer ${index}`);
    for (const text of texts) alice.say(thread, text);
    await visitor.untilHeard(80);
    await first[Symbol.asyncDispose]();
    alice.say(thread, "while away");
    await using second = await (await Bridge.start(discord, { store })).ready();
    const again = await second.returning(visitor.uid);
    await again.until(() => again.texts.includes("while away"), "what was missed");
    alice.say(thread, "live");
    await again.until(() => again.texts.includes("live"), "what comes next");
    const { messages } = await again.connection.messages({ limit: 100 });
    const there = messages.filter(({ side, deletedAt }) => side === 2 && deletedAt === undefined);
    assert.deepEqual(there.map(({ content }) => content), [...texts, "while away", "live"]);
  });
});
