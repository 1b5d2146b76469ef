import type { Database } from "../database.ts";

/** How many files go between two transactions. */
const BATCH = 100;

/** Where the bytes of a database's files lie. */
export function filesFolder(databasePath: string): string {
  return `${databasePath}-files`;
}

/**
 * Removes the bytes of files that are marked as removed, then what is known of them. A server may do the same at the same time.
 *
 * @param path the SQLite file
 * @param signal ends it between two batches
 * @returns how many
 * @throws {Error} when bytes cannot be removed; they stay marked
 */
export async function removeMarkedFiles(
  database: Database,
  path: string,
  signal?: AbortSignal,
): Promise<number> {
  const marked = database.prepare<{ id: string }>(`SELECT id FROM files WHERE removed = 1 LIMIT ${BATCH}`);
  const forget = database.prepare("DELETE FROM files WHERE id = ? AND removed = 1");
  for (let count = 0;;) {
    signal?.throwIfAborted();
    const files = marked.all();
    if (files.length === 0) return count;
    for (const { id } of files) await removeIfThere(`${filesFolder(path)}/${id}`);
    database.transaction(() => files.forEach(({ id }) => forget.run(id)));
    count += files.length;
  }
}

/** Removes a file or a whole folder, or finds that it is gone. */
export async function removeIfThere(path: string, options: Deno.RemoveOptions = {}): Promise<void> {
  try {
    await Deno.remove(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
