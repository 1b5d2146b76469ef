import assert from "node:assert/strict";
import { inTurn } from "../../src/client/in_turn.ts";

/** Asks with the answers in this order, the last one for ever; gives what came of it and how long it waited each time. */
async function ask(
  statuses: readonly number[],
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly asked: number; readonly waitsMs: readonly number[] }> {
  const waitsMs: number[] = [];
  let asked = 0;
  const { status } = await inTurn(
    () =>
      Promise.resolve(
        new Response("x", { status: statuses[Math.min(asked++, statuses.length - 1)] ?? 500, headers }),
      ),
    {
      now: () => 0,
      setTimer: (run, delayMs) => {
        waitsMs.push(delayMs);
        queueMicrotask(run);
        return () => {};
      },
    },
  );
  return { status, asked, waitsMs };
}

Deno.test("inTurn asks again after the time that a 503 names, as far as it is bearable", async () => {
  for (
    const [retryAfter, waitMs] of [
      ["3", 3_000],
      ["0", 1_000],
      ["3600", 10_000],
      ["Wed, 21 Oct 2026 07:28:00 GMT", 2_000],
    ] as const
  ) {
    const answer = await ask([503, 503, 200], { "Retry-After": retryAfter });
    assert.deepEqual(answer, { status: 200, asked: 3, waitsMs: [waitMs, waitMs] });
  }
});

Deno.test("inTurn takes any other answer at once, and the sixth 503 as the last", async () => {
  for (const status of [200, 404, 401, 500]) {
    assert.deepEqual(await ask([status]), { status, asked: 1, waitsMs: [] });
  }
  assert.deepEqual(await ask([503]), { status: 503, asked: 6, waitsMs: Array<number>(5).fill(2_000) });
});
