import type { Uuid } from "../../core/mod.ts";
import type { Database, Statement } from "../database.ts";
import { IS_DUE } from "./waiting.ts";

/** How many rows beyond a step without an old one are looked at, so that small steps end no sooner than large ones. */
const LOOK_AHEAD = 1_000;

/** How far a removal in steps has come. */
export interface RemovalStep {
  /** How many rows this step removed. */
  readonly removed: number;
  /** The conversations that lost something. */
  readonly uids: readonly Uuid[];
  /** Where the next step begins. */
  readonly cursor: number;
  /** Nothing is left to look at. */
  readonly done: boolean;
}

interface MessageCandidate {
  readonly id: number;
  readonly connection_id: number;
  readonly uid: Uuid;
  readonly seq: number;
  readonly top_rev: number;
  readonly created_at: number;
  readonly waiting: number;
}

interface ConnectionCandidate {
  readonly id: number;
  readonly uid: Uuid;
  readonly idle: number;
}

/**
 * Removes what is too old. Each method is one small step that the caller puts into a transaction of its own, so
 * that a server goes on writing between two of them.
 */
export class Removal {
  readonly #oldest: Statement<MessageCandidate>;
  readonly #idle: Statement<ConnectionCandidate>;
  readonly #deleteMessage: Statement;
  readonly #dropFiles: Statement;
  readonly #deleteRemote: Statement;
  readonly #raiseFloors: Statement;
  readonly #deleteConnection: Statement;
  readonly #anyOlder: Statement;

  constructor(database: Database) {
    // What still waits for a side, the message or its last change, is kept, however old: it leaves once it was delivered or has failed.
    this.#oldest = database.prepare(`
      SELECT m.id, m.connection_id, c.uid, m.seq, max(m.rev, coalesce(m.changed_rev, 0)) AS top_rev, m.created_at,
        EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = m.connection_id AND ${IS_DUE}) AS waiting
      FROM messages m JOIN connections c ON c.id = m.connection_id
      WHERE m.id > ? ORDER BY m.id LIMIT ?`);
    // Where no message is left nothing waits.
    this.#idle = database.prepare(`
      SELECT id, uid, last_seen_at < ?
        AND NOT EXISTS (SELECT 1 FROM messages WHERE connection_id = c.id) AS idle
      FROM connections c WHERE id > ? ORDER BY id LIMIT ?`);
    this.#deleteMessage = database.prepare("DELETE FROM messages WHERE id = ?");
    // The sweeper takes the bytes away; a conversation's deletion marks its files by a trigger.
    this.#dropFiles = database.prepare(`
      UPDATE files SET removed = 1 WHERE id IN (
        SELECT value ->> 'id' FROM messages m, json_each(m.extra, '$.files') WHERE m.id = ?)`);
    this.#deleteRemote = database.prepare("DELETE FROM remote_messages WHERE connection_id = ? AND seq = ?");
    this.#raiseFloors = database.prepare(
      "UPDATE connections SET seq_floor = max(seq_floor, ?), rev_floor = max(rev_floor, ?) WHERE id = ?",
    );
    this.#deleteConnection = database.prepare("DELETE FROM connections WHERE id = ?");
    this.#anyOlder = database.prepare("SELECT 1 FROM messages WHERE id > ? AND id <= ? AND created_at < ?");
  }

  /**
   * Removes messages that were stored before a moment, oldest first.
   *
   * @param before Unix milliseconds
   * @param cursor 0, or what the last step gave
   * @param limit the most rows to look at
   */
  removeMessages(before: number, cursor: number, limit: number): RemovalStep {
    const candidates = this.#oldest.all(cursor, limit);
    const old = candidates.filter(({ created_at, waiting }) => created_at < before && waiting === 0);
    for (const { id, connection_id, seq, top_rev } of old) {
      this.#dropFiles.run(id);
      this.#deleteRemote.run(connection_id, seq);
      this.#deleteMessage.run(id);
      // Numbers are never given twice, also when the newest message is the one that goes.
      this.#raiseFloors.run(seq, top_rev, connection_id);
    }
    return {
      removed: old.length,
      uids: [...new Set(old.map(({ uid }) => uid))],
      cursor: candidates.at(-1)?.id ?? cursor,
      done: candidates.length < limit || this.#isEnd(candidates, before),
    };
  }

  /**
   * Removes conversations without messages whose visitors were not there since a moment.
   *
   * @param before Unix milliseconds
   * @param cursor 0, or what the last step gave
   * @param limit the most rows to look at
   */
  removeIdle(before: number, cursor: number, limit: number): RemovalStep {
    const candidates = this.#idle.all(before, cursor, limit);
    const idle = candidates.filter((candidate) => candidate.idle === 1);
    for (const { id } of idle) this.#deleteConnection.run(id);
    return {
      removed: idle.length,
      uids: idle.map(({ uid }) => uid),
      cursor: candidates.at(-1)?.id ?? cursor,
      done: candidates.length < limit,
    };
  }

  /** Rows lie in the order of their arrival, up to what clocks differ: many new ones in a row are the end, a few are not. */
  #isEnd(candidates: readonly MessageCandidate[], before: number): boolean {
    if (candidates.some(({ created_at }) => created_at < before)) return false;
    const last = candidates.at(-1)?.id ?? 0;
    return this.#anyOlder.get(last, last + LOOK_AHEAD, before) === undefined;
  }
}
