import type { Clock } from "../../core/mod.ts";

/**
 * So many refusals in a row, and one more every five seconds: 130 in ten minutes, where 10,000 mean the ban of the address.
 * https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
 */
const ALLOWED = 10;
/** After so long there is one more, in milliseconds. */
export const ALLOWED_EVERY_MS = 5_000;

/** How many more refusals may be asked for. */
export class Allowance {
  readonly #clock: Pick<Clock, "now">;
  #left = ALLOWED;
  #countedAt: number;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#countedAt = clock.now();
  }

  /** How many are left now. */
  get left(): number {
    const now = this.#clock.now();
    const earned = Math.floor(Math.max(0, now - this.#countedAt) / ALLOWED_EVERY_MS);
    this.#left = Math.min(ALLOWED, this.#left + earned);
    this.#countedAt = this.#left === ALLOWED ? now : this.#countedAt + earned * ALLOWED_EVERY_MS;
    return Math.max(0, this.#left);
  }

  /** Discord has refused. */
  spend(): void {
    this.#left--;
  }

  /** Something has changed since: all are left again. */
  refill(): void {
    this.#left = ALLOWED;
  }
}
