/**
 * Discord's ids. They pass the 53 bits of a JavaScript number, so they are strings everywhere and BigInt inside here.
 *
 * @see https://docs.discord.com/developers/reference#snowflakes
 */

/** First second of 2015, from which Discord counts. */
const DISCORD_EPOCH_MS = 1_420_070_400_000n;
/** The time sits above 5 bits of worker, 5 of process and 12 of increment. */
const TIME_SHIFT = 22n;
const SNOWFLAKE = /^\d{1,20}$/;
const MAX_SNOWFLAKE = 2n ** 64n - 1n;

/** Makes ids that always grow, whatever the clock does. */
export class SnowflakeSource {
  #last: bigint;
  readonly #now: () => number;

  /**
   * @param now the time in Unix milliseconds
   * @param last the highest id given out before
   */
  constructor(now: () => number, last = "0") {
    this.#now = now;
    this.#last = BigInt(last);
  }

  /** The highest id given out so far. */
  get last(): string {
    return this.#last.toString();
  }

  /** @returns a new id, higher than every one before */
  next(): string {
    const fromClock = (BigInt(Math.trunc(this.#now())) - DISCORD_EPOCH_MS) << TIME_SHIFT;
    this.#last = fromClock > this.#last ? fromClock : this.#last + 1n;
    return this.#last.toString();
  }
}

/**
 * @param value anything
 * @returns whether it is an id as Discord writes it in JSON
 */
export function isSnowflake(value: unknown): value is string {
  return typeof value === "string" && SNOWFLAKE.test(value) && BigInt(value) <= MAX_SNOWFLAKE;
}

/**
 * Orders ids by age.
 *
 * @param left an id
 * @param right another
 * @returns negative when `left` is older, 0 when equal
 */
export function compareSnowflakes(left: string, right: string): number {
  // Equally long decimal strings order as their numbers do: no BigInt on the hot path.
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * @param id a snowflake
 * @returns when it was made, Unix milliseconds
 */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> TIME_SHIFT) + DISCORD_EPOCH_MS);
}
