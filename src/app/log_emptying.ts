import type { Clock } from "../core/mod.ts";
import type { Archive } from "../storage/mod.ts";
import { pauseFor } from "./pause.ts";

/** How long readers of the database are waited for, in milliseconds: a backup of a few gigabytes, not a forgotten shell. */
const WAIT_MS = 10_000;

/** The pause between two attempts, in milliseconds. */
const PAUSE_MS = 250;

/** Options of {@link emptyLogWithin}. */
export interface LogEmptyingOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told when somebody has to be waited for. */
  readonly onWait: () => void;
}

/**
 * Empties the log of a database, in which what was removed can still be read, and waits for those who read it.
 *
 * @returns false when they do not come to an end within ten seconds
 */
export async function emptyLogWithin(
  archive: Pick<Archive, "emptyLog">,
  { clock, signal, onWait }: LogEmptyingOptions,
): Promise<boolean> {
  const end = clock.now() + WAIT_MS;
  while (!archive.emptyLog()) {
    if (clock.now() >= end) return false;
    onWait();
    await pauseFor(PAUSE_MS, clock, signal);
  }
  return true;
}
