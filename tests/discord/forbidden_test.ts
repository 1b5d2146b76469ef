// What the bot may not do: what arrives all the same, what is said, and how seldom it is tried.
import assert from "node:assert/strict";
import { systemClock } from "../../src/core/mod.ts";
import { DiscordRefusal } from "../../src/discord/errors.ts";
import type { Home } from "../../src/discord/home.ts";
import { Refusals } from "../../src/discord/outbox/refusals.ts";
import { readChannel } from "../../src/discord/payloads.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
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

Deno.test("[X8] Outbox asks a thread that forbids posts no more for a minute, then two, until something arrives", async () => {
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
    let failures = 0;
    const tried: number[] = [];
    for (const minutes of [0, 0.5, 0.6, 1.5, 0.6, 3, 1.1]) {
      clock.pass(minutes * 60_000);
      await visitor.say("two");
      await failureOf(bridge, ++failures);
      tried.push(forbidden.hits);
    }
    assert.deepEqual(tried, [1, 1, 2, 2, 3, 3, 4]);
    await other.say("free");
    await other.until(() => other.delivered.includes("free"), "what is said elsewhere");
    forbidden.remove();
    clock.pass(8 * 60_000);
    await visitor.say("three");
    await visitor.until(() => visitor.delivered.includes("three"), "what is allowed again");
    const again = discord.faults.add({ method: "POST", route, times: 1000, action: FORBIDDEN });
    await visitor.say("four");
    await failureOf(bridge, ++failures);
    clock.pass(61_000);
    await visitor.say("five");
    await failureOf(bridge, ++failures);
    assert.equal(again.hits, 2, "the wait did not start small again");
  });
});

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

for (const known of [true, false]) {
  Deno.test(`[X8] Outbox tries edits once where they are forbidden, whether or not it knows why (${known})`, async () => {
    await withDiscord(async (discord, channel) => {
      await using bridge = await (await Bridge.start(discord)).ready();
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
      discord.faults.add({ route: /^\/channels\/\d+\/messages/, times: 1000, action: FORBIDDEN });
      const before = discord.invalidRequests;
      for (const seq of seqs) {
        await visitor.edit(seq, "changed");
        await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
      }
      // The edit, and the words about it where it is not known that they would be refused, too.
      assert.equal(discord.invalidRequests - before, known ? 1 : 2);
    });
  });
}

Deno.test("[X8] Refusals remembers only what is forbidden, and no longer than permissions stay as they are", () => {
  let now = 0;
  const refusals = new Refusals(() => now);
  const channel = readChannel({ id: "1", type: 15 });
  const { id } = channel;
  const other = readChannel({ id: "2", type: 11 }).id;
  const home: Home = {
    botId: id,
    applicationId: id,
    guildId: id,
    channel,
    missing: [],
    lacking: [],
    fileBytes: 0,
  };
  const poor: Home = { ...home, missing: ["View Channel"] };
  const said = new Error("no");
  const forbidden = new DiscordRefusal("post", 403, 50001, "Missing Access");
  refusals.remember(id, home, new DiscordRefusal("post", 400, 50035, "Invalid Form Body"), said);
  assert.equal(refusals.of(id, home), undefined);
  refusals.remember(id, home, forbidden, said);
  assert.equal(refusals.of(id, home), said);
  assert.equal(refusals.of(other, home), undefined);
  assert.equal(refusals.of(id, { ...home, lacking: ["Attach Files"] }), undefined);
  refusals.remember(id, poor, forbidden, said);
  assert.equal(refusals.of(other, poor), said);
  assert.equal(refusals.of(other, { ...poor, missing: ["View Channel", "Send Messages"] }), undefined);
  assert.equal(refusals.of(other, home), undefined);
  now += 60_000;
  assert.equal(refusals.of(id, poor), undefined, "somebody has to find out");
  assert.equal(refusals.of(other, poor), said, "the others wait for it");
  refusals.forget(id);
  assert.equal(refusals.of(other, poor), undefined);
});
