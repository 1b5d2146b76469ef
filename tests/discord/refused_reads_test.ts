import assert from "node:assert/strict";
import { RefusedReads } from "../../src/discord/refusals/refused_reads.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Moves the clock on, second by second, and lets everything that waits for it have its turn. */
async function pass(clock: FakeClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1_000);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

/** Threads that Discord refuses for ever, and how often it was asked. */
function refusing(): { reads: RefusedReads; clock: FakeClock; asked: Snowflake[]; stop: () => void } {
  const clock = new FakeClock();
  const stopping = new AbortController();
  const asked: Snowflake[] = [];
  const reads: RefusedReads = new RefusedReads({
    clock,
    signal: stopping.signal,
    again: (thread) => {
      const asks = reads.mayAsk;
      if (asks) asked.push(thread);
      reads.note(thread, asks);
    },
  });
  return { reads, clock, asked, stop: () => stopping.abort() };
}

Deno.test("[X4] RefusedReads tries a thread again ever more seldom, until it is read", async () => {
  const { reads, clock, asked } = refusing();
  const thread = "1" as Snowflake;
  reads.note(thread, true);
  await pass(clock, 1);
  assert.equal(asked.length, 1, "after a second");
  await pass(clock, 1);
  assert.equal(asked.length, 1);
  await pass(clock, 1);
  assert.equal(asked.length, 2, "after two more");
  await pass(clock, 3_600);
  assert.ok(asked.length >= 30 && asked.length <= 40, `${asked.length} tries in an hour`);
  reads.drop(thread);
  await pass(clock, 1_000);
  assert.equal(clock.waiting, 0, "nothing is left that waits");
});

Deno.test("[X4] RefusedReads stays far below Discord's 10,000 refusals in ten minutes, and passes nobody over", async () => {
  const { reads, clock, asked, stop } = refusing();
  const threads = Array.from({ length: 60 }, (_, index) => String(index + 1) as Snowflake);
  for (const thread of threads) {
    const asks = reads.mayAsk;
    if (asks) asked.push(thread);
    reads.note(thread, asks);
  }
  assert.equal(asked.length, 10);
  await pass(clock, 600);
  assert.ok(asked.length <= 131, `${asked.length} refusals`);
  assert.equal(new Set(asked).size, threads.length);
  stop();
});

Deno.test("[X4] RefusedReads may ask at once when everything is forgiven", () => {
  const { reads, stop } = refusing();
  for (let index = 0; index < 10; index++) reads.note(String(index + 1) as Snowflake, true);
  assert.equal(reads.mayAsk, false);
  reads.forgive();
  assert.equal(reads.mayAsk, true);
  stop();
});
