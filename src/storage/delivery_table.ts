import type { Deliverable, DeliveryProgress, JsonValue, Side, Uuid, Watermarks } from "../core/mod.ts";
import type { Database, Statement } from "./database.ts";
import type { Head } from "./heads.ts";
import { fromText, toText } from "./text.ts";
import { decodeMessage, MESSAGE_COLUMNS, type MessageRow } from "./message_rows.ts";

interface DeliveryRow {
  readonly seq: number;
  readonly rev: number;
  readonly read_seq: number;
  readonly note: string | null;
  readonly cursor: string | null;
}

const NONE: DeliveryRow = { seq: 0, rev: 0, read_seq: 0, note: null, cursor: null };

/** The statements of the `deliveries` and `remote_messages` tables: how far each side has come. */
export class DeliveryTable {
  readonly #find: Statement<DeliveryRow>;
  readonly #setPending: Statement;
  readonly #confirm: Statement;
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

  constructor(database: Database) {
    const upsert = (columns: string, values: string, update: string): Statement =>
      database.prepare(`INSERT INTO deliveries (connection_id, side, ${columns}) VALUES (?, ?, ${values})
        ON CONFLICT (connection_id, side) DO UPDATE SET ${update}`);
    this.#find = database.prepare(
      "SELECT seq, rev, read_seq, note, cursor FROM deliveries WHERE connection_id = ? AND side = ?",
    );
    this.#setPending = upsert("pending", "?", "pending = excluded.pending");
    this.#confirm = upsert(
      "seq, rev, pending",
      "?, ?, ?",
      "seq = max(seq, excluded.seq), rev = max(rev, excluded.rev), pending = excluded.pending, note = NULL",
    );
    this.#setNote = upsert("note", "?", "note = excluded.note");
    this.#setRead = upsert("read_seq", "?", "read_seq = excluded.read_seq");
    this.#setCursor = upsert("cursor", "?", "cursor = excluded.cursor");
    this.#pending = database.prepare(`
      SELECT c.id, c.uid FROM deliveries d JOIN connections c ON c.id = d.connection_id
      WHERE d.side = ? AND d.pending = 1 AND d.connection_id > ? ORDER BY d.connection_id LIMIT ?`);
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

  /** Marks that something waits; costs nothing while it is marked already. */
  markPending(head: Head, targets: readonly Side[]): void {
    for (const side of targets) {
      if (head.pending[side]) continue;
      this.#setPending.run(head.id, side, 1);
      head.pending[side] = true;
    }
  }

  deliverable(uid: Uuid, head: Head, side: Side, limit: number, own: boolean): Deliverable {
    const state = this.#state(head, side);
    const note: JsonValue | undefined = state.note === null ? undefined : JSON.parse(state.note);
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
    const state = this.#state(head, side);
    const seq = Math.max(state.seq, progress.seq ?? 0);
    const rev = Math.max(state.rev, progress.rev ?? 0);
    const pending = head.pending[side] && (rev < head.rev || seq < head.seq);
    for (const remote of progress.remoteIds ?? []) this.setRemoteIds(head, side, remote.seq, remote.ids);
    this.#confirm.run(head.id, side, seq, rev, pending ? 1 : 0);
    head.pending[side] = pending;
  }

  setNote(head: Head, side: Side, note: JsonValue): void {
    this.#setNote.run(head.id, side, JSON.stringify(note));
  }

  pending(side: Side, after: Uuid | undefined, limit: number): readonly Uuid[] {
    const afterId = after === undefined ? 0 : this.#idOf.get(after)?.id ?? 0;
    return this.#pending.all(side, afterId, limit).map(({ uid }) => uid);
  }

  watermarks(head: Head, side: Side): Watermarks {
    const { seq, read_seq } = this.#state(head, side);
    return { delivered: seq, read: read_seq };
  }

  setRead(head: Head, side: Side, seq: number): boolean {
    if (seq <= this.#state(head, side).read_seq) return false;
    this.#setRead.run(head.id, side, seq);
    return true;
  }

  cursor(head: Head, side: Side): string | undefined {
    return textOf(this.#state(head, side).cursor);
  }

  setCursor(head: Head, side: Side, cursor: string): void {
    this.#setCursor.run(head.id, side, toText(cursor));
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

  #state(head: Head, side: Side): DeliveryRow {
    return this.#find.get(head.id, side) ?? NONE;
  }
}

function textOf(text: string | null): string | undefined {
  return text === null ? undefined : fromText(text);
}
