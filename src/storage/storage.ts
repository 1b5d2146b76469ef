import { type Logger, silentLogger } from "../core/mod.ts";
import { type CommitListener, GroupCommit } from "./group_commit.ts";
import { FileStore } from "./file_store.ts";
import { FileTable } from "./file_table.ts";
import { Heads } from "./heads.ts";
import { IdentityTable } from "./identity_table.ts";
import { MetaTable } from "./meta_table.ts";
import { openDatabase } from "./open.ts";
import { SessionTable } from "./session_table.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { ForeignChanges } from "./upkeep/foreign_changes.ts";
import { Backlog } from "./upkeep/backlog.ts";
import { Retention } from "./upkeep/retention.ts";

/** Options of {@link openStorage}. */
export interface StorageOptions {
  /** Silent when left out. */
  readonly logger?: Logger;
  /** Told about every commit. */
  readonly listener?: CommitListener;
}

/** One open SQLite file with everything that is kept in it. */
export interface Storage extends AsyncDisposable {
  readonly store: SqliteStore;
  readonly sessions: SessionTable;
  readonly identities: IdentityTable;
  /** The bytes lie in the folder `<database>-files`. */
  readonly files: FileStore;
  readonly meta: MetaTable;
  /** Tells when another process, such as `chatbox50 erase`, has changed the database. */
  readonly foreignChanges: ForeignChanges;
  /** Removes what is too old, in small steps. */
  readonly retention: Retention;
  /** How much waits for each side. */
  readonly backlog: Backlog;
  /** How many writes wait to be committed. */
  readonly queued: number;
  /** Resolves when everything that was accepted until now is on disk. */
  flush(): Promise<void>;
  /** Commits what was accepted and lets go of the file. */
  close(): Promise<void>;
}

/**
 * Opens a SQLite file, making it when there is none.
 *
 * @param path where the file is
 * @throws {DatabaseOpenError} when it cannot be used
 */
export function openStorage(path: string, options: StorageOptions = {}): Storage {
  const { logger = silentLogger, listener } = options;
  const { database, lock } = openDatabase(path);
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
  let closed = false;
  const close = (): Promise<void> => {
    if (closed) return Promise.resolve();
    closed = true;
    try {
      commits.close();
    } finally {
      database.close();
      lock.close();
    }
    return Promise.resolve();
  };
  return {
    store: new SqliteStore({ database, commits, heads, close }),
    sessions: new SessionTable(database, commits),
    identities: new IdentityTable(database, commits),
    files: new FileStore(`${path}-files`, new FileTable(database, commits), logger),
    meta: new MetaTable(database, commits),
    foreignChanges,
    retention: new Retention(database, commits, heads),
    backlog: new Backlog(database),
    get queued() {
      return commits.queued;
    },
    flush: () => commits.write(() => undefined),
    close,
    [Symbol.asyncDispose]: close,
  };
}
