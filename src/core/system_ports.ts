/**
 * The real time and chance: the one file of the core that knows the globals. Everything else is handed its ports.
 *
 * @module
 */
import type { Uuid } from "./id_type.ts";
import type { Clock, IdSource, Logger } from "./ports.ts";

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Random UUIDs, version 4. */
export const randomUuid: IdSource = () => crypto.randomUUID() as Uuid;

/** A number from 0 to below 1, for jitter. */
export const systemRandom: () => number = (): number => Math.random();

/** Says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {}
