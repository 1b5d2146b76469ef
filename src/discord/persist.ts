import type { Clock } from "../core/mod.ts";
import { connectWaitMs } from "./backoff.ts";
import { DiscordUnreachable } from "./errors.ts";
import { wait } from "./waiting.ts";

/** Options of {@link persist}. */
export interface PersistOptions {
  readonly clock: Clock;
  /** Jitter, from 0 to below 1. */
  readonly random: () => number;
  /** Nothing is tried any more once it is aborted. */
  readonly signal: AbortSignal;
  /** Told of each failure that is followed by another try, with the number of the one that failed, from 1. */
  readonly onFailure: (error: unknown, attempt: number) => void;
  /** Whether it may work later although it has failed; that is so when Discord could not be asked, when left out. */
  readonly passes?: (error: unknown, attempt: number) => boolean;
}

/**
 * Tries until it works, with backoff, and not before Discord wants to be asked again.
 *
 * @returns what the work gives; `undefined` when the signal was aborted before it worked
 * @throws what the work throws, if that does not pass
 */
export async function persist<T>(work: () => Promise<T>, options: PersistOptions): Promise<T | undefined> {
  const { clock, random, signal, onFailure, passes = isUnreachable } = options;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!passes(error, attempt)) throw error;
      if (signal.aborted) break;
      onFailure(error, attempt);
      const wantedMs = error instanceof DiscordUnreachable ? error.retryAfterMs ?? 0 : 0;
      await wait(Math.max(connectWaitMs(attempt, random()), wantedMs), clock, signal);
    }
  }
  return undefined;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof DiscordUnreachable;
}
