import type { Database } from "./database.ts";
import { DatabaseOpenError } from "./open.ts";

/** Copies a database in use into a new file: first under another name, so that half a copy is never taken for a whole one. */
export async function backupTo(database: Database, path: string): Promise<void> {
  const partial = `${path}.partial`;
  if (await exists(path)) {
    throw new DatabaseOpenError(
      "unwritable",
      `Cannot make the backup ${path}: there is such a file, choose another name`,
    );
  }
  try {
    await removeIfThere(partial);
    await database.backup(partial);
    await Deno.rename(partial, path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    await removeIfThere(partial);
    throw new DatabaseOpenError("unwritable", `Cannot make the backup ${path}: ${reason}`, { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
