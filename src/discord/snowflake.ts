import { ChatBoxError, type IdType } from "../core/mod.ts";

declare const snowflakeBrand: unique symbol;

/**
 * An id of Discord's in decimal: 64 bits, so never a JavaScript number (X9).
 * https://discord.com/developers/docs/reference#snowflakes
 */
export type Snowflake = string & { readonly [snowflakeBrand]: true };

/** Up to 20 digits without a leading zero: what 64 unsigned bits need. */
const SNOWFLAKE = /^(?:0|[1-9][0-9]{0,19})$/;

/** Discord's first second, Unix milliseconds. */
const DISCORD_EPOCH_MS = 1_420_070_400_000n;

/** Tells whether a value is a snowflake in decimal. */
export function isSnowflake(value: unknown): value is Snowflake {
  return typeof value === "string" && SNOWFLAKE.test(value);
}

/** Snowflakes as ids of a service. */
export const snowflake: IdType<Snowflake> = {
  name: "snowflake",
  encode(value: Snowflake): string {
    if (!isSnowflake(value)) {
      throw new TypeError(`Cannot encode an id: ${JSON.stringify(value)} is not a snowflake`);
    }
    return value;
  },
  decode(text: string): Snowflake {
    if (isSnowflake(text)) return text;
    const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
    throw new ChatBoxError("bad_id", `Cannot decode an id: ${JSON.stringify(shown)} is not a snowflake`);
  },
};

/**
 * Orders snowflakes by their numeric value, which is by time.
 *
 * @returns below 0 when `a` comes first, above 0 when `b` does, 0 when they are the same
 */
export function compareSnowflakes(a: Snowflake, b: Snowflake): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The later of those given; `undefined` when none is. */
export function latest(...ids: readonly (Snowflake | undefined)[]): Snowflake | undefined {
  let last: Snowflake | undefined;
  for (const id of ids) {
    if (id !== undefined && (last === undefined || compareSnowflakes(id, last) > 0)) last = id;
  }
  return last;
}

/** The id just before another: what comes after it begins with that one. @param id not 0 */
export function justBefore(id: Snowflake): Snowflake {
  return snowflake.decode(String(BigInt(id) - 1n));
}

/** When an id was made, in Unix milliseconds. */
export function snowflakeTime(id: Snowflake): number {
  return Number((BigInt(id) >> 22n) + DISCORD_EPOCH_MS);
}
