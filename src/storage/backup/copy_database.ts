import { Worker } from "node:worker_threads";
import { DatabaseDamage } from "../damage/database_damage.ts";

/** What the worker is given. */
export interface CopyTask {
  readonly source: string;
  readonly target: string;
  /** One number: 1 asks it to end. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** What the worker says. */
export type CopyNews =
  | { readonly done: number; readonly all: number }
  | { readonly error: string }
  /** In SQLite's words. */
  | { readonly damage: string }
  | "copied";

/** Options of {@link copyDatabase}. */
export interface CopyOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * Copies a database that may be in use, as it is at one moment, and looks whether the copy is whole. SQLite does not let go of the
 * event loop until it is done, so it has one of its own: visitors are served and signals heard meanwhile.
 *
 * @param target an empty file
 * @throws {DatabaseDamage} when a page of it cannot be right
 * @throws {Error} when it cannot be copied; the signal's reason
 */
export async function copyDatabase(
  source: string,
  target: string,
  { signal, onProgress }: CopyOptions,
): Promise<void> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const task: CopyTask = { source, target, stop };
  const worker = new Worker(new URL("./copy_worker.ts", import.meta.url), { workerData: task });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.on("message", (news: CopyNews) => {
    if (news === "copied") resolve();
    else if ("damage" in news) reject(new DatabaseDamage(source, news.damage));
    else if ("error" in news) reject(new Error(news.error));
    else onProgress?.(news.done, news.all);
  });
  worker.on("error", reject);
  const end = (): void => void Atomics.store(stop, 0, 1);
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  try {
    await promise;
  } finally {
    signal?.removeEventListener("abort", end);
    await worker.terminate();
  }
}
