import { dirname } from "node:path";
import { DatabaseDamage } from "../damage/database_damage.ts";
import { DatabaseOpenError, explainOpenError } from "../open.ts";
import { filesFolder, removeIfThere } from "../upkeep/removed_files.ts";
import { copyDatabase } from "./copy_database.ts";
import { FileCopies } from "./file_copies.ts";
import { Partial } from "./partial.ts";

/** Options of {@link backUpTo}. */
export interface BackupOptions {
  /** Ends it; nothing of it is left then. */
  readonly signal?: AbortSignal;
  /** Told how many of the database's pages are copied. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** What a backup holds. */
export interface BackupResult {
  /** Bytes of the database's copy. */
  readonly bytes: number;
  /** How many files of visitors and staff lie in the folder beside it. */
  readonly files: number;
  /** How many files the database names whose bytes were not there. */
  readonly missing: number;
}

/**
 * Makes a backup of a database that may be in use: one file without a log beside it, and a folder `<path>-files` when there are files, as
 * beside the database itself. They have their names when they are complete and on disk: where there is a file of that name, there is
 * a whole backup. All of it is of one moment.
 *
 * @param source the SQLite file
 * @param path must not exist
 * @throws {DatabaseOpenError} `unwritable` when there is a file already or it cannot be written, `damaged` when a page of it cannot
 *   be right: all are looked at; the signal's reason
 */
export async function backUpTo(
  source: string,
  path: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    for (const taken of [path, filesFolder(path)]) {
      if (await exists(taken)) throw new Error(`${taken === path ? "it" : taken} exists; name a new file`);
    }
    await using partial = await Partial.make(path);
    const files = new FileCopies(filesFolder(source), partial.files);
    // Before the rows: what is removed while they are copied is in the copy, so its bytes must be, too.
    await files.takeAll(source, signal);
    await copyDatabase(source, partial.database, options);
    const missing = await files.reconcile(partial.database, signal);
    await files.flush();
    await flush(partial.database);
    await publish(partial, path, files.count > 0);
    const { size } = await Deno.stat(path);
    return { bytes: size, files: files.count, missing };
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    if (cause instanceof DatabaseDamage) throw explainOpenError(source, cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseOpenError("unwritable", `Cannot back up to ${path}: ${reason}`, { cause });
  }
}

/** The database comes last, because it is what says that there is a backup. */
async function publish(partial: Partial, path: string, withFiles: boolean): Promise<void> {
  if (withFiles) await Deno.rename(partial.files, filesFolder(path));
  try {
    await Deno.rename(partial.database, path);
  } catch (error) {
    await removeIfThere(filesFolder(path), { recursive: true });
    throw error;
  }
  await flushFolder(dirname(path));
}

async function flush(file: string): Promise<void> {
  using handle = await Deno.open(file, { read: true, write: true });
  await handle.sync();
}

/** The names are as durable as the bytes. Systems where a folder cannot be opened keep them by themselves. */
async function flushFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
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
