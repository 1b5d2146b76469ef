/**
 * What the core needs from the outside. It has no clock, no disk and no chance of its own.
 *
 * @module
 */
import type { Uuid } from "./id_type.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Message, MessageDraft, MessageEdit, Side } from "./message.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";

/**
 * Time.
 *
 * @example One that stands still
 * ```ts
 * import { ChatBox, type Clock, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const clock: Clock = { now: () => 1_000, after: () => () => {} };
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 *   clock,
 * });
 * await box.worker1.accessNewClient("ada");
 * equal((await box.worker1.getMessageSender("ada")("Hello")).createdAt, 1_000);
 * ```
 */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls back once after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, callback: () => void): () => void;
}

/**
 * Ids that nobody can guess.
 *
 * @example Ids that a test knows
 * ```ts
 * import { ChatBox, type IdSource, string, uuid } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const ids: IdSource = () => uuid.decode("00000000-0000-4000-8000-000000000001");
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 *   ids,
 * });
 * await box.worker1.accessNewClient("ada");
 * equal(await box.worker1.getUid("ada"), "00000000-0000-4000-8000-000000000001");
 * ```
 */
export type IdSource = () => Uuid;

/**
 * Where the core reports what it cannot tell a caller. Text first, then fields; never message content.
 *
 * @example What nobody could be told
 * ```ts
 * import { ChatBox, type Logger, silentLogger, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const reported = Promise.withResolvers<string>();
 * const logger: Logger = { ...silentLogger, error: (message) => reported.resolve(message) };
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 *   logger,
 * });
 * box.worker2.setNewAccessCallback(() => {
 *   throw new Error("not today");
 * });
 * await box.worker1.accessNewClient("ada");
 * equal(await reported.promise, "A new-access callback failed");
 * ```
 */
export interface Logger {
  /** For those who look for a fault. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What happens in good order. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What went wrong and is tried again. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What went wrong for good. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * A connection as it is stored.
 *
 * @example As a store gives it
 * ```ts
 * import { type ConnectionRecord, MemoryStore, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const store = new MemoryStore();
 * const record: ConnectionRecord = await store.createConnection({ uid: randomUuid(), ids: { 1: "ada", 2: null }, at: 5 });
 * deepEqual([record.ids[1], record.active, record.createdAt], ["ada", { 1: true, 2: true }, 5]);
 * ```
 */
export interface ConnectionRecord {
  /** The connection's own id. */
  readonly uid: Uuid;
  /** The encoded ids of the two services; `null` while a side has none yet. */
  readonly ids: Readonly<Record<Side, string | null>>;
  /** False for a client that has been deactivated: what comes for it waits. */
  readonly active: Readonly<Record<Side, boolean>>;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Unix milliseconds. */
  readonly lastSeenAt: number;
}

/**
 * What a new connection is made of.
 *
 * @example With its first properties
 * ```ts
 * import { type ConnectionDraft, MemoryStore, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * const draft: ConnectionDraft = { uid, ids: { 1: "ada", 2: null }, at: 5, properties: { language: "en" } };
 * await store.createConnection(draft);
 * deepEqual(await store.properties(uid), { language: "en" });
 * ```
 */
export interface ConnectionDraft {
  /** The connection's own id. */
  readonly uid: Uuid;
  /** The encoded ids of the two services; `null` for none yet. */
  readonly ids: Readonly<Record<Side, string | null>>;
  /** Its first properties; none when left out. */
  readonly properties?: JsonObject;
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * What becomes of some properties; `undefined` removes a key.
 *
 * @example From what is there
 * ```ts
 * import { MemoryStore, type PropertiesPatch, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5, properties: { visits: 1 } });
 * const next: PropertiesPatch = ({ visits }) => new Map([["visits", Number(visits) + 1]]);
 * deepEqual(await store.setProperties(uid, next), { visits: 2 });
 * ```
 */
export type PropertiesPatch =
  | ReadonlyMap<string, JsonValue | undefined>
  | ((properties: JsonObject) => ReadonlyMap<string, JsonValue | undefined>);

/**
 * The outcome of {@link Store.append}.
 *
 * @example New, or known already
 * ```ts
 * import { type Appended, ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const send = (): Promise<Appended> => box.worker1.send("ada", { content: "Hello", cid: "m-1" });
 * deepEqual([(await send()).duplicate, (await send()).duplicate], [false, true]);
 * ```
 */
export interface Appended {
  /** The stored message. */
  readonly message: Message;
  /** The `rev` that the message took when it was stored first; later changes do not move it. */
  readonly createdRev: number;
  /** The `cid` was known already: `message` is the first one, nothing new was stored. */
  readonly duplicate: boolean;
}

/**
 * What changed since a `rev`.
 *
 * @example More than was asked for
 * ```ts
 * import { type CatchUp, ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * for (const text of ["a", "b", "c"]) await box.worker1.getMessageSender("ada")(text);
 * const connection = await box.worker1.connectionOf("ada");
 * const since = async (rev: number): Promise<CatchUp | undefined> => await connection?.messagesAfter(rev, 2);
 * deepEqual((await since(1))?.messages.map(({ content }) => content), ["b", "c"]);
 * deepEqual(await since(0), { rev: 3, messages: [], overflow: true });
 * ```
 */
export interface CatchUp {
  /** The connection's present `rev`. */
  readonly rev: number;
  /** In `seq` order, each in its present state; at most the limit. */
  readonly messages: readonly Message[];
  /** There were more than the limit: `messages` is empty. */
  readonly overflow: boolean;
}

/**
 * A page of history.
 *
 * @example Whether older ones exist
 * ```ts
 * import { ChatBox, type Page, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * for (const text of ["a", "b", "c"]) await box.worker1.getMessageSender("ada")(text);
 * const page: Page | undefined = await (await box.worker1.connectionOf("ada"))?.messages({ limit: 2 });
 * deepEqual([page?.messages.length, page?.more], [2, true]);
 * ```
 */
export interface Page {
  /** In `seq` order. */
  readonly messages: readonly Message[];
  /** Older ones exist. */
  readonly more: boolean;
}

/**
 * A message to store.
 *
 * @example A message that waits for the other side
 * ```ts
 * import { type AppendRequest, MemoryStore, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5 });
 * const request: AppendRequest = { side: 1, draft: { content: "Hello" }, at: 6, targets: [2] };
 * await store.append(uid, request);
 * deepEqual(await store.pending(2, undefined, 10), [uid]);
 * ```
 */
export interface AppendRequest {
  /** The service that sends it. */
  readonly side: Side;
  /** What is to be stored. */
  readonly draft: MessageDraft;
  /** Unix milliseconds. */
  readonly at: number;
  /** The sides for which it waits until confirmed. */
  readonly targets: readonly Side[];
}

/**
 * A change of a stored message.
 *
 * @example An edit and a deletion
 * ```ts
 * import { type ChangeRequest, MemoryStore, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5 });
 * await store.append(uid, { side: 1, draft: { content: "Helo" }, at: 6, targets: [2] });
 * const requests: readonly ChangeRequest[] = [
 *   { seq: 1, at: 7, targets: [2], change: { type: "edit", content: "Hello" } },
 *   { seq: 1, at: 8, targets: [2], change: { type: "delete" } },
 * ];
 * const contents: string[] = [];
 * for (const request of requests) contents.push((await store.change(uid, request)).message.content);
 * deepEqual(contents, ["Hello", ""]);
 * ```
 */
export interface ChangeRequest {
  /** The message. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** The sides for which the change waits until confirmed. */
  readonly targets: readonly Side[];
  /** What is to become of it. */
  readonly change:
    | ({ readonly type: "edit" } & MessageEdit)
    | { readonly type: "delete" }
    /** Not deliverable for good, with words for its sender. */
    | { readonly type: "fail"; readonly words: string };
}

/**
 * The outcome of {@link Store.change}.
 *
 * @example The second time changes nothing
 * ```ts
 * import { type Changed, MemoryStore, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5 });
 * await store.append(uid, { side: 1, draft: { content: "Hello" }, at: 6, targets: [] });
 * const remove = (): Promise<Changed> =>
 *   store.change(uid, { seq: 1, at: 7, targets: [], change: { type: "delete" } });
 * deepEqual([(await remove()).changed, (await remove()).changed], [true, false]);
 * ```
 */
export interface Changed {
  /** The message as it is now. */
  readonly message: Message;
  /** False when the message was like that already: no `rev` was taken. */
  readonly changed: boolean;
}

/**
 * What waits for one side of a connection, read at one moment.
 *
 * @example What waits for a side
 * ```ts
 * import { type Deliverable, MemoryStore, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5 });
 * for (const content of ["a", "b", "c"]) {
 *   await store.append(uid, { side: 1, draft: { content }, at: 6, targets: [2] });
 * }
 * const waiting: Deliverable = await store.deliverable(uid, 2, 2, false);
 * deepEqual([waiting.messages.map(({ content }) => content), waiting.more], [["a", "b"], true]);
 * ```
 */
export interface Deliverable {
  /** Everything that changed up to this `rev` is in here, or was delivered before, or comes with a later message. */
  readonly rev: number;
  /** Every new message up to this `seq` is in here, or was delivered before, or is gone. */
  readonly seq: number;
  /** Delivered messages that changed since, in `rev` order. */
  readonly changes: readonly Message[];
  /** New messages, in `seq` order. */
  readonly messages: readonly Message[];
  /** There is more than the limit let through. */
  readonly more: boolean;
  /** What {@link Store.setNote} kept since the last confirmation. */
  readonly note: JsonValue | undefined;
}

/**
 * How far the two sides of a connection have come.
 *
 * @example What has arrived, and what was read
 * ```ts
 * import { MemoryStore, randomUuid, type Watermarks } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 5 });
 * for (const content of ["a", "b"]) await store.append(uid, { side: 1, draft: { content }, at: 6, targets: [2] });
 * await store.confirm(uid, 2, { seq: 2, rev: 2 });
 * await store.setRead(uid, 2, 1);
 * const marks: Watermarks = await store.watermarks(uid, 2);
 * deepEqual(marks, { delivered: 2, read: 1 });
 * ```
 */
export interface Watermarks {
  /** Every message up to this `seq` has been delivered to the side. */
  readonly delivered: number;
  /** The side has read everything up to this `seq`. */
  readonly read: number;
}

/**
 * Keeps connections, messages and what is still to be delivered. A write resolves once it is durable; writes to one connection
 * take effect in the order of their calls.
 *
 * Every method rejects with a `ChatBoxError`: `not_found` for an unknown connection or message, `overloaded` when too
 * much is waiting or the disk is full (nothing was stored), `closed` after {@link Store.close}.
 *
 * @example Written by one box, read by the next
 * ```ts
 * import { ChatBox, MemoryStore, type Store, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * class Lasting extends MemoryStore {
 *   override async close(): Promise<void> {}
 * }
 * const store: Store = new Lasting();
 * const services = { service1: { name: "one", idType: string }, service2: { name: "two", idType: string } };
 * {
 *   await using first = new ChatBox({ name: "example", ...services, store });
 *   await first.worker1.accessNewClient("ada");
 *   await first.worker1.getMessageSender("ada")("Hello");
 * }
 * await using second = new ChatBox({ name: "example", ...services, store });
 * equal((await (await second.worker1.connectionOf("ada"))?.messages())?.messages.length, 1);
 * ```
 */
export interface Store {
  /** Finds a connection by its public id. */
  connection(uid: Uuid): Promise<ConnectionRecord | undefined>;
  /** Finds a connection by the encoded id of one side. */
  connectionOf(side: Side, id: string): Promise<ConnectionRecord | undefined>;
  /**
   * Makes a connection.
   *
   * @throws `conflict` when the uid or one of the ids is taken
   */
  createConnection(draft: ConnectionDraft): Promise<ConnectionRecord>;
  /** Gives a side its id, a new one or, with `null`, none. @throws `conflict` when the id is taken. */
  setId(uid: Uuid, side: Side, id: string | null): Promise<ConnectionRecord>;
  /** Notes whether a side's client is active. */
  setActive(uid: Uuid, side: Side, active: boolean): Promise<ConnectionRecord>;
  /** Notes that a client of the connection was there at `at` (Unix milliseconds). */
  touch(uid: Uuid, at: number): Promise<void>;
  /** Reads the properties. */
  properties(uid: Uuid): Promise<JsonObject>;
  /**
   * Merges `patch` into the properties in one step and gives the result; `undefined` removes a key. A function makes the patch from what
   * is there, and nothing else is written in between; it may be called again when the step has to be.
   */
  setProperties(uid: Uuid, patch: PropertiesPatch): Promise<JsonObject>;

  /** Stores a message and, for its targets, that it waits for delivery there, in one transaction. */
  append(uid: Uuid, request: AppendRequest): Promise<Appended>;
  /** Edits, deletes or fails a message; a change to what it already is changes nothing and takes no `rev`. */
  change(uid: Uuid, request: ChangeRequest): Promise<Changed>;

  /** One message. */
  message(uid: Uuid, seq: number): Promise<Message | undefined>;
  /** Every message that is new or changed since `rev`, or an overflow when there are more than `limit`. */
  messagesAfter(uid: Uuid, rev: number, limit: number): Promise<CatchUp>;
  /** The newest `limit` messages before `seq` (all, with `Infinity`). */
  messagesBefore(uid: Uuid, seq: number, limit: number): Promise<Page & { readonly rev: number }>;

  /** What waits for `side`: the other side's messages and, with `own`, the side's as well. */
  deliverable(uid: Uuid, side: Side, limit: number, own: boolean): Promise<Deliverable>;
  /** Moves the side's watermarks forward (never back), stores remote ids and clears the note. */
  confirm(uid: Uuid, side: Side, progress: DeliveryProgress): Promise<void>;
  /** Keeps a note until the next {@link Store.confirm} for the side. */
  setNote(uid: Uuid, side: Side, note: JsonValue): Promise<void>;
  /** The next `limit` connections, in a stable order after `after`, for which something waits on an active `side`. */
  pending(side: Side, after: Uuid | undefined, limit: number): Promise<readonly Uuid[]>;

  /** How far a side has come. */
  watermarks(uid: Uuid, side: Side): Promise<Watermarks>;
  /** Notes that a side has read up to `seq`; gives false when it already had. */
  setRead(uid: Uuid, side: Side, seq: number): Promise<boolean>;
  /** The ids that a message has in a side's service, in the order of its parts. */
  remoteIds(uid: Uuid, side: Side, seq: number): Promise<readonly string[]>;
  /** Finds the message that has this id in a side's service. */
  findRemote(uid: Uuid, side: Side, remoteId: string): Promise<Message | undefined>;
  /** The last position that a side's service has handed in, for catching up there. */
  cursor(uid: Uuid, side: Side): Promise<string | undefined>;
  /** Moves that position. */
  setCursor(uid: Uuid, side: Side, cursor: string): Promise<void>;
  /**
   * The encoded ids that connections have on a side, at most `limit`: first by their last message, latest first, then, for those
   * that have had none lately, the newest connections first. How far back "lately" goes is bounded.
   */
  recentIds(side: Side, limit: number): Promise<readonly string[]>;
  /** When a side last sent a message, in Unix milliseconds; `undefined` when not among the recent ones. */
  lastActiveAt(side: Side): Promise<number | undefined>;

  /** Stores what was accepted and lets go of the storage. Called once; nothing is asked of the store afterwards. */
  close(): Promise<void>;
}
