import { appendedMessage, changedMessage, CID_WINDOW } from "./change.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import { ChatBoxError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Message, Side } from "./message.ts";
import type {
  Appended,
  AppendRequest,
  CatchUp,
  Changed,
  ChangeRequest,
  ConnectionDraft,
  ConnectionRecord,
  Deliverable,
  Page,
} from "./ports.ts";

interface Stored {
  readonly createdRev: number;
  message: Message;
}

/** What is known about one side of a connection in memory. */
export class MemorySide {
  delivered = 0;
  deliveredRev = 0;
  read = 0;
  /** Something waits until the marks have come to `dueSeq` and `dueRev`. */
  pending = false;
  dueSeq = 0;
  dueRev = 0;
  note: JsonValue | undefined;
  cursor: string | undefined;
  /** By `seq`; several messages may share an id. */
  readonly remoteIds = new Map<number, readonly string[]>();

  /** The first message that has this id. */
  seqOf(remoteId: string): number | undefined {
    return [...this.remoteIds].filter(([, ids]) => ids.includes(remoteId)).map(([seq]) => seq).sort((a, b) =>
      a - b
    )[0];
  }
}

/** One connection of the {@link MemoryStore} with all that belongs to it. */
export class MemoryConnection {
  record: ConnectionRecord;
  properties: JsonObject;
  readonly sides: Readonly<Record<Side, MemorySide>> = { 1: new MemorySide(), 2: new MemorySide() };
  rev = 0;
  readonly #messages: Stored[] = [];
  readonly #cids: Readonly<Record<Side, Map<string, number>>> = { 1: new Map(), 2: new Map() };

  constructor(draft: ConnectionDraft) {
    const { uid, ids, at, properties = {} } = draft;
    this.record = { uid, ids, active: { 1: true, 2: true }, createdAt: at, lastSeenAt: at };
    this.properties = properties;
  }

  /** The `seq` of the newest message. */
  get lastSeq(): number {
    return this.#messages.length;
  }

  append(request: AppendRequest): Appended {
    const { draft, side, targets } = request;
    const known = draft.cid === undefined ? undefined : this.#cids[side].get(draft.cid);
    if (known !== undefined && known > this.lastSeq - CID_WINDOW) {
      const { message, createdRev } = this.#stored(known);
      return { message, createdRev, duplicate: true };
    }
    const seq = this.lastSeq + 1;
    const createdRev = ++this.rev;
    const message = appendedMessage(this.record.uid, seq, createdRev, request);
    this.#messages.push({ createdRev, message });
    if (draft.cid !== undefined) this.#cids[side].set(draft.cid, seq);
    if (draft.remoteIds !== undefined) this.sides[side].remoteIds.set(seq, draft.remoteIds);
    if (draft.cursor !== undefined) this.sides[side].cursor = draft.cursor;
    this.#markPending(targets, seq - 1, createdRev - 1);
    return { message, createdRev, duplicate: false };
  }

  change(request: ChangeRequest): Changed {
    const stored = this.#stored(request.seq);
    const message = changedMessage(stored.message, request, this.rev + 1);
    if (message === undefined) return { message: stored.message, changed: false };
    this.rev++;
    stored.message = message;
    this.#markPending(request.targets, this.lastSeq, this.rev - 1);
    return { message, changed: true };
  }

  /** Something waits from here on; what lies before it and was not for the side is passed for good. */
  #markPending(targets: readonly Side[], seq: number, rev: number): void {
    for (const target of targets) {
      const state = this.sides[target];
      if (!state.pending) {
        state.delivered = Math.max(state.delivered, seq);
        state.deliveredRev = Math.max(state.deliveredRev, rev);
      }
      state.pending = true;
      state.dueSeq = this.lastSeq;
      state.dueRev = this.rev;
    }
  }

  message(seq: number): Message | undefined {
    return this.#messages[seq - 1]?.message;
  }

  messagesAfter(rev: number, limit: number): CatchUp {
    const messages = this.#messages.map(({ message }) => message).filter((message) => message.rev > rev);
    const overflow = messages.length > limit;
    return { rev: this.rev, messages: overflow ? [] : messages, overflow };
  }

  messagesBefore(before: number, limit: number): Page & { readonly rev: number } {
    const end = Math.min(this.lastSeq, Math.max(0, before - 1));
    const start = Math.max(0, end - limit);
    const messages = this.#messages.slice(start, end).map(({ message }) => message);
    return { messages, more: start > 0, rev: this.rev };
  }

  deliverable(side: Side, limit: number, own: boolean): Deliverable {
    const { delivered, deliveredRev, note } = this.sides[side];
    const due = this.#messages.filter(({ message }) =>
      (own || message.side !== side) && message.failed === undefined
    );
    // Only changes go by `rev`: beyond a full batch there are new messages with a lower one.
    const changes = due.filter(({ createdRev, message }) =>
      message.seq <= delivered && message.rev > createdRev && message.rev > deliveredRev
    )
      .map(({ message }) => message).sort((a, b) => a.rev - b.rev);
    const last = changes[limit - 1];
    if (changes.length > limit && last !== undefined) {
      return {
        rev: last.rev,
        seq: delivered,
        changes: changes.slice(0, limit),
        messages: [],
        more: true,
        note,
      };
    }
    const fresh = due.map(({ message }) => message)
      .filter((message) => message.seq > delivered && message.deletedAt === undefined);
    const messages = fresh.slice(0, limit - changes.length);
    const more = fresh.length > messages.length;
    const seq = more ? messages.at(-1)?.seq ?? delivered : this.lastSeq;
    return { rev: this.rev, seq, changes, messages, more, note };
  }

  confirm(side: Side, progress: DeliveryProgress): void {
    const state = this.sides[side];
    state.delivered = Math.max(state.delivered, progress.seq ?? 0);
    state.deliveredRev = Math.max(state.deliveredRev, progress.rev ?? 0);
    for (const { seq, ids } of progress.remoteIds ?? []) state.remoteIds.set(seq, ids);
    state.note = undefined;
    state.pending &&= state.deliveredRev < state.dueRev || state.delivered < state.dueSeq;
  }

  #stored(seq: number): Stored {
    const stored = this.#messages[seq - 1];
    if (stored === undefined) {
      throw new ChatBoxError("not_found", `Cannot find message ${seq}: there is none in ${this.record.uid}`);
    }
    return stored;
  }
}
