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
  readonly #remoteIds = new Map<number, readonly string[]>();
  /** The messages that have an id: several may share one. */
  readonly #seqs = new Map<string, Set<number>>();

  /** The ids of a message. */
  remoteIds(seq: number): readonly string[] {
    return this.#remoteIds.get(seq) ?? [];
  }

  /** Gives a message its ids instead of those it had. */
  setRemoteIds(seq: number, ids: readonly string[]): void {
    for (const id of this.remoteIds(seq)) this.#seqs.get(id)?.delete(seq);
    this.#remoteIds.set(seq, ids);
    for (const id of ids) this.#seqs.set(id, (this.#seqs.get(id) ?? new Set()).add(seq));
  }

  /** The first message that has this id. */
  seqOf(remoteId: string): number | undefined {
    const seqs = this.#seqs.get(remoteId) ?? [];
    const first = Math.min(...seqs);
    return first === Infinity ? undefined : first;
  }
}

/** One connection of the {@link MemoryStore} with all that belongs to it. */
export class MemoryConnection {
  record: ConnectionRecord;
  properties: JsonObject;
  readonly sides: Readonly<Record<Side, MemorySide>> = { 1: new MemorySide(), 2: new MemorySide() };
  rev = 0;
  readonly #messages: Stored[] = [];
  /** Every edit, deletion and failure, in `rev` order. */
  readonly #changes: { readonly rev: number; readonly seq: number }[] = [];
  readonly #cids: Readonly<Record<Side, Map<string, number>>> = { 1: new Map(), 2: new Map() };

  constructor(draft: ConnectionDraft, readonly index: number) {
    const { uid, ids, at, properties = Object.freeze({}) } = draft;
    const active = Object.freeze({ 1: true, 2: true });
    this.record = Object.freeze({ uid, ids, active, createdAt: at, lastSeenAt: at });
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
    if (draft.remoteIds !== undefined) this.sides[side].setRemoteIds(seq, draft.remoteIds);
    if (draft.cursor !== undefined) this.sides[side].cursor = draft.cursor;
    this.#markPending(targets, seq - 1, createdRev - 1);
    return { message, createdRev, duplicate: false };
  }

  change(request: ChangeRequest): Changed {
    const stored = this.#stored(request.seq);
    const message = changedMessage(stored.message, request, this.rev + 1);
    if (message === undefined) return { message: stored.message, changed: false };
    this.rev++;
    this.#changes.push({ rev: message.rev, seq: message.seq });
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
    const firstNew = firstAbove(this.#messages, rev, ({ createdRev }) => createdRev);
    const changed = this.#changedSince(rev).filter(({ seq }) => seq <= firstNew);
    if (changed.length + this.lastSeq - firstNew > limit) {
      return { rev: this.rev, messages: [], overflow: true };
    }
    const messages = [
      ...changed.sort((a, b) => a.seq - b.seq),
      ...this.#messages.slice(firstNew).map(({ message }) => message),
    ];
    return { rev: this.rev, messages, overflow: false };
  }

  messagesBefore(before: number, limit: number): Page & { readonly rev: number } {
    const end = Math.min(this.lastSeq, Math.max(0, before - 1));
    const start = Math.max(0, end - limit);
    const messages = this.#messages.slice(start, end).map(({ message }) => message);
    return { messages, more: start > 0, rev: this.rev };
  }

  /** Costs what waits, however long the conversation is. */
  deliverable(side: Side, limit: number, own: boolean): Deliverable {
    const { delivered, deliveredRev, note } = this.sides[side];
    const isDue = (message: Message): boolean =>
      (own || message.side !== side) && message.failed === undefined;
    // Only changes go by `rev`: beyond a full batch there are new messages with a lower one.
    const changes = this.#changedSince(deliveredRev).filter((message) =>
      message.seq <= delivered && isDue(message)
    );
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
    const room = limit - changes.length;
    const messages: Message[] = [];
    let more = false;
    for (let index = delivered; index < this.lastSeq && !more; index++) {
      const message = this.#messages[index]?.message;
      if (message === undefined || message.deletedAt !== undefined || !isDue(message)) continue;
      if (messages.length < room) messages.push(message);
      else more = true;
    }
    const seq = more ? messages.at(-1)?.seq ?? delivered : this.lastSeq;
    return { rev: this.rev, seq, changes, messages, more, note };
  }

  confirm(side: Side, progress: DeliveryProgress): void {
    const state = this.sides[side];
    // What has not been written cannot have arrived.
    state.delivered = Math.max(state.delivered, Math.min(progress.seq ?? 0, this.lastSeq));
    state.deliveredRev = Math.max(state.deliveredRev, Math.min(progress.rev ?? 0, this.rev));
    for (const { seq, ids } of progress.remoteIds ?? []) state.setRemoteIds(seq, ids);
    state.note = undefined;
    state.pending &&= state.deliveredRev < state.dueRev || state.delivered < state.dueSeq;
  }

  /** The messages that were changed after `rev`, each in its present state and once, in `rev` order. */
  #changedSince(rev: number): Message[] {
    const from = firstAbove(this.#changes, rev, (change) => change.rev);
    const messages: Message[] = [];
    for (const change of this.#changes.slice(from)) {
      const message = this.message(change.seq);
      // An earlier change of a message that was changed again.
      if (message !== undefined && message.rev === change.rev) messages.push(message);
    }
    return messages;
  }

  #stored(seq: number): Stored {
    const stored = this.#messages[seq - 1];
    if (stored === undefined) {
      throw new ChatBoxError("not_found", `Cannot find message ${seq}: there is none in ${this.record.uid}`);
    }
    return stored;
  }
}

/** The index of the first item whose `rev` is above a given one, in a list that is sorted by it. */
function firstAbove<T>(items: readonly T[], rev: number, revOf: (item: T) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && revOf(item) <= rev) low = middle + 1;
    else high = middle;
  }
  return low;
}
