import {
  type ChatBoxError,
  CheckedStore,
  guardedLogger,
  type Logger,
  silentLogger,
  type Store,
  type Uuid,
} from "../core/mod.ts";
import type { Database } from "./database.ts";
import { type CommitListener, GroupCommit } from "./group_commit.ts";
import { FileStore } from "./file_store.ts";
import { FileTable } from "./file_table.ts";
import { Heads } from "./heads.ts";
import { IdentityTable } from "./identity_table.ts";
import { MetaTable } from "./meta_table.ts";
import { backUpTo } from "./backup/backup.ts";
import { explainOpenError, openDatabase } from "./open.ts";
import { type SessionRecord, SessionTable } from "./session_table.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { ForeignChanges } from "./upkeep/foreign_changes.ts";
import { Backlog } from "./upkeep/backlog.ts";
import { filesFolder } from "./upkeep/removed_files.ts";
import { Retention } from "./upkeep/retention.ts";
import { emptyLog } from "./upkeep/write_ahead_log.ts";

/**
 * Options of {@link openStorage}.
 *
 * @example With a logger
 * ```ts
 * import { openStorage, silentLogger, type StorageOptions } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const options: StorageOptions = { logger: silentLogger };
 * {
 *   await using storage = openStorage(`${folder}/chat.db`, options);
 *   equal(storage.queued, 0);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export interface StorageOptions {
  /** Silent when left out. */
  readonly logger?: Logger;
  /** Told about every commit. */
  readonly listener?: CommitListener;
}

/**
 * Sessions, by the SHA-256 of their secrets.
 *
 * @example A stranger's secret opens nothing
 * ```ts
 * import { openStorage, type SessionStore } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using storage = openStorage(`${folder}/chat.db`);
 *   const sessions: SessionStore = storage.sessions;
 *   equal(await sessions.find(new Uint8Array(32)), undefined);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export interface SessionStore {
  /** Finds a session. */
  find(secretHash: Uint8Array): Promise<SessionRecord | undefined>;
  /**
   * Stores a session, or that it was used again.
   *
   * @param at Unix milliseconds
   * @throws {ChatBoxError} `not_found` for an unknown connection
   */
  save(secretHash: Uint8Array, uid: Uuid, at: number): Promise<void>;
}

/**
 * Single values, by key.
 *
 * @example Made once
 * ```ts
 * import { openStorage, type ValueStore } from "@chatbox50/chatbox50";
 * import { deepEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using storage = openStorage(`${folder}/chat.db`);
 *   const values: ValueStore = storage.meta;
 *   await values.getOrSet("key", () => new Uint8Array([1]));
 *   deepEqual(await values.getOrSet("key", () => new Uint8Array([2])), new Uint8Array([1]));
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export interface ValueStore {
  /** Reads a value. */
  get(key: string): Uint8Array | undefined;
  /** Sets a value. */
  set(key: string, value: Uint8Array): Promise<void>;
  /** Reads a value, or stores and gives the one that `make` makes. */
  getOrSet(key: string, make: () => Uint8Array): Promise<Uint8Array>;
}

/**
 * One open SQLite file with everything that is kept in it.
 *
 * @example One that a ChatBox works on, and others look into
 * ```ts
 * import { ChatBox, openStorage, type Storage, string } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const storage: Storage = openStorage(`${folder}/chat.db`);
 * {
 *   await using box = new ChatBox({
 *     name: "example",
 *     service1: { name: "one", idType: string },
 *     service2: { name: "two" },
 *     store: storage.store,
 *   });
 *   await box.worker1.accessNewClient("ada");
 *   equal((await storage.store.connectionOf(1, "ada"))?.uid, await box.worker1.getUid("ada"));
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export interface Storage extends AsyncDisposable {
  /** The ChatBox's store. */
  readonly store: Store;
  /** Which conversation a session's secret opens. */
  readonly sessions: SessionStore;
  /** Single values that belong to the database as a whole. */
  readonly meta: ValueStore;
  /**
   * Who is signed in where.
   *
   * @internal
   */
  readonly identities: IdentityTable;
  /**
   * The bytes lie in the folder `<database>-files`.
   *
   * @internal
   */
  readonly files: FileStore;
  /**
   * Tells when another process, such as `chatbox50 erase`, has changed the database.
   *
   * @internal
   */
  readonly foreignChanges: ForeignChanges;
  /**
   * Removes what is too old, in small steps.
   *
   * @internal
   */
  readonly retention: Retention;
  /**
   * How much waits for each side.
   *
   * @internal
   */
  readonly backlog: Backlog;
  /**
   * Takes over and empties the log beside the file, in which removed rows can still be read.
   *
   * @internal
   * @returns false when somebody who reads keeps it from that
   */
  emptyLog(): boolean;
  /**
   * Resolves when a page was met that cannot be right, with the line for the operator. Nothing is stored any more from then on, every
   * write is refused as `overloaded`: close it, and restore a backup.
   */
  readonly damaged: Promise<ChatBoxError>;
  /** How many writes wait to be committed. */
  readonly queued: number;
  /** Resolves when everything that was accepted until now is on disk. */
  flush(): Promise<void>;
  /**
   * Copies everything into another file while this one goes on being used, and files into a folder `<path>-files` beside it. The copy
   * appears complete, under its name, or not at all.
   *
   * @throws {DatabaseOpenError} `unwritable` when there is a file already or it cannot be written
   */
  backup(path: string): Promise<void>;
  /** Commits what was accepted and lets go of the file. */
  close(): Promise<void>;
}

/**
 * Opens a SQLite file, making it when there is none.
 *
 * @example A copy while it is in use
 * ```ts
 * import { openStorage, randomUuid } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using storage = openStorage(`${folder}/chat.db`);
 *   const uid = randomUuid();
 *   await storage.store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5 });
 *   await storage.backup(`${folder}/copy.db`);
 *   await using copy = openStorage(`${folder}/copy.db`);
 *   equal((await copy.store.connectionOf(1, "ada"))?.uid, uid);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @param path where the file is
 * @throws {DatabaseOpenError} when it cannot be used
 */
export function openStorage(path: string, options: StorageOptions = {}): Storage {
  const { database, lock } = openDatabase(path);
  const release = (): void => {
    database.close();
    lock.close();
  };
  try {
    return build({ path, database, release, options });
  } catch (error) {
    // What is read first of a larger file may be what is damaged.
    release();
    throw explainOpenError(path, error);
  }
}

interface Opened {
  readonly path: string;
  readonly database: Database;
  /** Lets go of the file. */
  readonly release: () => void;
  readonly options: StorageOptions;
}

function build({ path, database, release, options }: Opened): Storage {
  const { listener } = options;
  const logger = guardedLogger(options.logger ?? silentLogger);
  const damaged = Promise.withResolvers<ChatBoxError>();
  const heads = new Heads(database);
  const foreignChanges = new ForeignChanges(database);
  foreignChanges.subscribe(() => heads.clear());
  const commits = new GroupCommit({
    database,
    logger,
    onRollback: () => heads.clear(),
    onBegin: () => foreignChanges.check(),
    ...(listener && { listener }),
  });
  const end = (): Promise<void> => {
    try {
      // Written with the last transaction; should it fail, the next start finds out by itself.
      commits.write(() => store.tidy()).catch((error) => logger.debug("Tidying up was left out", { error }));
      commits.close();
    } finally {
      release();
    }
    return Promise.resolve();
  };
  const store = new SqliteStore({ database, commits, heads, close: end });
  const files = new FileStore(filesFolder(path), new FileTable(database, commits), logger);
  const checked = new CheckedStore(store);
  // Whichever of the two is closed: neither is asked anything afterwards.
  const close = (): Promise<void> => checked.close();
  const storage: Storage = {
    store: checked,
    sessions: new SessionTable(database, commits),
    identities: new IdentityTable(database, commits),
    files,
    meta: new MetaTable(database, commits),
    foreignChanges,
    retention: new Retention(database, commits, heads),
    backlog: new Backlog(database),
    damaged: damaged.promise,
    get queued() {
      return commits.queued;
    },
    emptyLog: () => emptyLog(database),
    flush: () => commits.write(() => undefined),
    backup: async (target) => void await backUpTo(path, target),
    close,
    [Symbol.asyncDispose]: close,
  };
  // What is met before is thrown.
  database.onDamage((damage) => {
    logger.error("The database is damaged, nothing more is stored", { reason: damage.message });
    damaged.resolve(damage);
  });
  return storage;
}
