/** The longest wait before connecting again: 720 a day, below Discord's 1,000 IDENTIFYs. */
export const MAX_CONNECT_WAIT_MS = 120_000;

/** A connection that held so long was a good one: the next wait starts small again. */
export const GOOD_CONNECTION_MS = 60_000;

/**
 * How long to wait before the next try: nothing the first time, then half a second and twice as much each time, minus up
 * to half of it at random.
 *
 * @param failures how many tries in a row have failed
 * @param random from 0 to below 1
 * @returns milliseconds
 */
export function connectWaitMs(failures: number, random: number): number {
  if (failures === 0) return 0;
  const ceiling = Math.min(MAX_CONNECT_WAIT_MS, 500 * 2 ** Math.min(failures - 1, 20));
  return ceiling / 2 + random * ceiling / 2;
}
