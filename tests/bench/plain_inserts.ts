import { DatabaseSync } from "node:sqlite";
import { logPages } from "../../src/storage/log_limit.ts";

/**
 * The yardstick: rows like the library's into tables like the library's, as fast as SQLite takes them in transactions of the same size,
 * with the same durability, the library's own settings of SQLite and nothing else around.
 */
export class PlainInserts implements Disposable {
  readonly #database: DatabaseSync;
  readonly #insert: ReturnType<DatabaseSync["prepare"]>;
  readonly #confirm: ReturnType<DatabaseSync["prepare"]>;
  readonly #conversations: number;
  readonly #confirms: boolean;
  #next = 0;

  /**
   * @param conversations over how many the rows go round robin
   * @param confirms whether each transaction also notes that the rows of the one before have arrived
   */
  constructor(path: string, conversations: number, confirms: boolean) {
    this.#conversations = conversations;
    this.#confirms = confirms;
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = ${logPages(path)};
      CREATE TABLE messages (
        id INTEGER PRIMARY KEY, connection_id INTEGER NOT NULL, seq INTEGER NOT NULL, rev INTEGER NOT NULL,
        changed_rev INTEGER, side INTEGER NOT NULL, cid TEXT, content TEXT NOT NULL, extra TEXT,
        created_at INTEGER NOT NULL, edited_at INTEGER, deleted_at INTEGER, failed TEXT
      ) STRICT;
      CREATE UNIQUE INDEX messages_by_seq ON messages (connection_id, seq);
      CREATE TABLE deliveries (
        connection_id INTEGER NOT NULL, side INTEGER NOT NULL, seq INTEGER NOT NULL, rev INTEGER NOT NULL,
        PRIMARY KEY (connection_id, side)
      ) STRICT, WITHOUT ROWID;`);
    this.#insert = this.#database.prepare(`
      INSERT INTO messages (connection_id, seq, rev, side, cid, content, extra, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#confirm = this.#database.prepare(
      "UPDATE deliveries SET seq = ?, rev = ? WHERE connection_id = ? AND side = 2",
    );
    const connect = this.#database.prepare("INSERT INTO deliveries VALUES (?, 2, 0, 0)");
    for (let connection = 1; connection <= conversations; connection++) connect.run(connection);
  }

  /** Stores that many rows in transactions of `batch`; gives rows a second. */
  run(rows: number, batch: number, content: string): number {
    const started = performance.now();
    for (let done = 0; done < rows; done += batch) {
      this.#database.exec("BEGIN IMMEDIATE");
      for (let i = 0; i < batch; i++, this.#next++) {
        const seq = Math.floor(this.#next / this.#conversations) + 1;
        const connection = this.#next % this.#conversations + 1;
        // As the library does: `run` would make an object of how many rows changed.
        this.#insert.get(connection, seq, seq, 1, null, content, null, 1_700_000_000_000);
        if (this.#confirms) this.#confirm.get(seq - 1, seq - 1, connection);
      }
      this.#database.exec("COMMIT");
    }
    return rows / (performance.now() - started) * 1_000;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
