/**
 * Asking again when the server says that it is not our turn yet.
 *
 * @module
 */
import type { Clock } from "./ports.ts";

/** How often is asked at most. */
const MAX_TURNS = 6;
/** How long to wait where the server does not say, and the longest that it can make a visitor wait, in seconds. */
const DEFAULT_WAIT_S = 2;
const MAX_WAIT_S = 10;

/**
 * Asks for something, and again while the answer is 503, after the time in its `Retry-After`.
 *
 * @param ask Asks once.
 * @param clock Waits.
 * @returns The last answer, which may be 503 after the sixth time.
 * @throws Whatever `ask` throws.
 */
export async function inTurn(ask: () => Promise<Response>, clock: Clock): Promise<Response> {
  for (let turn = 1;; turn++) {
    const response = await ask();
    if (response.status !== 503 || turn === MAX_TURNS) return response;
    await response.body?.cancel();
    const waitMs = waitSeconds(response.headers.get("Retry-After")) * 1000;
    await new Promise<void>((resolve) => void clock.setTimer(resolve, waitMs));
  }
}

/** A proxy may also write a date, which says nothing to a clock that is wrong. */
function waitSeconds(retryAfter: string | null): number {
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : DEFAULT_WAIT_S;
  return Math.min(Math.max(seconds, 1), MAX_WAIT_S);
}
