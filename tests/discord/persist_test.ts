import assert from "node:assert/strict";
import { DiscordRefusal, DiscordUnreachable } from "../../src/discord/errors.ts";
import { persist, type PersistOptions } from "../../src/discord/persist.ts";
import { FakeClock } from "../support/fake_clock.ts";

const away = (retryAfterMs?: number): DiscordUnreachable =>
  new DiscordUnreachable("ask", 502, "an error of its own", {
    sent: true,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });

/** Lets everything that waits for nothing have its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** Work that goes wrong in these ways, one after the other, and then works. */
function failing(failures: readonly unknown[], options: Partial<PersistOptions> = {}): {
  clock: FakeClock;
  stop: () => void;
  attempts: number[];
  tries: () => number;
  result: Promise<string | undefined>;
} {
  const clock = new FakeClock();
  const stopping = new AbortController();
  const attempts: number[] = [];
  const left = [...failures];
  let tries = 0;
  const work = (): Promise<string> => {
    tries++;
    return left.length > 0 ? Promise.reject(left.shift()) : Promise.resolve("there");
  };
  const onFailure = (_error: unknown, attempt: number): void => void attempts.push(attempt);
  const { signal } = stopping;
  const result = persist(work, { clock, random: () => 0, signal, onFailure, ...options });
  return { clock, stop: () => stopping.abort(), attempts, tries: () => tries, result };
}

Deno.test("persist tries again ever more seldom while Discord cannot be asked, and gives what it answers", async () => {
  const { clock, attempts, tries, result } = failing([away(), away(), away()]);
  await settle();
  for (const [index, waitMs] of [250, 500, 1_000].entries()) {
    clock.advance(waitMs - 1);
    await settle();
    assert.equal(tries(), index + 1, `before ${waitMs} ms`);
    clock.advance(1);
    await settle();
    assert.equal(tries(), index + 2, `after ${waitMs} ms`);
  }
  assert.equal(await result, "there");
  assert.deepEqual(attempts, [1, 2, 3]);
});

Deno.test("persist waits as long as Discord wants to be left alone, never shorter than its own wait", async () => {
  const { clock, tries, result } = failing([away(5_000), away(100)]);
  await settle();
  clock.advance(4_999);
  await settle();
  assert.equal(tries(), 1);
  clock.advance(1);
  await settle();
  assert.equal(tries(), 2);
  clock.advance(499);
  await settle();
  assert.equal(tries(), 2);
  clock.advance(1);
  assert.equal(await result, "there");
});

Deno.test("persist does not ask again after a refusal, nor after anything else that does not pass", async () => {
  for (const error of [new DiscordRefusal("ask", 403, 50001, "Missing Access"), new TypeError("broken")]) {
    const { clock, attempts, tries, result } = failing([error]);
    await assert.rejects(result, error);
    assert.deepEqual([tries(), clock.waiting, attempts], [1, 0, []]);
  }
});

Deno.test("persist leaves it to its caller what passes, and how often", async () => {
  const error = new TypeError("broken");
  const passes = (found: unknown, attempt: number): boolean => found === error && attempt < 2;
  const { clock, tries, result } = failing([error, error, error], { passes });
  await settle();
  clock.advance(250);
  await assert.rejects(result, error);
  assert.equal(tries(), 2);
});

Deno.test("persist ends when it is stopped: while it waits, while it asks, and before it begins", async () => {
  const waiting = failing([away()]);
  await settle();
  waiting.stop();
  assert.equal(await waiting.result, undefined);
  assert.deepEqual([waiting.tries(), waiting.clock.waiting], [1, 0]);
  const asking = failing([away()]);
  asking.stop();
  assert.equal(await asking.result, undefined);
  assert.deepEqual([asking.tries(), asking.attempts], [1, []]);
  const stopped = failing([], { signal: AbortSignal.abort() });
  assert.equal(await stopped.result, undefined);
  assert.equal(stopped.tries(), 0);
});
