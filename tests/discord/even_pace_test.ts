import assert from "node:assert/strict";
import { Bridge, LastingStore, type Visitor, withDiscord } from "./bridge.ts";

const MESSAGES = "/channels/:channel_id/messages";
const THREADS = 40;

Deno.test("Intake reads what was missed in many threads at a pace that leaves others their turn, and every one", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const visitors: Visitor[] = [];
    for (let count = 0; count < THREADS; count++) visitors.push(await first.visitor());
    await Promise.all(visitors.map((visitor) => visitor.say("Hello")));
    const threads = await Promise.all(visitors.map((visitor) => visitor.untilDelivered(1)));
    await first[Symbol.asyncDispose]();
    const alice = discord.staff("Alice");
    for (const thread of threads) alice.say(thread, "Good morning");
    const before = discord.requests.length;
    await using second = await Bridge.start(discord, { store });
    const returned = await Promise.all(visitors.map(({ uid }) => second.returning(uid)));
    for (const visitor of returned) {
      await visitor.until(
        () => [...visitor.seen.values()].some(({ content }) => content === "Good morning"),
        "what was missed",
      );
    }
    const reads = discord.requests.slice(before)
      .filter(({ method, route }) => method === "GET" && route === MESSAGES).map(({ at }) => at);
    const busiest = Math.max(
      ...reads.map((from) => reads.filter((at) => at >= from && at < from + 1_000).length),
    );
    assert.ok(reads.length >= THREADS && busiest <= 30, `${busiest} in a second, ${reads.length} in all`);
  });
});
