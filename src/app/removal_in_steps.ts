import type { Clock, Uuid } from "../core/mod.ts";
import type { RemovalStep } from "../storage/mod.ts";
import { pauseFor } from "./pause.ts";

/** How many rows the first step looks at: few, since nothing is known yet of how fast the disk is. */
const FIRST_ROWS = 20;

/** A step is never smaller than this: below it the commit itself is what takes the time. */
const LEAST_ROWS = 5;

/** A step is never larger than this, however fast the last one was. */
const MOST_ROWS = 2_000;

/** The most by which a step is larger than the one before it: one that happened to be fast says little. */
const GROWTH = 2;

/** The longest pause, in milliseconds: a machine that was asleep within a step is not slow. */
const LONGEST_PAUSE_MS = 2_000;

/** Where rows are removed from. */
export interface RemovalTarget {
  removeMessages(before: number, cursor: number, limit: number): Promise<RemovalStep>;
  removeIdle(before: number, cursor: number, limit: number): Promise<RemovalStep>;
}

/** How removing shares the database with everyone else. */
export interface Pace {
  /** How long a step should take, its commit included, in milliseconds; as long as that nobody else writes. */
  readonly stepMs: number;
  /** How much of the time it may take, above 0 and up to 1. */
  readonly share: number;
}

/** Beside visitors: a step takes what a few fsyncs take, and they have nine tenths of the time. */
export const BESIDE_VISITORS: Pace = { stepMs: 4, share: 0.1 };

/** Where nobody waits: only signals are to be heard. */
export const ALONE: Pace = { stepMs: 200, share: 1 };

/** How much was removed. */
export interface RemovedCounts {
  readonly messages: number;
  readonly conversations: number;
}

/** Options of {@link removeInSteps}. */
export interface RemovalOptions {
  /** Unix milliseconds: what is older goes. */
  readonly before: number;
  /** Asked before every step, for a server may start or end meanwhile. */
  readonly pace: () => Pace;
  readonly clock: Clock;
  /** Milliseconds with fractions, which only grow; `performance.now` when left out. */
  readonly stopwatch?: () => number;
  /** Ends it between two steps. */
  readonly signal: AbortSignal;
  /** Told after every step that removed something. */
  readonly onProgress?: (counts: RemovedCounts, uids: readonly Uuid[]) => void;
}

/**
 * Removes old messages, then the conversations that have none left and whose visitors did not come back. Steps become larger or smaller
 * until each takes as long as its pace says, whatever the disk and its other users are like; what one has taken decides how long the
 * pause after it is.
 *
 * @returns how much
 * @throws the signal's reason
 */
export async function removeInSteps(target: RemovalTarget, options: RemovalOptions): Promise<RemovedCounts> {
  const { before, pace, clock, stopwatch = () => performance.now(), signal, onProgress } = options;
  const counts = { messages: 0, conversations: 0 };
  const run = async (
    what: keyof RemovedCounts,
    step: (cursor: number, rows: number) => Promise<RemovalStep>,
  ): Promise<void> => {
    let rows = FIRST_ROWS;
    for (let cursor = 0;;) {
      const { stepMs, share } = pace();
      const began = stopwatch();
      const { removed, uids, done, cursor: next } = await step(cursor, rows);
      const tookMs = stopwatch() - began;
      cursor = next;
      counts[what] += removed;
      if (removed > 0) onProgress?.({ ...counts }, uids);
      if (done) return;
      rows = resized(rows, stepMs / Math.max(tookMs, 0.01));
      await pauseFor(Math.min(LONGEST_PAUSE_MS, tookMs * (1 / share - 1)), clock, signal);
    }
  };
  await run("messages", (cursor, rows) => target.removeMessages(before, cursor, rows));
  await run("conversations", (cursor, rows) => target.removeIdle(before, cursor, rows));
  return counts;
}

function resized(rows: number, factor: number): number {
  return Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(rows * Math.min(GROWTH, factor))));
}
