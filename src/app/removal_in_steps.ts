import type { Uuid } from "../core/mod.ts";
import type { RemovalStep } from "../storage/mod.ts";

/** How many rows a step looks at: a millisecond or two, in which nobody else writes. */
const STEP_ROWS = 200;

/** Where rows are removed from. */
export interface RemovalTarget {
  removeMessages(before: number, cursor: number, limit: number): Promise<RemovalStep>;
  removeIdle(before: number, cursor: number, limit: number): Promise<RemovalStep>;
}

/** How much was removed. */
export interface RemovedCounts {
  readonly messages: number;
  readonly conversations: number;
}

/** Options of {@link removeInSteps}. */
export interface RemovalOptions {
  /** Unix milliseconds: what is older goes. */
  readonly before: number;
  /** Waits between two steps; rejects to end the work. */
  readonly pause: () => Promise<void>;
  /** Told after every step that removed something. */
  readonly onProgress?: (counts: RemovedCounts, uids: readonly Uuid[]) => void;
}

/**
 * Removes old messages, then the conversations that have none left and whose visitors did not come back.
 *
 * @returns how much
 */
export async function removeInSteps(target: RemovalTarget, options: RemovalOptions): Promise<RemovedCounts> {
  const { before, pause, onProgress } = options;
  const counts = { messages: 0, conversations: 0 };
  const run = async (
    what: keyof RemovedCounts,
    step: (cursor: number) => Promise<RemovalStep>,
  ): Promise<void> => {
    for (let cursor = 0;;) {
      const { removed, uids, done, cursor: next } = await step(cursor);
      cursor = next;
      counts[what] += removed;
      if (removed > 0) onProgress?.({ ...counts }, uids);
      if (done) return;
      await pause();
    }
  };
  await run("messages", (cursor) => target.removeMessages(before, cursor, STEP_ROWS));
  await run("conversations", (cursor) => target.removeIdle(before, cursor, STEP_ROWS));
  return counts;
}
