import assert from "node:assert/strict";
import { PlainDiscord, type PlainOptions } from "../support/plain_discord/mod.ts";
import { Bridge, LastingStore, type Visitor } from "./bridge.ts";

const UNLISTED = "This server does not list threads, reading those where somebody spoke last";

/** Lets visitors write, and ends the bridge with their messages delivered. */
async function conversations(
  discord: PlainDiscord,
  store: LastingStore,
  count: number,
): Promise<readonly Visitor[]> {
  await using bridge = await (await Bridge.start(discord, { store })).ready();
  const visitors = await Promise.all(Array.from({ length: count }, () => bridge.visitor()));
  for (const visitor of visitors) await visitor.say("Hello");
  for (const visitor of visitors) {
    discord.say(await visitor.untilDelivered(1), "Hi");
    await visitor.untilHeard(1);
  }
  return visitors;
}

function threadOf(discord: PlainDiscord, visitor: Visitor): string {
  return discord.threads().find(({ name }) => name === visitor.uid)?.id ?? "";
}

Deno.test("[X4] Intake reads what was written while the process was down where threads cannot be listed", async () => {
  await using discord = await PlainDiscord.start();
  const store = new LastingStore();
  // More than are read at once.
  const visitors = await conversations(discord, store, 12);
  for (const visitor of visitors) {
    for (const text of ["missed", "as well"]) discord.say(threadOf(discord, visitor), text);
  }
  await using bridge = await Bridge.start(discord, { store });
  const again = await Promise.all(visitors.map(({ uid }) => bridge.returning(uid)));
  for (const visitor of again) await visitor.untilHeard(3);
  for (const visitor of again) assert.deepEqual(visitor.texts, ["Hi", "missed", "as well"]);
  discord.gateway.drop();
  await bridge.until(() => discord.gateway.identifies === 3, "the next session");
  await bridge.ready();
  discord.say(threadOf(discord, visitors[0] as Visitor), "live");
  await again[0]?.untilHeard(4);
  assert.equal(bridge.logged("warn").filter((line) => line === UNLISTED).length, 1);
});

for (const listsNothing of [false, true]) {
  const options: PlainOptions = { listsNothing };
  const server = listsNothing ? "hides its threads" : "cannot list threads";
  Deno.test(`[X4] Intake loses nothing between two sessions when a server ${server}`, async () => {
    await using discord = await PlainDiscord.start(options);
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    discord.say(thread, "one");
    await visitor.untilHeard(1);
    discord.gateway.drop();
    discord.say(thread, "two");
    await bridge.until(
      () => discord.gateway.identifies === 2 && bridge.service.status.ready,
      "the next session",
    );
    discord.say(thread, "three");
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["one", "two", "three"]);
  });
}

Deno.test("[X4] Intake reads a thread before its next event, after a restart, when nothing has told that it is behind", async () => {
  await using discord = await PlainDiscord.start({ listsNothing: true });
  const store = new LastingStore();
  const [visitor] = await conversations(discord, store, 1);
  const thread = visitor === undefined ? "" : threadOf(discord, visitor);
  for (const text of ["missed", "as well"]) discord.say(thread, text);
  await using bridge = await (await Bridge.start(discord, { store })).ready();
  const again = await bridge.returning((visitor as Visitor).uid);
  discord.say(thread, "live");
  await again.untilHeard(4);
  assert.deepEqual(again.texts, ["Hi", "missed", "as well", "live"]);
});

Deno.test("[X4] Intake loses nothing in an outage of the guild", async () => {
  await using discord = await PlainDiscord.start({ listsNothing: true });
  await using bridge = await (await Bridge.start(discord)).ready();
  const visitor = await bridge.visitor();
  await visitor.say("Hello");
  const thread = await visitor.untilDelivered(1);
  discord.say(thread, "one");
  await visitor.untilHeard(1);
  discord.gateway.outage(() => discord.say(thread, "two"));
  discord.say(thread, "three");
  await visitor.untilHeard(3);
  assert.deepEqual(visitor.texts, ["one", "two", "three"]);
});

Deno.test("[X4] Intake reads a thread once, and then believes the gateway", async () => {
  await using discord = await PlainDiscord.start({ listsNothing: true });
  const store = new LastingStore();
  const [visitor] = await conversations(discord, store, 1);
  const thread = visitor === undefined ? "" : threadOf(discord, visitor);
  await using bridge = await (await Bridge.start(discord, { store })).ready();
  const again = await bridge.returning((visitor as Visitor).uid);
  const before = discord.requests.length;
  for (let index = 2; index <= 5; index++) {
    discord.say(thread, `answer ${index}`);
    await again.untilHeard(index);
  }
  const reads = discord.requests.slice(before).filter(({ path }) => path.endsWith("/messages"));
  assert.deepEqual(reads, [{ method: "GET", path: `/channels/${thread}/messages` }]);
});

for (const kind of ["text", "forum"] as const) {
  Deno.test(`[X2] ThreadMaker knows its thread again by the gateway alone when the answer is lost (${kind})`, async () => {
    await using discord = await PlainDiscord.start({ kind });
    await using bridge = await (await Bridge.start(discord)).ready();
    discord.loseNextThread();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.until(() => visitor.delivered.includes("Hello"), "the message");
    assert.equal(discord.threads().length, 1);
  });
}
