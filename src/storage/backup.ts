import { Database } from "./database.ts";
import { DatabaseOpenError } from "./open.ts";

/** How a backup is made. */
export interface BackupOptions {
  /** Copies what is committed into a file that is not there yet. */
  readonly copy: (file: string) => Promise<void>;
  /** Whether every page of the copy is looked at, which holds the event loop up for about a second a gigabyte. */
  readonly verify: boolean;
}

/**
 * Makes a backup: one file without a log beside it, which has its name when it is complete and on disk. Under that name there is a whole
 * backup or none.
 *
 * @param path must not exist
 * @throws {DatabaseOpenError} `unwritable` when there is a file already or it cannot be written
 */
export async function backUpTo(path: string, { copy, verify }: BackupOptions): Promise<void> {
  const partial = `${path}.partial`;
  try {
    if (await exists(path)) throw new Error("it exists; name a new file");
    // What an earlier attempt has left is of no use to anyone.
    await removeIfThere(partial);
    await copy(partial);
    finish(partial, verify);
    await flush(partial);
    await Deno.rename(partial, path);
  } catch (cause) {
    await removeIfThere(partial);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseOpenError("unwritable", `Cannot back up to ${path}: ${reason}`, { cause });
  }
}

function finish(file: string, verify: boolean): void {
  const database = new Database(file);
  try {
    database.value("PRAGMA journal_mode = DELETE");
    const found = verify ? database.value("PRAGMA quick_check(1)") : "ok";
    if (found !== "ok") throw new Error(`the copy is damaged (${found})`);
  } finally {
    database.close();
  }
}

async function flush(file: string): Promise<void> {
  using handle = await Deno.open(file, { read: true, write: true });
  await handle.sync();
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
    // Where there is no such folder there is nothing to remove either.
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
  }
}
