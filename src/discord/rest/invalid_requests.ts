/** https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans */
const WINDOW_MS = 10 * 60_000;

/** Half of the 10,000 that lead to a ban: another process may share the address. */
export const INVALID_REQUEST_LIMIT = 5_000;

/**
 * Counts the answers that lead to a ban of the address (401, 403 and 429), so that their number cannot be reached whatever goes
 * wrong elsewhere.
 */
export class InvalidRequests {
  readonly #limit: number;
  /** When each was given, the oldest first, at most as many as are allowed. */
  readonly #at: number[] = [];

  /** @param limit how many are allowed in ten minutes */
  constructor(limit: number = INVALID_REQUEST_LIMIT) {
    this.#limit = limit;
  }

  /** Takes note of an answer. @param now Unix milliseconds */
  answered(status: number, now: number): void {
    if (status !== 401 && status !== 403 && status !== 429) return;
    this.#at.push(now);
    if (this.#at.length > this.#limit) this.#at.shift();
  }

  /** How many of those that are allowed were given lately, from 0 to 1. */
  share(now: number): number {
    return this.#at.filter((at) => at + WINDOW_MS > now).length / this.#limit;
  }

  /** How long no call may go out, in milliseconds; 0 when it may now. */
  waitMs(now: number): number {
    const [oldest] = this.#at;
    if (oldest === undefined || this.#at.length < this.#limit) return 0;
    return Math.max(0, oldest + WINDOW_MS - now);
  }
}
