/** How waits between attempts grow. */
export interface BackoffOptions {
  /** The longest first wait, in milliseconds. */
  readonly baseMs: number;
  /** The longest wait ever, in milliseconds. */
  readonly maxMs: number;
}

/**
 * The wait before the next attempt: exponential with equal jitter, so between half and all of `baseMs * 2^(failures - 1)`, capped.
 *
 * @param failures how many attempts have failed in a row, from 1
 * @param random a number from 0 to below 1
 * @returns milliseconds
 */
export function backoffMs(failures: number, random: number, options: BackoffOptions): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + random * ceiling / 2;
}
