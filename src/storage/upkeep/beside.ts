import { Database, faultOf } from "../database.ts";
import { MIGRATIONS } from "../migrations.ts";
import { DatabaseOpenError, explainOpenError, inspectDatabase } from "../open.ts";

/** How long a command waits for the server's commits, which take milliseconds, in milliseconds. */
export const BUSY_TIMEOUT_MS = 10_000;

/** Options of {@link openBeside}. */
export interface BesideOptions {
  readonly readOnly: boolean;
  /** Whether a schema older than this program's will do, as it does for a copy; false when left out. */
  readonly anyVersion?: boolean;
}

/**
 * Opens a database that a server may be using at the same time: it takes no lock and changes no schema.
 *
 * @param path the SQLite file, which must exist
 * @returns the open file; the caller closes it
 * @throws {DatabaseOpenError} when there is none, it is not ours, damaged, or of another version
 */
export function openBeside(path: string, { readOnly, anyVersion = false }: BesideOptions): Database {
  let database: Database | undefined;
  try {
    const { size } = Deno.statSync(path);
    inspectDatabase(path, size, MIGRATIONS.length);
    database = new Database(path, { readOnly, busyTimeoutMs: BUSY_TIMEOUT_MS });
    const version = Number(database.value("PRAGMA user_version"));
    if (version < MIGRATIONS.length && !anyVersion) {
      throw new DatabaseOpenError(
        "older",
        `Cannot open the database ${path}: it has schema version ${version}, this program needs ${MIGRATIONS.length}; ` +
          `start the server once with this program`,
      );
    }
    if (!readOnly) {
      // As the server does: what was removed must be gone after a power cut, too.
      database.exec("PRAGMA synchronous = FULL");
      database.exec("PRAGMA foreign_keys = ON");
      // Erased means overwritten, not only unlinked (https://www.sqlite.org/pragma.html#pragma_secure_delete).
      database.exec("PRAGMA secure_delete = ON");
    }
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Deno.errors.NotFound) {
      throw new DatabaseOpenError(
        "unreachable",
        `Cannot open the database ${path}: there is no such file; DATABASE_PATH says where it is`,
        { cause: error },
      );
    }
    throw isAboutFiles(error) ? explainFiles(path, error) : explainOpenError(path, error);
  }
}

/** Nothing is written here, so "read-only" is what SQLite says when it may not make its log. */
function isAboutFiles(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || ["cantopen", "readonly"].includes(faultOf(error));
}

/** SQLite says the same of a file that cannot be read and of a log that cannot be made, on a read-only disk for example. */
function explainFiles(path: string, cause: unknown): DatabaseOpenError {
  try {
    Deno.openSync(path).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw explainOpenError(path, error);
    return new DatabaseOpenError(
      "unreachable",
      `Cannot open the database ${path}: this user may not read it; run it as the user whose database it is`,
      { cause },
    );
  }
  return new DatabaseOpenError(
    "unwritable",
    `Cannot open the database ${path}: its log (-wal, -shm), which SQLite needs even to read, can be neither opened nor made ` +
      `beside it; run it as the user whose database it is, or copy the files to a folder that is writable`,
    { cause },
  );
}

/**
 * Tells whether a server is using a database, by the lock that it holds.
 *
 * @param path the SQLite file
 */
export function isServed(path: string): boolean {
  let lock: Database | undefined;
  try {
    Deno.statSync(`${path}-lock`);
    lock = new Database(`${path}-lock`, { readOnly: true });
    lock.value("SELECT count(*) FROM sqlite_schema");
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (faultOf(error) === "busy") return true;
    throw error;
  } finally {
    lock?.close();
  }
}
