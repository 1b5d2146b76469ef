import { Worker } from "node:worker_threads";
import { DatabaseDamage } from "./database_damage.ts";

/** What the worker is given. */
export interface SearchTask {
  readonly path: string;
}

/** What the worker says: nothing found, what SQLite has found, or why it could not look. */
export type SearchNews = "whole" | { readonly found: string } | { readonly error: string };

/**
 * Looks at every page of a database, whatever its size, that may be in use. SQLite does not let go of the event loop meanwhile, so it has
 * one of its own: signals are heard.
 *
 * @param path the SQLite file
 * @param signal gives it up
 * @throws {DatabaseDamage} when there is a page that cannot be right
 * @throws {Error} when it cannot be read; the signal's reason
 */
export async function findDamage(path: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const task: SearchTask = { path };
  const worker = new Worker(new URL("./find_damage_worker.ts", import.meta.url), { workerData: task });
  const { promise, resolve, reject } = Promise.withResolvers<SearchNews>();
  worker.on("message", resolve);
  worker.on("error", reject);
  const giveUp = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", giveUp);
  try {
    const news = await promise;
    if (news === "whole") return;
    throw "found" in news ? new DatabaseDamage(path, news.found) : new Error(news.error);
  } finally {
    signal?.removeEventListener("abort", giveUp);
    // Not waited for: it ends when SQLite comes back, or with the process.
    void worker.terminate();
  }
}
