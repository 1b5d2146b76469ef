import type { JsonObject, Message, Side, Uuid } from "../../core/mod.ts";
import { type BackupOptions, type BackupResult, backUpTo } from "../backup/backup.ts";
import type { Database } from "../database.ts";
import { decodeMessage, MESSAGE_COLUMNS, type MessageRow } from "../message_rows.ts";
import { fromText } from "../text.ts";
import { BUSY_TIMEOUT_MS, openBeside } from "./beside.ts";
import { type Erased, Erasure } from "./erasure.ts";
import { holds } from "./leftovers.ts";
import { Removal, type RemovalStep } from "./removal.ts";
import { removeMarkedFiles } from "./removed_files.ts";
import { WAITS } from "./waiting.ts";
import { emptyLog } from "./write_ahead_log.ts";

/** How many rows are read at once. */
const PAGE = 500;

/** How long one attempt to empty the log waits for others, in milliseconds: the caller tries again, and hears signals meanwhile. */
const LOG_BUSY_TIMEOUT_MS = 100;

/** A conversation as an export shows it. */
export interface ArchivedConversation {
  readonly uid: Uuid;
  /** The ids in the two services, `null` while a side has none. */
  readonly ids: Readonly<Record<Side, string | null>>;
  readonly properties: JsonObject;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Unix milliseconds. */
  readonly lastSeenAt: number;
}

/** What a database holds, in numbers. */
export interface ArchiveStats {
  readonly conversations: number;
  readonly messages: Readonly<Record<Side, number>>;
  /** Conversations for which something waits, by the side that is to get it. */
  readonly pending: Readonly<Record<Side, number>>;
  readonly sessions: number;
  /** Unix milliseconds; `undefined` without messages. */
  readonly oldestAt: number | undefined;
  readonly newestAt: number | undefined;
  /** Bytes of the file without its log. */
  readonly bytes: number;
  readonly schemaVersion: number;
}

interface ConversationRow {
  readonly id: number;
  readonly uid: Uuid;
  readonly s1_id: string | null;
  readonly s2_id: string | null;
  readonly properties: string;
  readonly created_at: number;
  readonly last_seen_at: number;
}

/** A database as commands use it beside a running server: by a connection of their own, which takes no lock. */
export class Archive implements Disposable {
  readonly #database: Database;
  readonly #path: string;

  private constructor(database: Database, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /**
   * Opens it to read.
   *
   * @param options.anyVersion whether an older schema will do; for {@link Archive.backup} only
   * @throws {DatabaseOpenError} when it cannot be used
   */
  static read(path: string, options: { readonly anyVersion?: boolean } = {}): Archive {
    return new Archive(openBeside(path, { readOnly: true, ...options }), path);
  }

  /**
   * Opens it to remove something. @throws {DatabaseOpenError} when it cannot be used */
  static change(path: string): Archive {
    return new Archive(openBeside(path, { readOnly: false }), path);
  }

  /**
   * Makes a backup of this moment, see {@link backUpTo}. Writers go on meanwhile.
   *
   * @throws {DatabaseOpenError} `unwritable` when there is a file already or it cannot be written
   */
  backup(path: string, options: BackupOptions = {}): Promise<BackupResult> {
    return backUpTo(this.#path, path, options);
  }

  /** Bytes of the database without its log. */
  get bytes(): number {
    return Number(
      this.#database.value("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"),
    );
  }

  /** Counts everything, of one moment. */
  stats(): ArchiveStats {
    const number = (sql: string): number => Number(this.#database.value(sql));
    const time = (sql: string): number | undefined => {
      const value = this.#database.value(sql);
      return value === null ? undefined : Number(value);
    };
    const bySide = (sql: string): Readonly<Record<Side, number>> => {
      const rows = this.#database.prepare<{ side: Side; count: number }>(sql).all();
      const count = (side: Side): number => rows.find((row) => row.side === side)?.count ?? 0;
      return { 1: count(1), 2: count(2) };
    };
    this.#database.exec("BEGIN");
    try {
      return {
        conversations: number("SELECT count(*) FROM connections"),
        messages: bySide("SELECT side, count(*) AS count FROM messages GROUP BY side"),
        pending: bySide(`
          SELECT d.side, count(*) AS count FROM deliveries d WHERE ${WAITS} GROUP BY d.side`),
        sessions: number("SELECT count(*) FROM sessions"),
        oldestAt: time("SELECT created_at FROM messages ORDER BY id LIMIT 1"),
        newestAt: time("SELECT created_at FROM messages ORDER BY id DESC LIMIT 1"),
        bytes: this.bytes,
        schemaVersion: number("PRAGMA user_version"),
      };
    } finally {
      this.#database.exec("COMMIT");
    }
  }

  /** Reads the single values of the database whose keys begin with a text, by key. */
  values(prefix: string): ReadonlyMap<string, Uint8Array> {
    const rows = this.#database.prepare<{ key: string; value: Uint8Array }>(
      "SELECT key, value FROM meta WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key",
    ).all(prefix);
    return new Map(rows.map(({ key, value }) => [key, value]));
  }

  /** Reads every conversation, or the one with this uid, in the order in which they began. */
  *conversations(uid?: Uuid): Generator<ArchivedConversation> {
    const statement = this.#database.prepare<ConversationRow>(`
      SELECT id, uid, s1_id, s2_id, properties, created_at, last_seen_at FROM connections
      WHERE id > ?1 AND (?2 IS NULL OR uid = ?2) ORDER BY id LIMIT ${PAGE}`);
    for (let after = 0;;) {
      const rows = statement.all(after, uid ?? null);
      for (const row of rows) {
        yield {
          uid: row.uid,
          ids: { 1: textOf(row.s1_id), 2: textOf(row.s2_id) },
          properties: JSON.parse(row.properties),
          createdAt: row.created_at,
          lastSeenAt: row.last_seen_at,
        };
      }
      after = rows.at(-1)?.id ?? after;
      if (rows.length < PAGE) return;
    }
  }

  /** Reads the messages of one conversation, oldest first. */
  *messages(uid: Uuid): Generator<Message> {
    const statement = this.#database.prepare<MessageRow>(`
      SELECT ${MESSAGE_COLUMNS} FROM messages
      WHERE connection_id = (SELECT id FROM connections WHERE uid = ?) AND seq > ? ORDER BY seq LIMIT ${PAGE}`);
    for (let after = 0;;) {
      const rows = statement.all(uid, after);
      for (const row of rows) yield decodeMessage(uid, row);
      after = rows.at(-1)?.seq ?? after;
      if (rows.length < PAGE) return;
    }
  }

  /**
   * Removes the rows of one visitor, and notes that bytes of files and the log are to follow: {@link Archive.removeFiles},
   * {@link Archive.emptyLog}, {@link Archive.finishErasing}.
   *
   * @param deleted ids in service 2 of which nothing is left there; others are kept in the note, for the next run
   * @returns what it was, or `undefined` when there is nothing of that visitor
   */
  erase(uid: Uuid, deleted: ReadonlySet<string> = new Set()): Erased | undefined {
    const erasure = new Erasure(this.#database);
    return this.#database.transaction(() => erasure.begin(uid, deleted));
  }

  /** Notes that nothing is left of one visitor. */
  finishErasing(uid: Uuid): void {
    const erasure = new Erasure(this.#database);
    this.#database.transaction(() => erasure.finish(uid));
  }

  /** Counts what {@link Archive.removeMessages} and {@link Archive.removeIdle} are going to look at. @param before Unix milliseconds */
  countOlder(before: number): { readonly messages: number; readonly conversations: number } {
    return this.#database.prepare<{ messages: number; conversations: number }>(`
      SELECT (SELECT count(*) FROM messages WHERE created_at < ?1) AS messages,
        (SELECT count(*) FROM connections WHERE last_seen_at < ?1) AS conversations`).get(before) ??
      { messages: 0, conversations: 0 };
  }

  /** Counts the messages of every conversation, or of one. */
  countMessages(uid?: Uuid): number {
    return this.#database.prepare<{ count: number }>(`
      SELECT count(*) AS count FROM messages
      WHERE ?1 IS NULL OR connection_id = (SELECT id FROM connections WHERE uid = ?1)`).get(uid ?? null)
      ?.count ?? 0;
  }

  /** Bytes inside the file that nothing uses; what is stored next goes there. */
  get freeBytes(): number {
    return Number(
      this.#database.value("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"),
    );
  }

  /** Removes the bytes of files whose message or conversation is gone, see {@link removeMarkedFiles}. */
  removeFiles(signal?: AbortSignal): Promise<number> {
    return removeMarkedFiles(this.#database, this.#path, signal);
  }

  /** Whether an id still stands anywhere in the file, see {@link holds}. For the end of the work, when the log is empty. */
  holds(uid: Uuid): Promise<boolean> {
    return holds(this.#path, uid);
  }

  /** Empties the log, see {@link emptyLog}; waits a moment for others, no longer. */
  emptyLog(): boolean {
    this.#database.exec(`PRAGMA busy_timeout = ${LOG_BUSY_TIMEOUT_MS}`);
    try {
      return emptyLog(this.#database);
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  /** One step of removing messages, see {@link Removal.removeMessages}. */
  removeMessages(before: number, cursor: number, limit: number): Promise<RemovalStep> {
    const removal = new Removal(this.#database);
    return Promise.resolve(this.#database.transaction(() => removal.removeMessages(before, cursor, limit)));
  }

  /** One step of removing idle conversations, see {@link Removal.removeIdle}. */
  removeIdle(before: number, cursor: number, limit: number): Promise<RemovalStep> {
    const removal = new Removal(this.#database);
    return Promise.resolve(this.#database.transaction(() => removal.removeIdle(before, cursor, limit)));
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function textOf(value: string | null): string | null {
  return value === null ? null : fromText(value);
}
