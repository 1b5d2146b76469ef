import {
  type Appended,
  appendedMessage,
  type AppendRequest,
  type CatchUp,
  type Changed,
  changedMessage,
  type ChangeRequest,
  ChatBoxError,
  type Message,
  type Page,
  type Side,
  type Uuid,
} from "../core/mod.ts";
import type { Database, Statement } from "./database.ts";
import type { Head, Heads } from "./heads.ts";
import { toText } from "./text.ts";
import { decodeMessage, encodeExtra, MESSAGE_COLUMNS, type MessageRow } from "./message_rows.ts";

/** How far back {@link MessageTable.lastActiveAt} looks, in messages. */
const ACTIVITY_WINDOW = 5_000;

/** The statements of the `messages` table. */
export class MessageTable {
  readonly #heads: Heads;
  readonly #insert: Statement;
  readonly #useFiles: Statement;
  readonly #update: Statement;
  readonly #one: Statement<MessageRow>;
  readonly #before: Statement<MessageRow>;
  readonly #newSince: Statement<MessageRow>;
  readonly #changedSince: Statement<MessageRow>;
  readonly #lastActive: Statement<{ at: number | null }>;

  constructor(database: Database, heads: Heads) {
    this.#heads = heads;
    this.#insert = database.prepare(`
      INSERT INTO messages (connection_id, seq, rev, side, cid, content, extra, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#useFiles = database.prepare(
      "UPDATE files SET used = 1 WHERE uid = ? AND id IN (SELECT value ->> 'id' FROM json_each(?))",
    );
    this.#update = database.prepare(`
      UPDATE messages SET changed_rev = ?, content = ?, extra = ?, edited_at = ?, deleted_at = ?, failed = ?
      WHERE connection_id = ? AND seq = ?`);
    this.#one = database.prepare(
      `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE connection_id = ? AND seq = ?`,
    );
    this.#before = database.prepare(`
      SELECT ${MESSAGE_COLUMNS} FROM messages WHERE connection_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`);
    this.#newSince = database.prepare(`
      SELECT ${MESSAGE_COLUMNS} FROM messages WHERE connection_id = ? AND seq > ? AND rev > ? ORDER BY seq LIMIT ?`);
    this.#changedSince = database.prepare(`
      SELECT ${MESSAGE_COLUMNS} FROM messages WHERE connection_id = ? AND changed_rev > ? AND rev <= ? LIMIT ?`);
    this.#lastActive = database.prepare(`
      SELECT max(created_at) AS at FROM (SELECT side, created_at FROM messages ORDER BY id DESC LIMIT ${ACTIVITY_WINDOW})
      WHERE side = ?`);
  }

  /**
   * Stores a message, or finds the one that has its `cid`. In the same transaction its files are no longer waiting, so that no crash can
   * part the two. The head moves only when the row is in.
   */
  append(uid: Uuid, head: Head, request: AppendRequest): Appended {
    const { side, draft } = request;
    const known = draft.cid === undefined
      ? undefined
      : this.#heads.cids(head)[side].find(draft.cid, head.seq);
    if (known !== undefined) {
      const row = this.#row(uid, head, known);
      return { message: decodeMessage(uid, row), createdRev: row.rev, duplicate: true };
    }
    const seq = head.seq + 1;
    const createdRev = head.rev + 1;
    this.#insert.execute(
      head.id,
      seq,
      createdRev,
      side,
      draft.cid === undefined ? null : toText(draft.cid),
      toText(draft.content),
      encodeExtra(draft),
      request.at,
    );
    if (draft.files !== undefined) this.#useFiles.run(uid, JSON.stringify(draft.files));
    const message = appendedMessage(uid, seq, createdRev, request);
    this.#heads.appended(head, message, request.targets);
    return { message, createdRev, duplicate: false };
  }

  /** Changes a message. @throws {ChatBoxError} `not_found` */
  change(uid: Uuid, head: Head, request: ChangeRequest): Changed {
    const row = this.#row(uid, head, request.seq);
    const before = decodeMessage(uid, row);
    const rev = head.rev + 1;
    const message = changedMessage(before, request, rev);
    if (message === undefined) return { message: before, changed: false };
    this.#update.run(
      rev,
      toText(message.content),
      encodeExtra(message),
      message.editedAt ?? null,
      message.deletedAt ?? null,
      message.failed === undefined ? null : toText(message.failed),
      head.id,
      request.seq,
    );
    this.#heads.changed(head, rev, request.targets);
    return { message, changed: true };
  }

  find(uid: Uuid, head: Head, seq: number): Message | undefined {
    const row = this.#one.get(head.id, seq);
    return row && decodeMessage(uid, row);
  }

  before(uid: Uuid, head: Head, seq: number, limit: number): Page & { readonly rev: number } {
    const before = Math.min(seq, head.seq + 1);
    const rows = this.#before.all(head.id, before, limit + 1);
    const messages = rows.slice(0, limit).map((row) => decodeMessage(uid, row)).reverse();
    return { messages, more: rows.length > limit, rev: head.rev };
  }

  after(uid: Uuid, head: Head, rev: number, limit: number): CatchUp {
    // A message's first rev is its seq plus the changes made before it, and there were only so many changes in all.
    const oldestSeq = rev - (head.rev - head.seq);
    const rows = [
      ...this.#newSince.all(head.id, oldestSeq, rev, limit + 1),
      ...this.#changedSince.all(head.id, rev, rev, limit + 1),
    ];
    const overflow = rows.length > limit;
    const messages = overflow ? [] : rows.sort((a, b) => a.seq - b.seq).map((row) => decodeMessage(uid, row));
    return { rev: head.rev, messages, overflow };
  }

  lastActiveAt(side: Side): number | undefined {
    return this.#lastActive.get(side)?.at ?? undefined;
  }

  #row(uid: Uuid, head: Head, seq: number): MessageRow {
    const row = this.#one.get(head.id, seq);
    if (row === undefined) {
      throw new ChatBoxError("not_found", `Cannot find message ${seq}: there is none in ${uid}`);
    }
    return row;
  }
}
