import { Code, type DiscordRefusal, refusedWith } from "../errors.ts";
import type { Home } from "../home.ts";
import type { Snowflake } from "../snowflake.ts";

/** How long nobody asks again after a first refusal, in milliseconds; twice as long after each further one, up to a limit. */
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 15 * 60_000;

/** Threads whose refusal is remembered. */
const REFUSALS_KEPT = 5_000;

interface Refusal {
  /** Unix milliseconds. */
  readonly until: number;
  readonly waitMs: number;
  /** What was made of it. */
  readonly error: Error;
  /** What the bot lacked then: when that has changed, it is worth asking again. */
  readonly lacked: string;
}

/**
 * Remembers what was forbidden (403), because asking again counts towards a ban of the address: for the whole channel when the bot
 * is known to lack a permission there, else for the thread.
 */
export class Refusals {
  readonly #now: () => number;
  readonly #threads = new Map<Snowflake, Refusal>();
  #channel: Refusal | undefined;

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What was made of the last refusal, while it stands; `undefined` when it is worth asking. */
  of(thread: Snowflake, home: Home | undefined): Error | undefined {
    if (home === undefined) return undefined;
    const now = this.#now();
    const lacked = lackedIn(home);
    const ofChannel = this.#channel?.lacked === lacked ? this.#channel : undefined;
    for (const refusal of [ofChannel, this.#threads.get(thread)]) {
      if (refusal?.lacked === lacked && now < refusal.until) return refusal.error;
    }
    // All of the channel's threads wait for this moment: one of them finds out, the others go on waiting for what it finds.
    if (ofChannel !== undefined) this.#channel = { ...ofChannel, until: now + ofChannel.waitMs };
    return undefined;
  }

  /** Remembers a refusal, if it is one that further calls would meet as well. */
  remember(thread: Snowflake, home: Home, refusal: DiscordRefusal, error: Error): void {
    if (refusal.status !== 403) return;
    if (isOfChannel(refusal, home)) {
      this.#channel = this.#next(this.#channel, home, error);
      return;
    }
    const before = this.#threads.get(thread);
    this.#threads.delete(thread);
    const [oldest] = this.#threads.keys();
    if (this.#threads.size >= REFUSALS_KEPT && oldest !== undefined) this.#threads.delete(oldest);
    this.#threads.set(thread, this.#next(before, home, error));
  }

  /** Forgets everything: nobody knows what has changed since. */
  forgive(): void {
    this.#threads.clear();
    this.#channel = undefined;
  }

  /** Something has arrived in a thread: nothing is forbidden there. */
  forget(thread: Snowflake): void {
    this.#threads.delete(thread);
    this.#channel = undefined;
  }

  #next(before: Refusal | undefined, home: Home, error: Error): Refusal {
    const lacked = lackedIn(home);
    const waitMs = before?.lacked === lacked ? Math.min(before.waitMs * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
    return { until: this.#now() + waitMs, waitMs, error, lacked };
  }
}

/** Whether a refusal is about the channel, so that every thread in it would meet the same. */
export function isOfChannel(refusal: DiscordRefusal, home: Home): boolean {
  return home.missing.length > 0 && refusedWith(refusal, Code.missingAccess, Code.missingPermissions);
}

function lackedIn({ channel, missing, lacking }: Home): string {
  return [channel.id, ...missing, ...lacking].join();
}
