import type { Clock } from "../core/mod.ts";

/**
 * Waits.
 *
 * @param ms how long, in milliseconds
 * @param signal ends the wait
 * @throws the signal's reason
 */
export function pauseFor(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener("abort", end);
      resolve();
    });
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
