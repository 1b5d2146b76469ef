/** Waits for something to become true, woken by every change instead of by time. */
import type { World } from "./world.ts";

/** How long to wait and what to call it. */
export interface UntilOptions {
  /** Milliseconds after which it fails; 10 s. */
  readonly timeoutMs?: number;
  /** What was waited for, in the error. */
  readonly what?: string;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * @param world whose changes wake it
 * @param condition asked at once and after every change; anything truthy ends the wait
 * @param options timeout and a name for the error
 * @returns what the condition gave
 * @throws {Error} with the transcript, when the time is over
 */
export function until<Value>(
  world: World,
  condition: () => Value,
  options: UntilOptions = {},
): Promise<Value> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, what = condition.toString() } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  let asked = false;
  const finish = (end: () => void): void => {
    clearTimeout(timer);
    stop();
    end();
  };
  const ask = (): void => {
    asked = false;
    try {
      const value = condition();
      if (value) finish(() => resolve(value));
    } catch (error) {
      finish(() => reject(error));
    }
  };
  const timer = setTimeout(() => {
    const waited = `Waited ${timeoutMs} ms in vain for: ${what}`;
    finish(() => reject(new Error(`${waited}\n--- what Discord saw ---\n${world.transcript.toString()}`)));
  }, timeoutMs);
  const stop = world.onChange(() => {
    // In the middle of a change things may not fit together yet; ask once it is done.
    if (asked) return;
    asked = true;
    queueMicrotask(ask);
  });
  ask();
  return promise;
}
