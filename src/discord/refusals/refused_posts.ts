import { type Clock, DeliveryError } from "../../core/mod.ts";
import { Code, type DiscordRefusal, refusedWith } from "../errors.ts";
import type { Home } from "../home/home.ts";
import type { Snowflake } from "../snowflake.ts";
import { isAboutMessage } from "../verdict.ts";
import { Allowance, ALLOWED_EVERY_MS } from "./allowance.ts";

/** How long nobody asks in a thread after a first refusal, in milliseconds; twice as long after each further one, up to a limit. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 120_000;

/** How long nobody asks in a channel where the bot is known to lack a permission: the gateway tells when it gets it. */
const CHANNEL_WAITS = { first: 60_000, longest: 15 * 60_000 } as const;

/** Threads whose refusal is remembered. */
const REFUSALS_KEPT = 5_000;

interface Refusal {
  /** Unix milliseconds. */
  readonly until: number;
  readonly waitMs: number;
  /** What was made of it. */
  readonly error: Error;
}

/**
 * Remembers where posts were forbidden (403), because asking again counts towards a ban of the address.
 *
 * - The bot is known to lack a permission in the channel, and Discord has said no because of it: that holds for every message in
 *   every thread, so they fail, and one of them a while later finds out whether it still does.
 * - A thread is refused for reasons that nobody knows: what is written there waits, and is asked for ever more seldom, by an
 *   allowance for all threads together. Nothing fails that was not asked for.
 *
 * What arrives ends it, and so does news that may have changed it.
 */
export class RefusedPosts {
  readonly #now: () => number;
  readonly #allowance: Allowance;
  readonly #threads = new Map<Snowflake, Refusal>();
  #channel: Refusal & { readonly lacked: string } | undefined;

  constructor(clock: Pick<Clock, "now">) {
    this.#now = () => clock.now();
    this.#allowance = new Allowance(clock);
  }

  /** Why nothing may be tried in a thread now; `undefined` when it is worth asking. */
  of(thread: Snowflake, home: Home): Error | undefined {
    return this.#ofChannel(home) ?? this.#ofThread(thread);
  }

  #ofChannel(home: Home): Error | undefined {
    const refusal = this.#channel;
    if (refusal === undefined || refusal.lacked !== lackedIn(home)) return undefined;
    const now = this.#now();
    if (now < refusal.until) return refusal.error;
    // All of the channel's threads wait for this moment: one of them finds out, the others go on waiting for what it finds.
    this.#channel = { ...refusal, until: now + refusal.waitMs };
    return undefined;
  }

  #ofThread(thread: Snowflake): Error | undefined {
    const refusal = this.#threads.get(thread);
    if (refusal === undefined) return undefined;
    const leftMs = refusal.until - this.#now();
    if (leftMs <= 0 && this.#allowance.left > 0) return undefined;
    return new DeliveryError(`${refusal.error.message}; asking again later`, {
      cause: refusal.error,
      retryAfterMs: leftMs > 0 ? leftMs : ALLOWED_EVERY_MS,
    });
  }

  /** Remembers a refusal, if it is one that further calls would meet as well. */
  remember(thread: Snowflake, home: Home, refusal: DiscordRefusal, error: Error): void {
    if (refusal.status !== 403 || isAboutMessage(refusal)) return;
    this.#allowance.spend();
    if (isOfChannel(refusal, home)) {
      const { first, longest } = CHANNEL_WAITS;
      const lacked = lackedIn(home);
      const before = this.#channel?.lacked === lacked ? this.#channel.waitMs * 2 : first;
      const waitMs = Math.min(before, longest);
      this.#channel = { until: this.#now() + waitMs, waitMs, error, lacked };
      return;
    }
    const before = this.#threads.get(thread)?.waitMs;
    this.#threads.delete(thread);
    const [oldest] = this.#threads.keys();
    if (this.#threads.size >= REFUSALS_KEPT && oldest !== undefined) this.#threads.delete(oldest);
    const waitMs = before === undefined ? FIRST_WAIT_MS : Math.min(before * 2, LONGEST_WAIT_MS);
    this.#threads.set(thread, { until: this.#now() + waitMs, waitMs, error });
  }

  /** Something has arrived in a thread: nothing is forbidden there. */
  arrived(thread: Snowflake): void {
    this.#threads.delete(thread);
    this.#channel = undefined;
  }

  /**
   * Something has changed that may have been the reason.
   *
   * @param thread the one that has changed; all of them when left out
   * @returns whether there is something that is worth trying now
   */
  changed(thread?: Snowflake): boolean {
    if (thread !== undefined) return this.#threads.delete(thread);
    const any = this.#threads.size > 0 || this.#channel !== undefined;
    this.#threads.clear();
    this.#channel = undefined;
    return any;
  }
}

/** Whether a refusal is about the channel, so that every thread in it would meet the same. */
export function isOfChannel(refusal: DiscordRefusal, home: Home): boolean {
  return home.missing.length > 0 && refusedWith(refusal, Code.missingAccess, Code.missingPermissions);
}

function lackedIn({ channel, missing, lacking }: Home): string {
  return [channel.id, ...missing, ...lacking].join();
}
