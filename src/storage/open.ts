import { DatabaseDamage, demandWhole } from "./damage/database_damage.ts";
import { Database, faultOf } from "./database.ts";
import { logPages } from "./log_limit.ts";
import { MIGRATIONS } from "./migrations.ts";

/** "CB50": marks the file as ours (https://www.sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x43423530;

/** How long another process may hold the file at the start, in milliseconds. */
const START_BUSY_TIMEOUT_MS = 2_000;

/**
 * Up to this size, in bytes, every page is checked at the start; that takes about 100 ms. In a larger file a damage is met by the first
 * query that reads the page, by `check`, or by the next backup (docs/architecture.md).
 */
const FULL_CHECK_BYTES = 32 * 1024 * 1024;

/**
 * Why a database cannot be used.
 *
 * @example What an operator can do
 * ```ts
 * import { DatabaseOpenError, type OpenFault, openStorage } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const advice: Partial<Record<OpenFault, string>> = { unreachable: "make the folder first" };
 * try {
 *   openStorage("/no such folder/chat.db");
 * } catch (error) {
 *   equal(error instanceof DatabaseOpenError && advice[error.fault], "make the folder first");
 * }
 * ```
 */
export type OpenFault = "newer" | "older" | "locked" | "damaged" | "foreign" | "unwritable" | "unreachable";

/**
 * The database cannot be used; it was left as it was. The message is one line for the operator.
 *
 * @example A letter is no database
 * ```ts
 * import { DatabaseOpenError, openStorage } from "@chatbox50/chatbox50";
 * import { throws } from "node:assert/strict";
 *
 * const file = await Deno.makeTempFile();
 * await Deno.writeTextFile(file, "Dear Ada, ".repeat(500));
 * throws(() => openStorage(file), (error) => error instanceof DatabaseOpenError && error.fault === "damaged");
 * await Deno.remove(file);
 * ```
 */
export class DatabaseOpenError extends Error {
  /** Tells the class apart where `instanceof` cannot. */
  override readonly name = "DatabaseOpenError";
  /** What is wrong. */
  readonly fault: OpenFault;

  /**
   * Made by {@link openStorage}.
   *
   * @param message one line for the operator
   */
  constructor(fault: OpenFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** An open database and the lock that keeps a second server off it. */
export interface OpenDatabase {
  readonly database: Database;
  readonly lock: Database;
}

/**
 * Opens the file, makes it when there is none, and brings it to today's schema.
 *
 * @param path the file; `-wal`, `-shm` and `-lock` files lie beside it
 * @throws {DatabaseOpenError} when it is newer than this program, in use by another server, locked, damaged, not ours or not writable;
 *   it is left as it was
 */
export function openDatabase(path: string, migrations: readonly string[] = MIGRATIONS): OpenDatabase {
  let lock: Database | undefined;
  let database: Database | undefined;
  try {
    const size = fileSize(path);
    makeReadableByOwner(`${path}-lock`);
    lock = takeLock(path);
    makeReadableByOwner(path);
    if (size > 0) inspectDatabase(path, size, migrations.length);
    database = new Database(path, { busyTimeoutMs: START_BUSY_TIMEOUT_MS });
    configure(database, path);
    demandWritable(database);
    migrate(database, migrations);
    // From here on a busy file must not stop the event loop: the group commit tries again by itself.
    database.exec("PRAGMA busy_timeout = 0");
    return { database, lock };
  } catch (error) {
    database?.close();
    lock?.close();
    throw explainOpenError(path, error);
  }
}

function fileSize(path: string): number {
  try {
    const info = Deno.statSync(path);
    if (info.isDirectory) {
      throw new DatabaseOpenError("unreachable", `Cannot open the database ${path}: it is a directory`);
    }
    return info.size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/**
 * Makes the file when there is none: it holds what visitors wrote and, with `DOMAIN`, the certificate's key. SQLite gives the log beside it
 * the same mode. A file that is there keeps the mode that its owner gave it.
 */
function makeReadableByOwner(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Held as long as the process lives, and released by the system however it ends. Readers of the database need not care. */
function takeLock(path: string): Database {
  const lock = new Database(`${path}-lock`);
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (faultOf(error) !== "busy") throw error;
    throw new DatabaseOpenError("locked", `Cannot open the database ${path}: another server is using it`, {
      cause: error,
    });
  }
}

/**
 * Looks before anything is written.
 *
 * @param newest the newest schema version that this program knows
 * @throws {DatabaseOpenError} `foreign`, `newer`
 * @throws {DatabaseDamage}
 */
export function inspectDatabase(path: string, size: number, newest: number): void {
  const database = new Database(path, { readOnly: true, busyTimeoutMs: START_BUSY_TIMEOUT_MS });
  try {
    const version = Number(database.value("PRAGMA user_version"));
    const application = Number(database.value("PRAGMA application_id"));
    const tables = Number(database.value("SELECT count(*) FROM sqlite_schema"));
    if (application !== APPLICATION_ID && (tables > 0 || application !== 0)) {
      throw new DatabaseOpenError(
        "foreign",
        `Cannot open the database ${path}: it was not made by ChatBox50`,
      );
    }
    if (version > newest) {
      throw new DatabaseOpenError(
        "newer",
        `Cannot open the database ${path}: it has schema version ${version}, this program knows up to ${newest}; ` +
          `use the newer program`,
      );
    }
    if (size <= FULL_CHECK_BYTES) demandWhole(path, database.value("PRAGMA quick_check(1)"));
  } finally {
    database.close();
  }
}

function configure(database: Database, path: string): void {
  // Readers never wait for the writer, and a commit is one fsync of the log.
  const mode = database.value("PRAGMA journal_mode = WAL");
  if (mode !== "wal") throw new Error(`journal_mode is ${mode}, WAL is needed`);
  // An ack means on disk: the log is flushed at every commit.
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA foreign_keys = ON");
  // What is deleted is overwritten, so that an erasure finds no copies in free space (https://www.sqlite.org/pragma.html#pragma_secure_delete).
  database.exec("PRAGMA secure_delete = ON");
  // Pages are read where the system has cached them already.
  database.exec("PRAGMA mmap_size = 268435456");
  database.exec("PRAGMA cache_size = -65536");
  database.exec(`PRAGMA wal_autocheckpoint = ${logPages(path)}`);
}

/** Somebody else's transaction would make every message fail: better said now than then. */
function demandWritable(database: Database): void {
  database.exec("BEGIN IMMEDIATE");
  database.rollback();
}

function migrate(database: Database, migrations: readonly string[]): void {
  const from = Number(database.value("PRAGMA user_version"));
  for (const [index, sql] of migrations.entries()) {
    if (index < from) continue;
    database.transaction(() => {
      database.exec(sql);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** What any error of opening a database means to the operator. */
export function explainOpenError(path: string, error: unknown): DatabaseOpenError {
  if (error instanceof DatabaseOpenError) return error;
  if (error instanceof DatabaseDamage) {
    return new DatabaseOpenError("damaged", error.message, { cause: error });
  }
  const reason = error instanceof Error ? oneLine(error.message) : String(error);
  const line = (text: string): string => `Cannot open the database ${path}: ${text}`;
  const options = { cause: error };
  switch (faultOf(error)) {
    case "busy":
      return new DatabaseOpenError("locked", line("another process has locked it"), options);
    case "readonly":
      return new DatabaseOpenError("unwritable", line("the file or its folder is not writable"), options);
    case "full":
      return new DatabaseOpenError("unwritable", line("the disk is full"), options);
    default:
      return new DatabaseOpenError(
        "unreachable",
        line(`${reason}; its folder must exist and be writable`),
        options,
      );
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
