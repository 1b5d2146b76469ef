import assert from "node:assert/strict";
import { wordsOf } from "../../src/discord/errors.ts";
import { ManualClock } from "../support/discord/mod.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";

const THREADS = "/channels/:channel_id/threads";
const MESSAGES = "/channels/:channel_id/messages";
const STARS = "*".repeat(500);

Deno.test("[X2] ThreadMaker makes a thread anew each time that staff delete it, and asks no more than it has to", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("0");
    await visitor.untilDelivered(1);
    for (const text of ["1", "2", "3"]) {
      const { thread } = visitor;
      assert.ok(thread);
      discord.deleteChannel(thread);
      const before = discord.requests.length;
      await visitor.say(text);
      await visitor.until(() => visitor.delivered.includes(text), `message ${text}`);
      const asked = discord.requests.slice(before).filter(({ method }) => method === "POST");
      assert.deepEqual(asked.map(({ route }) => route), [MESSAGES, THREADS, MESSAGES]);
      assert.equal(discord.threads().length, 1);
    }
  });
});

Deno.test("[X2] ThreadMaker takes no thread for one of its own that is gone, although the gateway has told of it", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    // The answer gets lost, the gateway tells of the thread, and nobody tells that staff delete it.
    discord.faults.add({ method: "POST", route: THREADS, action: { kind: "truncate" } });
    discord.faults.add({ method: "GET", route: /\/threads\//, action: { kind: "status", status: 500 } });
    const visitor = await bridge.visitor();
    const told = discord.onChange(() => {
      const [first] = discord.threads();
      if (first === undefined) return;
      told();
      discord.world.channels.delete(first.id);
      discord.world.messages.delete(first.id);
    });
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    assert.equal(discord.threads().length, 1);
    const posted = discord.requests.filter(({ method, route, body }) =>
      method === "POST" && route === MESSAGES && JSON.stringify(body).includes("Hello")
    );
    assert.deepEqual(posted.map(({ status }) => status), [200]);
  });
});

Deno.test("[X2] Outbox waits longer each time for a thread that is gone as soon as it was made", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { retryBaseMs: 50 })).ready();
    const gone = { kind: "status", status: 404, body: { code: 10003, message: "Unknown Channel" } } as const;
    discord.faults.add({ method: "POST", route: MESSAGES, times: 4, action: gone });
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.until(
      () => discord.threads().some(({ id }) => discord.messages(id).length > 1),
      "the message",
    );
    const waits = bridge.log.filter(({ message }) => message === "A delivery failed, trying again")
      .map(({ fields }) => Number(fields.retryInMs));
    assert.equal(waits[0], 0);
    assert.equal(waits.length, 4);
    assert.ok(waits.slice(1).every((waitMs) => waitMs > 0), waits.join());
  });
});

for (
  const [what, refusal, kind] of [
    ["the page's title, in the starter", { code: 200000, message: "Blocked by AutoMod" }, "forum"],
    ["the name", { code: 200001, message: "Title was blocked by AutoMod" }, "forum"],
    ["the name as invalid", { code: 50035, message: "Invalid Form Body" }, "forum"],
    ["the name", { code: 200001, message: "Title was blocked by AutoMod" }, "text"],
  ] as const
) {
  Deno.test(`[X2] ThreadMaker makes a ${kind} thread without a visitor's words when Discord refuses ${what}, code ${refusal.code}`, async () => {
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      discord.faults.add({
        method: "POST",
        route: THREADS,
        times: 100,
        when: ({ body }) => JSON.stringify(body).includes("Casino"),
        action: { kind: "status", status: 400, body: refusal },
      });
      const visitor = await bridge.visitor();
      await visitor.connection.properties.update({
        visitor: { name: "Casino", verified: true },
        page: { url: "https://shop.example/", title: "Casino night" },
      });
      await visitor.say("Hello");
      await visitor.untilDelivered(1);
      assert.equal(discord.threads()[0]?.name, visitor.uid);
      const line = bridge.log.find(({ message }) =>
        message.startsWith("Discord refuses what is known of a visitor")
      );
      assert.equal(line?.fields.uid, visitor.connection.uid);
    }, { kind });
  });
}

Deno.test("[X2] ThreadMaker introduces a visitor in a text channel's thread without their words when AutoMod refuses these", async () => {
  await withDiscord(async (discord) => {
    discord.setBlockedWords("casino");
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.connection.properties.set("page", { url: "https://shop.example/", title: "Casino night" });
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const [starter] = discord.messages(thread).map(({ content }) => content);
    assert.match(
      starter ?? "",
      new RegExp(`^\\*\\*New conversation\\*\\* with visitor \`${visitor.uid}\`; Discord refuses`),
    );
  }, { kind: "text" });
});

Deno.test("[X2] ThreadMaker tells the visitor and the operator when Discord refuses even a thread without words", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    discord.faults.add({
      method: "POST",
      route: THREADS,
      times: 2,
      action: { kind: "status", status: 400, body: { code: 200001, message: "Title was blocked" } },
    });
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("Hello");
    await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
    assert.equal(visitor.seen.get(seq)?.failed, "This message could not be delivered.");
    const line = bridge.log.find(({ message }) => message === "A delivery failed for good");
    assert.ok(line?.fields.error instanceof Error);
    assert.equal(
      line.fields.error.message,
      "Cannot make a thread: Discord answers 400, code 200001, Title was blocked; exempt the bot's role from AutoMod",
    );
    await visitor.say("Again");
    await visitor.untilDelivered(1);
    assert.deepEqual(visitor.delivered, ["Again"]);
  });
});

Deno.test("[X8] ThreadMaker names once what it could not do, and the permission", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    discord.faults.add({
      method: "POST",
      route: THREADS,
      action: { kind: "status", status: 403, body: { code: 50013, message: "Missing Permissions" } },
    });
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const line = await bridge.until(
      () => bridge.log.find(({ message }) => message === "A delivery failed, trying again"),
      "the line",
    );
    assert.equal(
      line.fields.reason,
      "Cannot make a thread: the bot lacks a permission in the channel, give it Send Messages in a forum, " +
        "Create Public Threads in a text channel",
    );
  });
});

Deno.test("DiscordRefusal says in words what Discord says of single fields", () => {
  const errors = {
    name: { _errors: [{ code: "BASE_TYPE_BAD_LENGTH", message: "Must be between 1 and 100 in length." }] },
    message: { content: { _errors: [{ code: "X", message: "Must be 2000 or fewer in length." }] } },
  };
  assert.deepEqual(wordsOf(errors), [
    "name: Must be between 1 and 100 in length.",
    "message.content: Must be 2000 or fewer in length.",
  ]);
  assert.deepEqual(wordsOf(undefined), []);
});

Deno.test("[X2] ThreadMaker makes a thread for a visitor whose name, page and language are nothing but marks", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.connection.properties.update({
      visitor: { name: STARS, email: STARS, verified: true },
      page: { url: STARS, title: STARS },
      locale: STARS,
    });
    await visitor.say("Hello");
    await bridge.until(() => discord.threads().length === 1, "the thread");
    const [thread] = discord.threads();
    const [starter] = discord.messages(thread?.id ?? "");
    assert.match(starter?.content ?? "", /Identified: .*\nPage: .*\nLanguage: /);
    await bridge.until(() => discord.world.commands.length > 0, "the commands");
    const used = discord.staff("Alice").slash(thread?.id ?? "", "who");
    await bridge.until(() => used.responses[0]?.content, "the answer");
    assert.match(used.responses[0]?.content ?? "", /Identified: .*\nPage: .*\nLanguage: .*\nFirst seen/);
  });
});

Deno.test("Commands say so in short when Discord refuses an answer for what it says", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    await bridge.until(() => discord.world.commands.length > 0, "the commands");
    discord.faults.add({
      method: "PATCH",
      route: /\/messages\/@original$/,
      action: { kind: "status", status: 400, body: { code: 50035, message: "Invalid Form Body" } },
    });
    const used = discord.staff("Alice").slash(thread, "who");
    await bridge.until(() => used.responses[0]?.content, "the answer");
    assert.match(used.responses[0]?.content ?? "", /^It is done, but Discord refuses the answer/);
  });
});

Deno.test("[X2] ThreadMaker says who it is in a text channel's thread whose making got no answer", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    discord.faults.add({ method: "POST", route: THREADS, action: { kind: "truncate" } });
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const said = discord.messages(thread).map(({ content }) => content.split("\n")[0]);
    assert.deepEqual(said, [`**New conversation** with visitor \`${visitor.uid}\``, "Hello"]);
  }, { kind: "text" });
});

for (const closed of [false, true]) {
  const where = closed ? ", and nobody may read what stands there" : "";
  Deno.test(`[X3] ThreadMaker says only once who it is when the process ends between the starter and the pairing${where}`, async () => {
    const clock = new ManualClock();
    await withDiscord(async (discord, channel) => {
      const store = new LastingStore();
      const first = await (await Bridge.start(discord, { store, threadOn: "access" })).ready();
      const visitor = await first.visitor();
      const made = await first.until(
        () => discord.threads().map(({ id }) => id).find((id) => discord.messages(id).length > 0),
        "the starter",
      );
      await first.until(() => first.logged("info").includes("A conversation has its thread"), "the pairing");
      await first[Symbol.asyncDispose]();
      // As if the process had ended one moment earlier.
      const record = await store.connectionOf(2, made);
      assert.ok(record);
      await store.setId(record.uid, 2, null);
      // Discord has forgotten the nonce by then.
      clock.advance(3_600_000);
      if (closed) discord.denyBot(channel, "ReadMessageHistory");
      await using second = await Bridge.start(discord, { store });
      await second.until(
        () =>
          closed
            ? second.service.status.reason?.endsWith("Read Message History")
            : second.service.status.ready,
        "the bridge",
      );
      const again = await second.returning(visitor.uid);
      await again.say("Hello");
      const thread = await again.untilDelivered(1);
      assert.equal(discord.threads().length, 1);
      const said = discord.messages(thread).map(({ content }) => content.split("\n")[0]);
      assert.deepEqual(said, [`**New conversation** with visitor \`${visitor.uid}\``, "Hello"]);
    }, { kind: "text", clock });
  });
}

Deno.test("[O2] ThreadMaker makes the next visitor's thread although Discord refuses one for what it says", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    discord.faults.add({
      method: "POST",
      route: "/channels/:channel_id/threads",
      times: 2,
      action: {
        kind: "status",
        status: 403,
        body: { code: 200001, message: "Title was blocked by automatic moderation" },
      },
    });
    const refused = await bridge.visitor();
    const { seq } = await refused.say("Hello");
    await refused.until(() => refused.seen.get(seq)?.failed, "the failure");
    const next = await bridge.visitor();
    await next.say("Hello");
    await next.untilDelivered(1);
  });
});

Deno.test("[X2] Outbox makes a thread anew without a look for one that it may have made before", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    // The look around of the start is another matter.
    await discord.until(() => discord.requests.some(({ path }) => path.includes("/threads/archived")));
    const before = discord.requests.length;
    discord.deleteChannel(thread);
    await visitor.say("two");
    await visitor.until(() => visitor.delivered.includes("two"), "the new thread");
    const looks = discord.requests.slice(before).filter(({ method, path }) =>
      method === "GET" && path.includes("/threads/")
    );
    assert.deepEqual(looks.map(({ path }) => path), []);
  });
});
