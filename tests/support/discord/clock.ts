/** Where the simulator's rules take the time from: nonce window, signed URLs, interaction tokens, rate limits. */
export interface Clock {
  /** @returns Unix milliseconds */
  now(): number;
}

/** The machine's own time. */
export const SYSTEM_CLOCK: Clock = { now: () => Date.now() };

/** A clock that tests move by hand; it only ever runs ahead of the machine's. */
export class ManualClock implements Clock {
  #aheadMs = 0;

  /** @returns Unix milliseconds, moved ahead by what {@link advance} added */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** @param ms how far to jump ahead */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`Cannot advance the clock: ms is ${ms}, must be 0 or more`);
    this.#aheadMs += ms;
  }
}
