import { DatabaseSync } from "node:sqlite";

/** Puts delivered messages of one age into a database, round robin over so many conversations that no visitor came back to. */
export function addMessages(path: string, count: number, conversations: number, at: number): void {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF; BEGIN IMMEDIATE");
    database.prepare(`
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      INSERT INTO connections (uid, created_at, last_seen_at)
      SELECT printf('%08x-0000-4000-8000-000000000000', i), ?, ? FROM n`).run(conversations, at, at);
    const values = `
      WITH RECURSIVE n (i, c) AS (SELECT 0, CAST(?2 AS INTEGER) UNION ALL SELECT i + 1, c FROM n WHERE i < ?1 - 1)`;
    database.prepare(`${values}
      INSERT INTO messages (connection_id, seq, rev, side, cid, content, created_at)
      SELECT i % c + 1, i / c + 1, i / c + 1, 1, printf('c%d', i), printf('%0100d', i), ?3 FROM n`)
      .run(count, conversations, at);
    database.prepare(`${values}
      INSERT INTO remote_messages (connection_id, side, seq, part, remote_id)
      SELECT i % c + 1, 2, i / c + 1, 0, printf('1%018d', i) FROM n ORDER BY 1, 3`)
      .run(count, conversations);
    database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

/** Gives the newest messages, so many of them, another age. */
export function makeNewer(path: string, count: number, at: number): void {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 5000");
    database.prepare("UPDATE messages SET created_at = ? WHERE id > (SELECT max(id) FROM messages) - ?").run(
      at,
      count,
    );
  } finally {
    database.close();
  }
}
