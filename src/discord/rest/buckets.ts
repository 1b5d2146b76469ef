import type { Clock } from "../../core/mod.ts";
import { Bucket } from "./bucket.ts";

/** More are not kept, unless they are in use: a process needs one for each call of {@link sharedLimit}, channel, guild and webhook. */
const KEPT = 100;

/** The buckets of all shared limits. */
export class Buckets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The bucket of a limit, as {@link sharedLimit} names it. */
  of(limit: string): Bucket {
    const known = this.#buckets.get(limit);
    if (known !== undefined) return known;
    if (this.#buckets.size >= KEPT) this.#forgetIdle();
    const bucket = new Bucket(this.#clock);
    this.#buckets.set(limit, bucket);
    return bucket;
  }

  /** Takes note of the headers of an answer; those of a limit that is not shared say nothing here. */
  learn(limit: string, headers: Headers): void {
    this.#buckets.get(limit)?.learn(headers);
  }

  /** Ends all timers, and lets all that wait go. */
  stop(): void {
    for (const bucket of this.#buckets.values()) bucket.stop();
  }

  #forgetIdle(): void {
    for (const [limit, bucket] of this.#buckets) {
      if (bucket.isIdle) this.#buckets.delete(limit);
    }
  }
}
