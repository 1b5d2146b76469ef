/**
 * The real time and chance: the one file of the core that knows the globals. Everything else is handed its ports.
 *
 * @module
 */
import type { Uuid } from "./id_type.ts";
import type { Clock, Logger } from "./ports.ts";

/** A longer one overflows 32 bits, and would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The real time.
 *
 * @example A moment later
 * ```ts
 * import { systemClock } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const started = systemClock.now();
 * await new Promise<void>((resolve) => void systemClock.after(5, resolve));
 * equal(systemClock.now() >= started, true);
 * ```
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs: number, callback: () => void): () => void {
    const end = Date.now() + delayMs;
    const wait = (): ReturnType<typeof setTimeout> => {
      // Time may have passed since, and a negative delay is warned about.
      const remainingMs = Math.max(0, end - Date.now());
      if (remainingMs <= LONGEST_TIMER_MS) return setTimeout(callback, remainingMs);
      return setTimeout(() => timer = wait(), LONGEST_TIMER_MS);
    };
    let timer = wait();
    return () => clearTimeout(timer);
  },
};

/**
 * Random UUIDs, version 4.
 *
 * @example One that nobody has
 * ```ts
 * import { isUuid, randomUuid } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * equal(isUuid(randomUuid()), true);
 * equal(randomUuid() === randomUuid(), false);
 * ```
 */
export function randomUuid(): Uuid {
  return crypto.randomUUID() as Uuid;
}

/** A number from 0 to below 1, for jitter. */
export function systemRandom(): number {
  return Math.random();
}

/**
 * Says nothing.
 *
 * @example Only what goes wrong for good
 * ```ts
 * import { type Logger, silentLogger } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const lines: string[] = [];
 * const logger: Logger = { ...silentLogger, error: (message) => lines.push(message) };
 * logger.warn("tried again");
 * logger.error("gone");
 * deepEqual(lines, ["gone"]);
 * ```
 */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {}
