import { DatabaseSync } from "node:sqlite";

/**
 * The yardstick: rows like the library's into a table like the library's, as fast as SQLite takes them in transactions
 * of the same size, with the same durability and nothing else around.
 */
export class PlainInserts implements Disposable {
  readonly #database: DatabaseSync;
  readonly #insert: ReturnType<DatabaseSync["prepare"]>;
  readonly #conversations: number;
  #next = 0;

  /** @param conversations over how many the rows go round robin */
  constructor(path: string, conversations: number) {
    this.#conversations = conversations;
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
      CREATE TABLE messages (
        id INTEGER PRIMARY KEY, connection_id INTEGER NOT NULL, seq INTEGER NOT NULL, rev INTEGER NOT NULL,
        changed_rev INTEGER, side INTEGER NOT NULL, cid TEXT, content TEXT NOT NULL, extra TEXT,
        created_at INTEGER NOT NULL, edited_at INTEGER, deleted_at INTEGER, failed TEXT
      ) STRICT;
      CREATE UNIQUE INDEX messages_by_seq ON messages (connection_id, seq);`);
    this.#insert = this.#database.prepare(`
      INSERT INTO messages (connection_id, seq, rev, side, cid, content, extra, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  }

  /** Stores that many rows in transactions of `batch`; gives rows a second. */
  run(rows: number, batch: number, content: string): number {
    const started = performance.now();
    for (let done = 0; done < rows; done += batch) {
      this.#database.exec("BEGIN IMMEDIATE");
      for (let i = 0; i < batch; i++, this.#next++) {
        const seq = Math.floor(this.#next / this.#conversations) + 1;
        const connection = this.#next % this.#conversations + 1;
        this.#insert.run(connection, seq, seq, 1, null, content, null, 1_700_000_000_000);
      }
      this.#database.exec("COMMIT");
    }
    return rows / (performance.now() - started) * 1_000;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
