/**
 * The real time and chance: the one file of the core that knows the globals. Everything else is handed its ports.
 *
 * @module
 */
import type { Uuid } from "./id_type.ts";
import type { Clock, Logger } from "./ports.ts";

/** A longer one overflows 32 bits, and would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs: number, callback: () => void): () => void {
    const end = Date.now() + delayMs;
    const wait = (): ReturnType<typeof setTimeout> => {
      const remainingMs = end - Date.now();
      if (remainingMs <= LONGEST_TIMER_MS) return setTimeout(callback, remainingMs);
      return setTimeout(() => timer = wait(), LONGEST_TIMER_MS);
    };
    let timer = wait();
    return () => clearTimeout(timer);
  },
};

/** Random UUIDs, version 4. */
export function randomUuid(): Uuid {
  return crypto.randomUUID() as Uuid;
}

/** A number from 0 to below 1, for jitter. */
export function systemRandom(): number {
  return Math.random();
}

/** Says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {}
