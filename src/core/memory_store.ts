import { CheckedStore } from "./checked_store.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import { ChatBoxError } from "./errors.ts";
import type { Uuid } from "./id_type.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { MemoryConnection, type MemorySide } from "./memory_connection.ts";
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
  PropertiesPatch,
  Store,
  Watermarks,
} from "./ports.ts";

/**
 * Keeps everything in memory: for tests, for trying out, and wherever nothing must last. What it gives is frozen, because it is what it
 * keeps.
 *
 * @example Nothing of it lasts
 * ```ts
 * import { ChatBox, MemoryStore, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const store = new MemoryStore();
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   store,
 * });
 * await box.worker1.accessNewClient("ada");
 * equal((await store.connectionOf(1, "ada"))?.uid, await box.worker1.getUid("ada"));
 * ```
 */
export class MemoryStore extends CheckedStore {
  /** Makes an empty one. */
  constructor() {
    super(new MemoryTables());
  }
}

/** What a {@link MemoryStore} keeps; it is handed copies that nobody else can change. */
class MemoryTables implements Store {
  readonly #connections = new Map<Uuid, MemoryConnection>();
  /** In the order in which they were made. */
  readonly #ordered: MemoryConnection[] = [];
  readonly #uids: Readonly<Record<Side, Map<string, Uuid>>> = { 1: new Map(), 2: new Map() };
  /** Those with messages, the one with the latest message last. */
  readonly #spoken = new Set<Uuid>();
  readonly #lastActive: Partial<Record<Side, number>> = {};

  connection(uid: Uuid): Promise<ConnectionRecord | undefined> {
    return this.#run(() => this.#connections.get(uid)?.record);
  }

  connectionOf(side: Side, id: string): Promise<ConnectionRecord | undefined> {
    return this.#run(() => {
      const uid = this.#uids[side].get(id);
      return uid && this.#connections.get(uid)?.record;
    });
  }

  /** See {@link Store.createConnection}. */
  createConnection(draft: ConnectionDraft): Promise<ConnectionRecord> {
    return this.#run(() => {
      if (this.#connections.has(draft.uid)) {
        throw new ChatBoxError("conflict", `Cannot create a connection: the uid ${draft.uid} is taken`);
      }
      for (const side of [1, 2] as const) this.#checkFree(side, draft.ids[side]);
      const connection = new MemoryConnection(draft, this.#ordered.length);
      this.#connections.set(draft.uid, connection);
      this.#ordered.push(connection);
      for (const side of [1, 2] as const) this.#index(side, draft.ids[side], draft.uid);
      return connection.record;
    });
  }

  setId(uid: Uuid, side: Side, id: string | null): Promise<ConnectionRecord> {
    return this.#in(uid, (connection) => {
      const before = connection.record.ids[side];
      if (before === id) return connection.record;
      this.#checkFree(side, id);
      if (before !== null) this.#uids[side].delete(before);
      this.#index(side, id, uid);
      const ids = Object.freeze({ ...connection.record.ids, [side]: id });
      return connection.record = Object.freeze({ ...connection.record, ids });
    });
  }

  setActive(uid: Uuid, side: Side, active: boolean): Promise<ConnectionRecord> {
    return this.#in(uid, (connection) => {
      const { record } = connection;
      return connection.record = Object.freeze({
        ...record,
        active: Object.freeze({ ...record.active, [side]: active }),
      });
    });
  }

  touch(uid: Uuid, at: number): Promise<void> {
    return this.#in(uid, (connection) => {
      const lastSeenAt = Math.max(connection.record.lastSeenAt, at);
      connection.record = Object.freeze({ ...connection.record, lastSeenAt });
    });
  }

  properties(uid: Uuid): Promise<JsonObject> {
    return this.#in(uid, (connection) => connection.properties);
  }

  setProperties(uid: Uuid, patch: PropertiesPatch): Promise<JsonObject> {
    return this.#in(
      uid,
      (connection) => connection.properties = mergeProperties(connection.properties, patch),
    );
  }

  append(uid: Uuid, request: AppendRequest): Promise<Appended> {
    return this.#in(uid, (connection) => {
      const appended = connection.append(request);
      if (appended.duplicate) return appended;
      this.#lastActive[request.side] = request.at;
      this.#spoken.delete(uid);
      this.#spoken.add(uid);
      return appended;
    });
  }

  change(uid: Uuid, request: ChangeRequest): Promise<Changed> {
    return this.#in(uid, (connection) => connection.change(request));
  }

  message(uid: Uuid, seq: number): Promise<Message | undefined> {
    return this.#in(uid, (connection) => connection.message(seq));
  }

  messagesAfter(uid: Uuid, rev: number, limit: number): Promise<CatchUp> {
    return this.#in(uid, (connection) => connection.messagesAfter(rev, limit));
  }

  messagesBefore(uid: Uuid, seq: number, limit: number): Promise<Page & { readonly rev: number }> {
    return this.#in(uid, (connection) => connection.messagesBefore(seq, limit));
  }

  deliverable(uid: Uuid, side: Side, limit: number, own: boolean): Promise<Deliverable> {
    return this.#in(uid, (connection) => connection.deliverable(side, limit, own));
  }

  confirm(uid: Uuid, side: Side, progress: DeliveryProgress): Promise<void> {
    return this.#in(uid, (connection) => connection.confirm(side, progress));
  }

  setNote(uid: Uuid, side: Side, note: JsonValue): Promise<void> {
    return this.#side(uid, side, (state) => void (state.note = note));
  }

  pending(side: Side, after: Uuid | undefined, limit: number): Promise<readonly Uuid[]> {
    return this.#run(() => {
      const found: Uuid[] = [];
      const start = after === undefined ? 0 : (this.#connections.get(after)?.index ?? -1) + 1;
      for (let index = start; index < this.#ordered.length && found.length < limit; index++) {
        const connection = this.#ordered[index];
        if (connection?.sides[side].pending && connection.record.active[side]) {
          found.push(connection.record.uid);
        }
      }
      return found;
    });
  }

  watermarks(uid: Uuid, side: Side): Promise<Watermarks> {
    return this.#side(uid, side, ({ delivered, read }) => ({ delivered, read }));
  }

  setRead(uid: Uuid, side: Side, seq: number): Promise<boolean> {
    return this.#in(uid, (connection) => {
      const state = connection.sides[side];
      const read = Math.min(seq, connection.lastSeq);
      if (!(read > state.read)) return false;
      state.read = read;
      return true;
    });
  }

  remoteIds(uid: Uuid, side: Side, seq: number): Promise<readonly string[]> {
    return this.#side(uid, side, (state) => state.remoteIds(seq));
  }

  findRemote(uid: Uuid, side: Side, remoteId: string): Promise<Message | undefined> {
    return this.#in(uid, (connection) => {
      const seq = connection.sides[side].seqOf(remoteId);
      return seq === undefined ? undefined : connection.message(seq);
    });
  }

  cursor(uid: Uuid, side: Side): Promise<string | undefined> {
    return this.#side(uid, side, (state) => state.cursor);
  }

  setCursor(uid: Uuid, side: Side, cursor: string): Promise<void> {
    return this.#side(uid, side, (state) => void (state.cursor = cursor));
  }

  recentIds(side: Side, limit: number): Promise<readonly string[]> {
    return this.#run(() => {
      const uids = new Set([...[...this.#spoken].reverse(), ...[...this.#connections.keys()].reverse()]);
      const ids = [...uids].map((uid) => this.#connections.get(uid)?.record.ids[side] ?? null);
      return ids.filter((id) => id !== null).slice(0, limit);
    });
  }

  lastActiveAt(side: Side): Promise<number | undefined> {
    return this.#run(() => this.#lastActive[side]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #checkFree(side: Side, id: string | null): void {
    if (id !== null && this.#uids[side].has(id)) {
      throw new ChatBoxError("conflict", `Cannot use the id ${id} of service ${side}: it is taken`);
    }
  }

  #index(side: Side, id: string | null, uid: Uuid): void {
    if (id !== null) this.#uids[side].set(id, uid);
  }

  #side<T>(uid: Uuid, side: Side, work: (state: MemorySide) => T): Promise<T> {
    return this.#in(uid, (connection) => work(connection.sides[side]));
  }

  #in<T>(uid: Uuid, work: (connection: MemoryConnection) => T): Promise<T> {
    return this.#run(() => {
      const connection = this.#connections.get(uid);
      if (connection === undefined) {
        throw new ChatBoxError("not_found", `Cannot find connection ${uid}: no such uid`);
      }
      return work(connection);
    });
  }

  /** Works at once, so that calls take effect in their order, and answers like a disk would: later. */
  #run<T>(work: () => T): Promise<T> {
    return new Promise((resolve) => resolve(work()));
  }
}

/**
 * The properties after a patch, frozen; `undefined` removes a key, and every key is data, `__proto__` included.
 *
 * @example In a store of your own
 * ```ts
 * import { mergeProperties } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(mergeProperties({ a: 1, b: 2 }, new Map([["a", undefined], ["c", 3]])), { b: 2, c: 3 });
 * ```
 */
export function mergeProperties(
  properties: JsonObject,
  patch: PropertiesPatch,
): JsonObject {
  const changes = typeof patch === "function" ? patch(properties) : patch;
  const merged = new Map<string, JsonValue>(Object.entries(properties));
  for (const [key, value] of changes) {
    if (value === undefined) merged.delete(key);
    else merged.set(key, value);
  }
  return Object.freeze(Object.fromEntries(merged));
}
