const MINUTE_MS = 60_000;

const UNITS: ReadonlyMap<string, number> = new Map([
  ["m", MINUTE_MS],
  ["h", 60 * MINUTE_MS],
  ["d", 24 * 60 * MINUTE_MS],
  ["w", 7 * 24 * 60 * MINUTE_MS],
]);

/** What {@link parseDuration} takes, in words. */
export const DURATION_WORDS = "a number from 1 to 9999 with m, h, d or w behind it, as 30m or 7d";

/**
 * Reads a duration as people type it.
 *
 * @returns milliseconds; `undefined` when it is none
 */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^\s*([1-9]\d{0,3})\s*([mhdw])\s*$/i.exec(text) ?? [];
  const unitMs = UNITS.get(unit?.toLowerCase() ?? "");
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}
