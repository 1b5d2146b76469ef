// What could not be done while Discord was away is done one after the other, slowly, when it is back.
import assert from "node:assert/strict";
import { isSnowflake, type Snowflake } from "../../src/discord/mod.ts";
import { RetryLine } from "../../src/discord/owed/retry_line.ts";
import { FakeClock } from "../support/fake_clock.ts";

function id(text: string): Snowflake {
  assert.ok(isSnowflake(text));
  return text;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function lineWith(retry: (thread: Snowflake) => boolean): {
  readonly clock: FakeClock;
  readonly stopping: AbortController;
  readonly line: RetryLine;
  readonly work: Promise<void>[];
} {
  const clock = new FakeClock();
  const stopping = new AbortController();
  const work: Promise<void>[] = [];
  const line = new RetryLine({
    clock,
    random: () => 1,
    signal: stopping.signal,
    attend: (running) => work.push(running),
    retry: (thread) => Promise.resolve(retry(thread)),
  });
  return { clock, stopping, line, work };
}

Deno.test("RetryLine tries one thread after the other, two a second, and ends when none waits", async () => {
  const tried: string[] = [];
  const { clock, line, work } = lineWith((thread) => {
    tried.push(thread);
    return false;
  });
  for (const thread of ["1", "2", "1", "3"]) line.add(id(thread));
  for (const expected of [["1"], ["1", "2"], ["1", "2", "3"]]) {
    clock.advance(499);
    await settle();
    assert.equal(tried.length, expected.length - 1);
    clock.advance(1);
    await settle();
    assert.deepEqual(tried, expected);
  }
  await Promise.all(work);
  assert.deepEqual([line.size, clock.waiting, work.length], [0, 0, 1]);
  line.add(id("4"));
  clock.advance(500);
  await settle();
  assert.equal(tried.at(-1), "4");
});

Deno.test("RetryLine waits longer each time while Discord cannot be asked, up to two minutes", async () => {
  const triedAt: number[] = [];
  let isAway = true;
  const { clock, line } = lineWith(() => {
    triedAt.push(clock.now());
    return isAway;
  });
  for (let thread = 1; thread <= 100; thread++) line.add(id(String(thread)));
  const begun = clock.now();
  for (let second = 0; second < 600; second++) {
    clock.advance(1_000);
    await settle();
  }
  assert.ok(triedAt.length <= 14, `${triedAt.length} requests in ten minutes for 100 threads`);
  assert.ok((triedAt.at(-1) ?? 0) - begun > 400_000, "it goes on");
  isAway = false;
  for (let half = 0; half < 2 * (120 + 60); half++) {
    clock.advance(500);
    await settle();
  }
  assert.equal(line.size, 0);
});

Deno.test("RetryLine ends with the service", async () => {
  const { clock, stopping, line, work } = lineWith(() => assert.fail("nothing is tried any more"));
  line.add(id("1"));
  stopping.abort();
  await Promise.all(work);
  line.add(id("2"));
  assert.deepEqual([clock.waiting, work.length], [0, 1]);
});
