import type { Clock } from "../../core/mod.ts";

/** More keys than this are not remembered at once; each takes about 150 bytes. */
const MAX_KEYS = 20_000;

/** How many of the longest unused keys are looked at with each use, so that memory follows the traffic. */
const SWEEP = 2;

/** Options of {@link RateLimit}. */
export interface RateLimitOptions {
  /** How much may be used in a period, at once or spread over it; 0 for no limit. */
  readonly count: number;
  readonly periodMs: number;
  readonly clock: Clock;
  /** The most keys remembered; the one that was unused for longest is forgotten first. */
  readonly maxKeys?: number;
}

/**
 * A token bucket for each key. A bucket is one number, the time at which it is full again (the generic cell rate algorithm,
 * ITU-T I.371): no timers, nothing to refill.
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #maxKeys: number;
  /** How long one unit takes to come back; 0 for no limit. */
  readonly #unitMs: number;
  /** How far the clock was set back while this was used, in milliseconds: else everybody would wait as long. */
  #setBackMs = 0;
  #lastNow = 0;
  /** In the order of their last use. */
  readonly #fullAt = new Map<string, number>();

  constructor({ count, periodMs, clock, maxKeys = MAX_KEYS }: RateLimitOptions) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#maxKeys = maxKeys;
    this.#unitMs = count === 0 ? 0 : periodMs / count;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** How long to wait until so much is allowed, in whole milliseconds; 0 when it is allowed now. Uses nothing. */
  waitMs(key: string, cost = 1): number {
    // Asked for every frame: without a limit it costs nothing.
    if (this.#unitMs === 0) return 0;
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(key) ?? now, now);
    // What can never fit passes when the bucket is full: it then pays with the time after.
    const need = Math.min(cost * this.#unitMs, this.#periodMs);
    return Math.max(0, Math.ceil(fullAt + need - now - this.#periodMs));
  }

  /** Uses so much, allowed or not. */
  use(key: string, cost = 1): void {
    if (this.#unitMs === 0) return;
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(key) ?? now, now) + cost * this.#unitMs;
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    this.#sweep(now);
  }

  /** Gives back so much of what was used. */
  giveBack(key: string, cost: number): void {
    const fullAt = this.#fullAt.get(key);
    if (fullAt !== undefined) this.#fullAt.set(key, fullAt - cost * this.#unitMs);
  }

  /** The clock's time, that never goes back. */
  #now(): number {
    const now = this.#clock.now();
    if (now < this.#lastNow) this.#setBackMs += this.#lastNow - now;
    this.#lastNow = now;
    return now + this.#setBackMs;
  }

  #sweep(now: number): void {
    let looked = 0;
    for (const [key, fullAt] of this.#fullAt) {
      if (fullAt > now && this.#fullAt.size <= this.#maxKeys) return;
      this.#fullAt.delete(key);
      if (++looked >= SWEEP) return;
    }
  }
}
