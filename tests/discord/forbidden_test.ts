// What the bot may not do: what arrives all the same, what is said, and how seldom it is tried.
import assert from "node:assert/strict";
import { systemClock } from "../../src/core/mod.ts";
import { DiscordRefusal } from "../../src/discord/errors.ts";
import type { Home } from "../../src/discord/home/home.ts";
import { RefusedPosts } from "../../src/discord/refusals/refused_posts.ts";
import { readChannel } from "../../src/discord/payloads.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import type { DiscordSimulator } from "../support/discord/mod.ts";
import { scene } from "./scene.ts";

const MESSAGES = "/channels/:channel_id/messages";
const FORBIDDEN = {
  kind: "status",
  status: 403,
  body: { code: 50013, message: "Missing Permissions" },
} as const;
const bytes = new Uint8Array(100);
const options = { fileLink: (id: string) => `https://chat.example/files/${id}` };

/** Time that stands still until it is told to pass. */
function stoppedClock(): typeof systemClock & { pass(ms: number): void } {
  let now = Date.now();
  return {
    now: () => now,
    after: (delayMs, callback) => systemClock.after(delayMs, callback),
    pass: (ms) => {
      now += ms;
    },
  };
}

async function failureOf(bridge: Bridge, count: number): Promise<string> {
  const lines = () => bridge.log.filter(({ message }) => message === "A delivery failed for good");
  await bridge.until(() => lines().length >= count, `${count} failures`);
  return String(lines()[count - 1]?.fields.error);
}

Deno.test("Outbox links files that the bot may not attach, without asking", async () => {
  await scene(async ({ discord, bridge, visitor, channel, upload }) => {
    discord.denyBot(channel, "AttachFiles");
    await bridge.until(
      () => bridge.log.some(({ fields }) => String(fields.missing) === "Attach Files"),
      "it",
    );
    const before = discord.invalidRequests;
    const file = await upload("a.png", bytes);
    await visitor.say("look at this", undefined, [file]);
    await visitor.say("and another word");
    await visitor.until(() => visitor.delivered.join("\n").endsWith("another word"), "both messages");
    const text = visitor.delivered.join("\n");
    assert.ok(
      text.includes(`look at this\na.png (100 bytes): <https://chat.example/files/${file.id}>`),
      text,
    );
    assert.equal(discord.invalidRequests, before);
  }, options);
});

Deno.test("Poster links files that Discord refuses, names the permission, and goes on", async () => {
  await scene(async ({ discord, bridge, visitor, upload }) => {
    const fault = discord.faults.add({
      method: "POST",
      route: MESSAGES,
      // As where an overwrite that nobody knows of takes the permission.
      when: () => (discord.requests.at(-1)?.files.length ?? 0) > 0,
      action: FORBIDDEN,
    });
    await visitor.say("look at this", undefined, [await upload("a.png", bytes)]);
    await visitor.say("and another word");
    await visitor.until(() => visitor.delivered.join("\n").endsWith("another word"), "both messages");
    assert.equal(fault.hits, 1);
    assert.match(visitor.delivered.join("\n"), /look at this\na\.png \(100 bytes\): <https/);
    assert.deepEqual([...visitor.seen.values()].filter(({ failed }) => failed !== undefined), []);
    assert.ok(bridge.logged("warn").some((line) => line.includes("Attach Files")));
  }, options);
});

for (
  const [status, code, message] of [
    [403, 400001, "Access to file uploads has been limited for this guild"],
    [400, 50045, "File uploaded exceeds the maximum size"],
  ] as const
) {
  Deno.test(`Poster links files that Discord does not take for now, with the code ${code}, and goes on`, async () => {
    await scene(async ({ discord, visitor, upload }) => {
      const fault = discord.faults.add({
        method: "POST",
        route: MESSAGES,
        when: () => (discord.requests.at(-1)?.files.length ?? 0) > 0,
        action: { kind: "status", status, body: { code, message } },
      });
      await visitor.say("look at this", undefined, [await upload("a.png", bytes)]);
      await visitor.until(() => visitor.delivered.join("\n").includes("look at this"), "the message");
      assert.equal(fault.hits, 1);
      assert.match(visitor.delivered.join("\n"), /look at this\na\.png \(100 bytes\): <https/);
      assert.deepEqual([...visitor.seen.values()].filter(({ failed }) => failed !== undefined), []);
    }, options);
  });
}

Deno.test("Poster answers without a reference where the bot may not read the history", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    discord.staff("Alice").say(thread, "Really?");
    const [heard] = await visitor.untilHeard(1);
    discord.denyBot(channel, "ReadMessageHistory");
    await visitor.until(() => !bridge.service.status.ready, "the bridge to notice");
    const { seq } = await visitor.say("yes", heard?.seq);
    await visitor.untilDelivered(2);
    assert.deepEqual(visitor.delivered, ["one", "yes"]);
    assert.equal(visitor.seen.get(seq)?.failed, undefined);
  });
});

Deno.test("[X8] Outbox asks ever more seldom in a thread that forbids posts, and fails nothing unasked", async () => {
  const clock = stoppedClock();
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { clock })).ready();
    const visitor = await bridge.visitor();
    const other = await bridge.visitor();
    await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    await other.say("one");
    await other.untilDelivered(1);
    const route = new RegExp(`^/channels/${thread}/messages`);
    const forbidden = discord.faults.add({ method: "POST", route, times: 1000, action: FORBIDDEN });
    await visitor.say("two");
    await failureOf(bridge, 1);
    const waits = () =>
      bridge.log.filter(({ fields }) => String(fields.reason).endsWith("asking again later"));
    for (
      const [tries, seconds] of [[1, 5], [2, 10], [3, 20], [4, 40], [5, 80], [6, 120], [7, 120]] as const
    ) {
      const before = waits().length;
      await visitor.say("three");
      await bridge.until(() => waits().length > before, "it to wait");
      assert.equal(forbidden.hits, tries);
      clock.pass(seconds * 1000 - 1);
      bridge.chatBox.worker2.resumeDeliveries();
      await bridge.until(() => waits().length > before + 1, "it to wait on");
      assert.equal(forbidden.hits, tries);
      clock.pass(1);
      bridge.chatBox.worker2.resumeDeliveries();
      await failureOf(bridge, tries + 1);
      assert.equal(forbidden.hits, tries + 1);
    }
    await other.say("free");
    await other.until(() => other.delivered.includes("free"), "what is said elsewhere");
    forbidden.remove();
    const before = waits().length;
    await visitor.say("four");
    await bridge.until(() => waits().length > before, "it to wait");
    clock.pass(120_000);
    bridge.chatBox.worker2.resumeDeliveries();
    await visitor.until(() => visitor.delivered.includes("four"), "what is allowed again");
  });
});

for (
  const [what, tell] of [
    ["the bot as a member", (discord: DiscordSimulator) => {
      const { userId: id, roles } = discord.world.member(discord.botId);
      discord.world.dispatch({
        t: "GUILD_MEMBER_UPDATE",
        d: {
          guild_id: discord.guildId,
          roles,
          user: { id, username: "bot" },
          communication_disabled_until: null,
        },
        intent: 1,
      });
    }],
    ["the thread", (discord: DiscordSimulator, thread: string) => {
      discord.staff("Alice").editThread(thread, { archived: true });
    }],
  ] as const
) {
  Deno.test(`[X8] Outbox delivers what waits after a time-out of the bot as soon as Discord tells of ${what}`, async () => {
    const clock = stoppedClock();
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord, { clock })).ready();
      const visitor = await bridge.visitor();
      await visitor.say("one");
      const thread = await visitor.untilDelivered(1);
      const bot = discord.world.member(discord.botId);
      bot.timedOutUntil = new Date(Date.now() + 60_000).toISOString();
      await visitor.say("two");
      await failureOf(bridge, 1);
      bot.timedOutUntil = null;
      const { seq } = await visitor.say("three");
      await bridge.until(
        () => bridge.log.some(({ fields }) => String(fields.reason).endsWith("asking again later")),
        "it to wait",
      );
      await visitor.say("four");
      tell(discord, thread);
      await visitor.until(() => visitor.delivered.join("\n").endsWith("four"), "what waited");
      assert.equal(visitor.seen.get(seq)?.failed, undefined);
    });
  });
}

Deno.test("[X8] Outbox finds out once for all threads that the bot lacks a permission, and goes on when it has it", async () => {
  const clock = stoppedClock();
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    await using bridge = await (await Bridge.start(discord, { clock, store })).ready();
    const visitors = [];
    for (let count = 0; count < 5; count++) {
      const visitor = await bridge.visitor();
      await visitor.say("one");
      await visitor.untilDelivered(1);
      visitors.push(visitor);
    }
    discord.denyBot(channel, "SendMessagesInThreads");
    await bridge.until(() => !bridge.service.status.ready, "the bridge to notice");
    const before = discord.invalidRequests;
    let failures = 0;
    for (const visitor of visitors) {
      await visitor.say("two");
      await failureOf(bridge, ++failures);
    }
    assert.equal(discord.invalidRequests - before, 1);
    clock.pass(61_000);
    await Promise.all(visitors.map((visitor) => visitor.say("three")));
    await failureOf(bridge, failures += visitors.length);
    assert.equal(discord.invalidRequests - before, 2);
    discord.denyBot(channel);
    await bridge.ready();
    for (const visitor of visitors) {
      await visitor.say("four");
      await visitor.until(() => visitor.delivered.includes("four"), "what is allowed again");
    }
  });
});

Deno.test("[X8] DiscordService is not ready, and says why, while it leaves Discord alone after too many refusals", async () => {
  await withDiscord(async (discord) => {
    // What the service does not know goes on to who makes the calls.
    const limited = { clock: stoppedClock(), invalidRequestLimit: 1 };
    await using bridge = await (await Bridge.start(discord, limited)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    await visitor.untilDelivered(1);
    discord.faults.add({ method: "POST", route: MESSAGES, action: FORBIDDEN });
    await visitor.say("two");
    await failureOf(bridge, 1);
    assert.equal(bridge.service.status.ready, false);
    assert.match(bridge.service.status.reason ?? "", /more would ban this address/);
    limited.clock.pass(600_000);
    assert.equal(bridge.service.status.ready, true);
  });
});

for (const known of [true, false]) {
  Deno.test(`[X8] Outbox tries edits seldom where they are forbidden, whether or not it knows why (${known})`, async () => {
    const clock = stoppedClock();
    await withDiscord(async (discord, channel) => {
      await using bridge = await (await Bridge.start(discord, { clock })).ready();
      const visitor = await bridge.visitor();
      const seqs: number[] = [];
      for (let count = 1; count <= 5; count++) {
        seqs.push((await visitor.say(`message ${count}`)).seq);
        await visitor.untilDelivered(count);
      }
      await visitor.until(() => visitor.arrived === seqs.at(-1), "the arrival");
      if (known) {
        discord.denyBot(channel, "SendMessagesInThreads");
        await bridge.until(() => !bridge.service.status.ready, "the bridge to notice");
      }
      const forbidden = discord.faults.add({
        route: /^\/channels\/\d+\/messages/,
        times: 1000,
        action: FORBIDDEN,
      });
      const before = discord.invalidRequests;
      const [first = 0, ...others] = seqs;
      await visitor.edit(first, "changed");
      await visitor.until(() => visitor.seen.get(first)?.failed, "the failure");
      for (const seq of others) await visitor.edit(seq, "changed");
      if (known) {
        for (const seq of others) await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
        assert.equal(discord.invalidRequests - before, 1);
        return;
      }
      await bridge.until(
        () => bridge.log.some(({ fields }) => String(fields.reason).endsWith("asking again later")),
        "them to wait",
      );
      // The edit, and the words about it.
      assert.equal(discord.invalidRequests - before, 2);
      forbidden.remove();
      clock.pass(5_000);
      bridge.chatBox.worker2.resumeDeliveries();
      await visitor.until(
        () => visitor.delivered.filter((text) => text === "changed").length === 4,
        "the edits",
      );
    });
  });
}

const CHANNEL = readChannel({ id: "1", type: 15 });
const OTHER = readChannel({ id: "2", type: 11 }).id;
const HOME: Home = {
  botId: CHANNEL.id,
  applicationId: CHANNEL.id,
  guildId: CHANNEL.id,
  channel: CHANNEL,
  missing: [],
  lacking: [],
  fileBytes: 0,
};
const NO = new DiscordRefusal("post", 403, 50001, "Missing Access");

Deno.test("[X8] RefusedPosts remembers what a known lack forbids, no longer than permissions stay as they are", () => {
  let now = 0;
  const refusals = new RefusedPosts({ now: () => now });
  const { id } = CHANNEL;
  const poor: Home = { ...HOME, missing: ["Send Messages"] };
  const said = new Error("no");
  refusals.remember(id, poor, new DiscordRefusal("post", 400, 50035, "Invalid Form Body"), said);
  assert.equal(refusals.of(id, poor), undefined);
  refusals.remember(id, poor, NO, said);
  assert.equal(refusals.of(OTHER, poor), said);
  assert.equal(refusals.of(OTHER, { ...poor, missing: ["View Channel", "Send Messages"] }), undefined);
  assert.equal(refusals.of(OTHER, HOME), undefined);
  now += 60_000;
  assert.equal(refusals.of(id, poor), undefined, "somebody has to find out");
  assert.equal(refusals.of(OTHER, poor), said, "the others wait for it");
  refusals.arrived(id);
  assert.equal(refusals.of(OTHER, poor), undefined);
});

Deno.test("[X8] RefusedPosts lets a thread's messages wait, by an allowance for all threads together", () => {
  let now = 0;
  const refusals = new RefusedPosts({ now: () => now });
  const threads = Array.from(
    { length: 20 },
    (_, index) => readChannel({ id: String(100 + index), type: 11 }).id,
  );
  for (const thread of threads) refusals.remember(thread, HOME, NO, new Error("no"));
  const [first = OTHER, second = OTHER] = threads;
  assert.equal(refusals.of(OTHER, HOME), undefined);
  assert.equal(Reflect.get(refusals.of(first, HOME) ?? {}, "retryAfterMs"), 5_000);
  now += 5_000;
  assert.equal(Reflect.get(refusals.of(first, HOME) ?? {}, "retryAfterMs"), 5_000, "others have used it up");
  now += 50_000;
  assert.equal(refusals.of(first, HOME), undefined);
  refusals.remember(first, HOME, NO, new Error("no"));
  assert.equal(Reflect.get(refusals.of(first, HOME) ?? {}, "retryAfterMs"), 10_000);
  assert.equal(refusals.changed(first), true);
  assert.equal(refusals.of(first, HOME), undefined);
  now += 5_000;
  assert.equal(refusals.of(second, HOME), undefined);
  assert.equal(refusals.changed(), true);
  assert.equal(refusals.changed(), false);
});
