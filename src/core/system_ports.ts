/**
 * The real time and chance: the one file of the core that knows the globals. Everything else is handed its ports.
 *
 * @module
 */
import type { Uuid } from "./id_type.ts";
import type { Clock, Logger } from "./ports.ts";

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
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
