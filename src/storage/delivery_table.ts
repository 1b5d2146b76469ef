import type {
  Deliverable,
  DeliveryProgress,
  JsonValue,
  Message,
  Side,
  Uuid,
  Watermarks,
} from "../core/mod.ts";
import type { Database, Statement } from "./database.ts";
import type { Head, Heads, SideState } from "./heads.ts";
import { fromText, toText } from "./text.ts";
import { decodeMessage, MESSAGE_COLUMNS, type MessageRow } from "./message_rows.ts";
import { WAITS } from "./upkeep/waiting.ts";

/** The statements of the `deliveries` and `remote_messages` tables: how far each side has come. */
export class DeliveryTable {
  readonly #heads: Heads;
  readonly #insert: Statement;
  readonly #mark: Statement;
  readonly #unmarkAll: Statement;
  readonly #pass: Statement;
  readonly #confirm: Statement;
  readonly #note: Statement<{ note: string | null }>;
  readonly #cursor: Statement<{ cursor: string | null }>;
  readonly #setNote: Statement;
  readonly #setRead: Statement;
  readonly #setCursor: Statement;
  readonly #pending: Statement<{ id: number; uid: Uuid }>;
  readonly #idOf: Statement<{ id: number }>;
  readonly #changes: Statement<MessageRow>;
  readonly #fresh: Statement<MessageRow>;
  readonly #deleteRemote: Statement;
  readonly #insertRemote: Statement;
  readonly #remoteIds: Statement<{ remote_id: string }>;
  readonly #findRemote: Statement<{ seq: number }>;

  constructor(database: Database, heads: Heads) {
    this.#heads = heads;
    const update = (set: string): Statement =>
      database.prepare(`UPDATE deliveries SET ${set} WHERE connection_id = ? AND side = ?`);
    const read = <R extends object>(column: string): Statement<R> =>
      database.prepare<R>(`SELECT ${column} FROM deliveries WHERE connection_id = ? AND side = ?`);
    this.#insert = database.prepare("INSERT OR IGNORE INTO deliveries (connection_id, side) VALUES (?, ?)");
    this.#mark = update("pending = ?");
    this.#unmarkAll = database.prepare(
      `UPDATE deliveries AS d SET pending = 0 WHERE d.pending = 1 AND NOT ${WAITS}`,
    );
    this.#pass = update("pending = 1, seq = ?, rev = ?");
    this.#confirm = update("seq = ?, rev = ?, note = NULL");
    this.#setNote = update("note = ?");
    this.#setRead = update("read_seq = ?");
    this.#setCursor = update("cursor = ?");
    this.#note = read("note");
    this.#cursor = read("cursor");
    this.#pending = database.prepare(`
      SELECT c.id, c.uid FROM deliveries d JOIN connections c ON c.id = d.connection_id
      WHERE d.side = ? AND d.pending = 1 AND d.connection_id > ? AND iif(d.side = 1, c.s1_active, c.s2_active) = 1
      ORDER BY d.connection_id LIMIT ?`);
    this.#idOf = database.prepare("SELECT id FROM connections WHERE uid = ?");
    this.#changes = database.prepare(`
      SELECT ${MESSAGE_COLUMNS} FROM messages
      WHERE connection_id = ? AND changed_rev > ? AND seq <= ? AND side <> ? AND failed IS NULL
      ORDER BY changed_rev LIMIT ?`);
    this.#fresh = database.prepare(`
      SELECT ${MESSAGE_COLUMNS} FROM messages
      WHERE connection_id = ? AND seq > ? AND side <> ? AND deleted_at IS NULL AND failed IS NULL
      ORDER BY seq LIMIT ?`);
    this.#deleteRemote = database.prepare(
      "DELETE FROM remote_messages WHERE connection_id = ? AND side = ? AND seq = ?",
    );
    this.#insertRemote = database.prepare(
      "INSERT INTO remote_messages (connection_id, side, seq, part, remote_id) VALUES (?, ?, ?, ?, ?)",
    );
    this.#remoteIds = database.prepare(
      "SELECT remote_id FROM remote_messages WHERE connection_id = ? AND side = ? AND seq = ? ORDER BY part",
    );
    this.#findRemote = database.prepare(
      "SELECT min(seq) AS seq FROM remote_messages WHERE connection_id = ? AND side = ? AND remote_id = ? HAVING seq IS NOT NULL",
    );
  }

  /**
   * Marks that something waits, in the transaction that stores it. What lies before it and is not for the side, its own messages without
   * an echo, is passed for good: whoever asks for an echo later begins here.
   */
  markPending(head: Head, targets: readonly Side[]): void {
    for (const side of targets) {
      const state = this.#row(head, side);
      const passes = !state.pending && (state.clearSeq > state.seq || state.clearRev > state.rev);
      state.pending = true;
      state.dueSeq = head.seq;
      state.dueRev = head.rev;
      if (passes) {
        state.seq = Math.max(state.seq, state.clearSeq);
        state.rev = Math.max(state.rev, state.clearRev);
        this.#pass.execute(state.seq, state.rev, head.id, side);
      } else if (!state.marked) this.#mark.execute(1, head.id, side);
      state.marked = true;
    }
  }

  /**
   * Takes a mark away that would stand before what is not for its side, its own messages without an echo: on the disk it would look as if
   * they waited. Where nothing lies behind a mark it may stay, for a while: a busy conversation is spared two writes a message by that.
   */
  settle(head: Head): void {
    let isLeftOver = false;
    for (const side of [1, 2] as const) {
      const state = head.sides[side];
      if (!state.marked || state.pending) continue;
      if (state.seq < head.seq || state.rev < head.rev) this.#unmark(head, side);
      else isLeftOver = true;
    }
    const oldest = isLeftOver ? this.#heads.leftOver(head) : undefined;
    if (oldest === undefined) return;
    for (const side of [1, 2] as const) {
      const state = oldest.sides[side];
      if (state.marked && !state.pending) this.#unmark(oldest, side);
    }
  }

  #unmark(head: Head, side: Side): void {
    this.#mark.execute(0, head.id, side);
    head.sides[side].marked = false;
  }

  /** Takes the marks of those away for whom nothing waits, those included that a crash has left and nobody has come by since. */
  unmarkAll(): void {
    this.#unmarkAll.run();
  }

  deliverable(uid: Uuid, head: Head, side: Side, limit: number, own: boolean): Deliverable {
    const state = head.sides[side];
    const note = state.hasNote ? this.#readNote(head, side) : undefined;
    const fresh = this.#atHand(head, state, side, own);
    if (fresh !== undefined) {
      const more = fresh.length > limit;
      const messages = more ? fresh.slice(0, limit) : fresh;
      const seq = more ? messages.at(-1)?.seq ?? state.seq : head.seq;
      return { rev: head.rev, seq, changes: [], messages, more, note };
    }
    return this.#readDeliverable(uid, head, side, limit, own, note);
  }

  /** What waits, when all of it is in memory: the usual case for a side that keeps up. */
  #atHand(head: Head, state: SideState, side: Side, own: boolean): Message[] | undefined {
    if (!state.pending) return [];
    const first = head.tail?.[0]?.seq;
    if (head.tail === undefined || first === undefined) return undefined;
    const after = Math.max(state.seq, state.clearSeq);
    if (after + 1 < first || head.changedRev > Math.max(state.rev, state.clearRev)) return undefined;
    return head.tail.filter((message) => message.seq > after && (own || message.side !== side));
  }

  #readDeliverable(
    uid: Uuid,
    head: Head,
    side: Side,
    limit: number,
    own: boolean,
    note: JsonValue | undefined,
  ): Deliverable {
    const state = head.sides[side];
    // No message has side 0, so this leaves nobody's out.
    const except = own ? 0 : side;
    const changed = this.#changes.all(head.id, state.rev, state.seq, except, limit + 1)
      .map((row) => decodeMessage(uid, row));
    const changes = changed.slice(0, limit);
    const last = changes.at(-1);
    if (changed.length > limit && last !== undefined) {
      return { rev: last.rev, seq: state.seq, changes, messages: [], more: true, note };
    }
    const room = limit - changes.length;
    const rows = this.#fresh.all(head.id, state.seq, except, room + 1);
    const messages = rows.slice(0, room).map((row) => decodeMessage(uid, row));
    const more = rows.length > room;
    const seq = more ? messages.at(-1)?.seq ?? state.seq : head.seq;
    return { rev: head.rev, seq, changes, messages, more, note };
  }

  confirm(head: Head, side: Side, progress: DeliveryProgress): void {
    for (const remote of progress.remoteIds ?? []) this.setRemoteIds(head, side, remote.seq, remote.ids);
    const state = this.#row(head, side);
    // What has not been written cannot have arrived.
    const seq = Math.max(state.seq, Math.min(progress.seq ?? 0, head.seq));
    const rev = Math.max(state.rev, Math.min(progress.rev ?? 0, head.rev));
    if (seq > state.seq || rev > state.rev || state.hasNote) this.#confirm.execute(seq, rev, head.id, side);
    state.seq = seq;
    state.rev = rev;
    state.hasNote = false;
    state.pending &&= rev < state.dueRev || seq < state.dueSeq;
    this.#heads.confirmed(head);
    this.settle(head);
  }

  setNote(head: Head, side: Side, note: JsonValue): void {
    const state = this.#row(head, side);
    this.#setNote.run(JSON.stringify(note), head.id, side);
    state.hasNote = true;
  }

  #readNote(head: Head, side: Side): JsonValue | undefined {
    const note = this.#note.get(head.id, side)?.note ?? null;
    return note === null ? undefined : JSON.parse(note);
  }

  /** The next connections for which something waits. A mark may be left over: the head knows. */
  pending(side: Side, after: Uuid | undefined, limit: number): readonly Uuid[] {
    const found: Uuid[] = [];
    let afterId = after === undefined ? 0 : this.#idOf.get(after)?.id ?? 0;
    for (;;) {
      const rows = this.#pending.all(side, afterId, limit);
      for (const { id, uid } of rows) {
        afterId = id;
        if (this.#heads.get(uid).sides[side].pending) found.push(uid);
        if (found.length === limit) return found;
      }
      if (rows.length < limit) return found;
    }
  }

  watermarks(head: Head, side: Side): Watermarks {
    const { seq, read } = head.sides[side];
    return { delivered: seq, read };
  }

  setRead(head: Head, side: Side, seq: number): boolean {
    const state = this.#row(head, side);
    // What has not been written cannot have been read.
    const read = Math.min(seq, head.seq);
    if (!(read > state.read)) return false;
    this.#setRead.run(read, head.id, side);
    state.read = read;
    return true;
  }

  cursor(head: Head, side: Side): string | undefined {
    return textOf(this.#cursor.get(head.id, side)?.cursor ?? null);
  }

  setCursor(head: Head, side: Side, cursor: string): void {
    this.#row(head, side);
    this.#setCursor.run(toText(cursor), head.id, side);
  }

  setRemoteIds(head: Head, side: Side, seq: number, ids: readonly string[]): void {
    this.#deleteRemote.run(head.id, side, seq);
    for (const [part, id] of ids.entries()) this.#insertRemote.run(head.id, side, seq, part, toText(id));
  }

  remoteIds(head: Head, side: Side, seq: number): readonly string[] {
    return this.#remoteIds.all(head.id, side, seq).map((row) => fromText(row.remote_id));
  }

  findRemote(head: Head, side: Side, remoteId: string): number | undefined {
    return this.#findRemote.get(head.id, side, toText(remoteId))?.seq;
  }

  /** The state of a side that has a row to update. */
  #row(head: Head, side: Side): SideState {
    const state = head.sides[side];
    if (!state.stored) this.#insert.execute(head.id, side);
    state.stored = true;
    return state;
  }
}

function textOf(text: string | null): string | undefined {
  return text === null ? undefined : fromText(text);
}
