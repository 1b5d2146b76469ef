import { ChatBoxError, type Uuid } from "../core/mod.ts";
import type { Database, Statement } from "./database.ts";
import type { GroupCommit } from "./group_commit.ts";

/**
 * A stored session.
 *
 * @example Whose session it is
 * ```ts
 * import { openStorage, randomUuid, type SessionRecord } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using storage = openStorage(`${folder}/chat.db`);
 *   const [uid, hash] = [randomUuid(), new Uint8Array(32)];
 *   await storage.store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5 });
 *   await storage.sessions.save(hash, uid, 5);
 *   const record: SessionRecord | undefined = await storage.sessions.find(hash);
 *   equal(record?.uid, uid);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export interface SessionRecord {
  /** The SHA-256 of its secret. */
  readonly secretHash: Uint8Array;
  /** The conversation that it opens. */
  readonly uid: Uuid;
}

/** Which conversation a session's secret opens. Only hashes of secrets are kept. */
export class SessionTable {
  readonly #commits: GroupCommit;
  readonly #find: Statement<{ secret_hash: Uint8Array; uid: Uuid }>;
  readonly #insert: Statement;

  constructor(database: Database, commits: GroupCommit) {
    this.#commits = commits;
    this.#find = database.prepare(`
      SELECT s.secret_hash, c.uid FROM sessions s JOIN connections c ON c.id = s.connection_id WHERE s.secret_hash = ?`);
    this.#insert = database.prepare(`
      INSERT INTO sessions (secret_hash, connection_id, created_at, last_used_at)
      SELECT ?, id, ?, ? FROM connections WHERE uid = ?
      ON CONFLICT (secret_hash) DO UPDATE SET last_used_at = excluded.last_used_at`);
  }

  /** Finds a session by the SHA-256 of its secret. */
  find(secretHash: Uint8Array): Promise<SessionRecord | undefined> {
    return new Promise((resolve) => {
      const row = this.#find.get(secretHash);
      resolve(row && { secretHash: row.secret_hash, uid: row.uid });
    });
  }

  /** Stores a session, or that it was used again. @throws {ChatBoxError} `not_found` for an unknown connection */
  save(secretHash: Uint8Array, uid: Uuid, at: number): Promise<void> {
    return this.#commits.write(() => {
      if (this.#insert.run(secretHash, at, at, uid) === 0) {
        throw new ChatBoxError("not_found", `Cannot store a session: there is no connection ${uid}`);
      }
    });
  }
}
