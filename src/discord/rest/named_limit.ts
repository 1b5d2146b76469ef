/** What an answer says of the limit of its route (https://discord.com/developers/docs/topics/rate-limits#header-format). */
export interface NamedLimit {
  readonly kind: "named";
  /** How many calls are taken in a window. */
  readonly limit: number;
  /** How many of them were left when the answer was given. */
  readonly remaining: number;
  /** When the window ends, counted from the answer, in milliseconds. */
  readonly resetAfterMs: number;
  /** The same as Unix milliseconds by Discord's clock: every answer of a window names about the same. */
  readonly end: number;
}

/** The call was refused, because the limit has been used up. */
export interface Refused {
  readonly kind: "refused";
  /** Until when the route is to be left alone, Unix milliseconds. */
  readonly until: number;
}

/**
 * Reads the headers of an answer.
 *
 * @param now Unix milliseconds
 * @returns `undefined` when they name no limit of this route; the one of all routes together is not its own
 */
export function readLimit(headers: Headers, now: number): NamedLimit | Refused | undefined {
  const number = (name: string): number => Number.parseFloat(headers.get(`x-ratelimit-${name}`) ?? "");
  const resetAfterMs = number("reset-after") * 1_000;
  if (!(resetAfterMs >= 0) || headers.has("x-ratelimit-global")) return undefined;
  // Only an answer of 429 has it.
  if (headers.has("retry-after")) return { kind: "refused", until: now + resetAfterMs };
  const limit = number("limit");
  const remaining = number("remaining");
  if (!(limit >= 1) || !(remaining >= 0)) return undefined;
  const end = number("reset") * 1_000;
  return { kind: "named", limit, remaining, resetAfterMs, end: end > 0 ? end : now + resetAfterMs };
}
