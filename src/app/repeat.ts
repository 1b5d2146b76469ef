import type { Clock } from "../core/mod.ts";

/**
 * Calls back again and again.
 *
 * @param everyMs the pause between two calls
 * @returns ends it
 */
export function repeat(clock: Clock, everyMs: number, callback: () => void): () => void {
  const next = (): () => void =>
    clock.after(everyMs, () => {
      cancel = next();
      callback();
    });
  let cancel = next();
  return () => cancel();
}
