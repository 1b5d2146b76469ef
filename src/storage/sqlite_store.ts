import {
  type Appended,
  type AppendRequest,
  type CatchUp,
  type Changed,
  type ChangeRequest,
  type ConnectionDraft,
  type ConnectionRecord,
  type Deliverable,
  type DeliveryProgress,
  type JsonObject,
  type JsonValue,
  mergeProperties,
  type Message,
  type Page,
  type PropertiesPatch,
  type Side,
  type Store,
  type Uuid,
  type Watermarks,
} from "../core/mod.ts";
import { ConnectionTable } from "./connection_table.ts";
import type { Database } from "./database.ts";
import { DeliveryTable } from "./delivery_table.ts";
import type { GroupCommit } from "./group_commit.ts";
import type { Head, Heads } from "./heads.ts";
import { MessageTable } from "./message_table.ts";

/** What the store works on. */
export interface SqliteStoreOptions {
  readonly database: Database;
  readonly commits: GroupCommit;
  readonly heads: Heads;
  /** Lets go of the file. */
  readonly close: () => Promise<void>;
}

/** The {@link Store} on SQLite: reads at once, writes by group commit. */
export class SqliteStore implements Store {
  readonly #commits: GroupCommit;
  readonly #heads: Heads;
  readonly #connections: ConnectionTable;
  readonly #messages: MessageTable;
  readonly #deliveries: DeliveryTable;
  readonly #close: () => Promise<void>;

  constructor({ database, commits, heads, close }: SqliteStoreOptions) {
    this.#commits = commits;
    this.#heads = heads;
    this.#connections = new ConnectionTable(database);
    this.#messages = new MessageTable(database, heads);
    this.#deliveries = new DeliveryTable(database, heads);
    this.#close = close;
  }

  connection(uid: Uuid): Promise<ConnectionRecord | undefined> {
    return read(() => this.#connections.find(uid));
  }

  connectionOf(side: Side, id: string): Promise<ConnectionRecord | undefined> {
    return read(() => this.#connections.findById(side, id));
  }

  createConnection(draft: ConnectionDraft): Promise<ConnectionRecord> {
    return this.#commits.write(() => this.#connections.insert(draft), draft.uid);
  }

  setId(uid: Uuid, side: Side, id: string | null): Promise<ConnectionRecord> {
    return this.#commits.write(() => this.#connections.setId(uid, side, id), uid);
  }

  setActive(uid: Uuid, side: Side, active: boolean): Promise<ConnectionRecord> {
    return this.#commits.write(() => this.#connections.setActive(uid, side, active), uid);
  }

  touch(uid: Uuid, at: number): Promise<void> {
    return this.#commits.write(() => this.#connections.touch(uid, at), uid);
  }

  properties(uid: Uuid): Promise<JsonObject> {
    return read(() => this.#connections.properties(uid));
  }

  setProperties(uid: Uuid, patch: PropertiesPatch): Promise<JsonObject> {
    return this.#commits.write(() => {
      const merged = mergeProperties(this.#connections.properties(uid), patch);
      this.#connections.setProperties(uid, merged);
      return merged;
    }, uid);
  }

  append(uid: Uuid, request: AppendRequest): Promise<Appended> {
    return this.#commits.write(() => {
      const head = this.#heads.get(uid);
      const appended = this.#messages.append(uid, head, request);
      if (appended.duplicate) return appended;
      const { remoteIds, cursor } = request.draft;
      if (remoteIds !== undefined) {
        this.#deliveries.setRemoteIds(head, request.side, appended.message.seq, remoteIds);
      }
      if (cursor !== undefined) this.#deliveries.setCursor(head, request.side, cursor);
      this.#deliveries.markPending(head, request.targets);
      this.#deliveries.settle(head);
      return appended;
    }, uid);
  }

  change(uid: Uuid, request: ChangeRequest): Promise<Changed> {
    return this.#commits.write(() => {
      const head = this.#heads.get(uid);
      const changed = this.#messages.change(uid, head, request);
      if (!changed.changed) return changed;
      this.#deliveries.markPending(head, request.targets);
      this.#deliveries.settle(head);
      return changed;
    }, uid);
  }

  message(uid: Uuid, seq: number): Promise<Message | undefined> {
    return this.#read(uid, (head) => this.#messages.find(uid, head, seq));
  }

  messagesAfter(uid: Uuid, rev: number, limit: number): Promise<CatchUp> {
    return this.#read(uid, (head) => this.#messages.after(uid, head, rev, limit));
  }

  messagesBefore(uid: Uuid, seq: number, limit: number): Promise<Page & { readonly rev: number }> {
    return this.#read(uid, (head) => this.#messages.before(uid, head, seq, limit));
  }

  deliverable(uid: Uuid, side: Side, limit: number, own: boolean): Promise<Deliverable> {
    return this.#read(uid, (head) => this.#deliveries.deliverable(uid, head, side, limit, own));
  }

  confirm(uid: Uuid, side: Side, progress: DeliveryProgress): Promise<void> {
    return this.#write(uid, (head) => this.#deliveries.confirm(head, side, progress));
  }

  setNote(uid: Uuid, side: Side, note: JsonValue): Promise<void> {
    return this.#write(uid, (head) => this.#deliveries.setNote(head, side, note));
  }

  pending(side: Side, after: Uuid | undefined, limit: number): Promise<readonly Uuid[]> {
    return read(() => this.#deliveries.pending(side, after, limit));
  }

  watermarks(uid: Uuid, side: Side): Promise<Watermarks> {
    return this.#read(uid, (head) => this.#deliveries.watermarks(head, side));
  }

  setRead(uid: Uuid, side: Side, seq: number): Promise<boolean> {
    return this.#write(uid, (head) => this.#deliveries.setRead(head, side, seq));
  }

  remoteIds(uid: Uuid, side: Side, seq: number): Promise<readonly string[]> {
    return this.#read(uid, (head) => this.#deliveries.remoteIds(head, side, seq));
  }

  findRemote(uid: Uuid, side: Side, remoteId: string): Promise<Message | undefined> {
    return this.#read(uid, (head) => {
      const seq = this.#deliveries.findRemote(head, side, remoteId);
      return seq === undefined ? undefined : this.#messages.find(uid, head, seq);
    });
  }

  cursor(uid: Uuid, side: Side): Promise<string | undefined> {
    return this.#read(uid, (head) => this.#deliveries.cursor(head, side));
  }

  setCursor(uid: Uuid, side: Side, cursor: string): Promise<void> {
    return this.#write(uid, (head) => this.#deliveries.setCursor(head, side, cursor));
  }

  recentIds(side: Side, limit: number): Promise<readonly string[]> {
    return read(() => this.#connections.recentIds(side, limit));
  }

  lastActiveAt(side: Side): Promise<number | undefined> {
    return read(() => this.#messages.lastActiveAt(side));
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Tidies up what a busy store leaves for later; nothing is lost without it. */
  tidy(): void {
    this.#deliveries.unmarkAll();
  }

  #read<T>(uid: Uuid, work: (head: Head) => T): Promise<T> {
    return read(() => work(this.#heads.get(uid)));
  }

  #write<T>(uid: Uuid, work: (head: Head) => T): Promise<T> {
    return this.#commits.write(() => work(this.#heads.get(uid)), uid);
  }
}

/** Between two transactions there is only committed data to see, so a read needs none of its own. */
function read<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
