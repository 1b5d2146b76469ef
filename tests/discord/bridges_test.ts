// What bridges got wrong, where no other test here has it already: docs/bridges.md has the whole table.
import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import { talk } from "./talk.ts";

const MESSAGES = "/channels/:channel_id/messages";

Deno.test("[D4] Bridge delivers what was accepted before a restart and not yet sent, once", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const visitor = await first.visitor();
    await visitor.say("One");
    await visitor.untilDelivered(1);
    const away = discord.faults.add({ times: 1_000, action: { kind: "status", status: 503 } });
    await visitor.say("Two");
    await visitor.until(() => away.hits > 0, "the first try");
    await first[Symbol.asyncDispose]();
    away.remove();
    await using second = await (await Bridge.start(discord, { store })).ready();
    const again = await second.returning(visitor.uid);
    await again.say("Three");
    await again.until(() => again.delivered.join("\n").endsWith("Three"), "the last message");
    assert.equal(again.delivered.join("\n"), "One\nTwo\nThree");
  });
});

Deno.test("[X3] Bridge delivers the same words of two visitors, and of one twice, each time", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const one = await bridge.visitor();
    const other = await bridge.visitor();
    await Promise.all([one.say("yes"), other.say("yes")]);
    await one.untilDelivered(1);
    await other.untilDelivered(1);
    await one.say("yes");
    await one.untilDelivered(2);
    assert.deepEqual([one.delivered, other.delivered], [["yes", "yes"], ["yes"]]);
  });
});

Deno.test("[X3] Bridge takes a lost message that staff deleted meanwhile for delivered (10008)", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("One");
    const thread = await visitor.untilDelivered(1);
    const held = hold(discord, "delay", "GET", MESSAGES);
    discord.faults.add({ method: "POST", route: MESSAGES, action: { kind: "lose" } });
    await visitor.say("Spam");
    await visitor.untilDelivered(2);
    const spam = discord.messages(thread).at(-1);
    discord.staff("Alice").delete(thread, spam?.id ?? "");
    held.release();
    await visitor.say("Three");
    await visitor.until(() => visitor.delivered.at(-1) === "Three", "the next message");
    assert.deepEqual(visitor.delivered, ["One", "Three"]);
  });
});

Deno.test("[X9] Bridge tells messages apart whose ids differ in the last digit", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    const ids = ["one", "two", "three"].map((text) => alice.say(thread, text).id);
    assert.ok(new Set(ids.map(Number)).size < ids.length, "as numbers they are not different");
    await visitor.untilHeard(3);
    alice.edit(thread, ids[1] ?? "", "zwei");
    alice.delete(thread, ids[0] ?? "");
    await visitor.until(() => visitor.texts.length === 2, "the deletion");
    assert.deepEqual(visitor.texts, ["zwei", "three"]);
  });
});

for (
  const [what, name] of [
    ["everyone", "@everyone"],
    ["discord", "discord"],
    ["clyde", "clyde"],
    ["200 characters of emoji", "👩‍👩‍👧".repeat(25)],
    ["markup", "**x** <@1> ```\n# [y](https://example.org) ||z||"],
    ["controls", "\u202e\u0000\u200b"],
  ] as const
) {
  Deno.test(`[X1] Bridge delivers for a visitor whose name, page and language are ${what}, and pings nobody`, async () => {
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const visitor = await bridge.visitor();
      const { properties } = visitor.connection;
      await properties.set("visitor", { name, verified: true });
      await properties.set("page", { url: `https://example.org/${name}`, title: name });
      await properties.set("locale", name);
      await visitor.say("Hello");
      const thread = await visitor.untilDelivered(1);
      assert.match(visitor.delivered.join(), /^\*\*.+:\*\* Hello$/s);
      assert.deepEqual(discord.pings, []);
      assert.match(discord.messages(thread)[0]?.content ?? "", /New conversation[^]*\nIdentified: /);
    });
  });
}

Deno.test("[X1] Bridge pings nobody by the name of somebody whom a new thread quotes", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("@here");
    const thread = await visitor.untilDelivered(1);
    discord.staff("@everyone").say(thread, "Hello");
    await visitor.untilHeard(1);
    discord.deleteChannel(thread);
    await visitor.say("After");
    await visitor.until(
      () => visitor.thread !== thread && visitor.delivered.includes("After"),
      "a new thread",
    );
    const quoted = discord.messages(visitor.thread ?? "")[0]?.content ?? "";
    assert.match(quoted, /everyone[^]*Hello/);
    assert.deepEqual(discord.pings, []);
  });
});

Deno.test("[O2] Bridge lets others talk while Discord answers one thread 429 again and again", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const [busy, calm] = [await bridge.visitor(), await bridge.visitor()];
    await busy.say("Hello");
    await calm.say("Hello");
    const limited = await busy.untilDelivered(1);
    await calm.untilDelivered(1);
    const fault = discord.faults.add({
      method: "POST",
      route: new RegExp(`^/channels/${limited}/messages$`),
      times: 1_000,
      action: { kind: "status", status: 429, retryAfterS: 0.2 },
    });
    await busy.say("Held");
    await busy.until(() => fault.hits > 0, "the refusal");
    for (let index = 0; index < 5; index++) {
      await calm.say(`Quick ${index}`);
      await calm.until(() => calm.delivered.join("\n").endsWith(`Quick ${index}`), "the others' words");
    }
    assert.deepEqual(busy.delivered, ["Hello"]);
    fault.remove();
    await busy.untilDelivered(2);
  });
});

Deno.test("[X5] Bridge tells itself by its id from a person who has its name", async () => {
  await using discord = await DiscordSimulator.start({ botName: "Support" });
  discord.createForum("chatbox50");
  await using bridge = await (await Bridge.start(discord)).ready();
  const visitor = await bridge.visitor();
  await visitor.say("Hello");
  const thread = await visitor.untilDelivered(1);
  discord.staff("Support").say(thread, "I am a person");
  await visitor.untilHeard(1);
  await visitor.say("Me too");
  await visitor.untilDelivered(2);
  discord.staff("Support").say(thread, "Good");
  await visitor.untilHeard(2);
  assert.deepEqual(visitor.texts, ["I am a person", "Good"]);
});
