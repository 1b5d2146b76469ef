import type { Clock } from "../core/mod.ts";

/** Waits, but not beyond the abort of the signal. Never rejects. */
export function wait(waitMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(waitMs, () => {
      signal.removeEventListener("abort", end);
      resolve();
    });
    const end = (): void => {
      cancel();
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}

/** Waits for work, but not beyond the abort of the signal: the work's end concerns nobody then. Rejects with the signal's reason. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
