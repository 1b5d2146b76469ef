/**
 * What the core needs from the outside. It has no clock, no disk and no chance of its own.
 *
 * @module
 */
import type { Uuid } from "./id_type.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Message, MessageDraft, MessageEdit, Side } from "./message.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";

/** Time. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls back once after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Ids that nobody can guess. */
export type IdSource = () => Uuid;

/** Where the core reports what it cannot tell a caller. Text first, then fields; never message content. */
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

/** A connection as it is stored. */
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

/** What a new connection is made of. */
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

/** What becomes of some properties; `undefined` removes a key. */
export type PropertiesPatch =
  | ReadonlyMap<string, JsonValue | undefined>
  | ((properties: JsonObject) => ReadonlyMap<string, JsonValue | undefined>);

/** The outcome of {@link Store.append}. */
export interface Appended {
  /** The stored message. */
  readonly message: Message;
  /** The `rev` that the message took when it was stored first; later changes do not move it. */
  readonly createdRev: number;
  /** The `cid` was known already: `message` is the first one, nothing new was stored. */
  readonly duplicate: boolean;
}

/** What changed since a `rev`. */
export interface CatchUp {
  /** The connection's present `rev`. */
  readonly rev: number;
  /** In `seq` order, each in its present state; at most the limit. */
  readonly messages: readonly Message[];
  /** There were more than the limit: `messages` is empty. */
  readonly overflow: boolean;
}

/** A page of history. */
export interface Page {
  /** In `seq` order. */
  readonly messages: readonly Message[];
  /** Older ones exist. */
  readonly more: boolean;
}

/** A message to store. */
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

/** A change of a stored message. */
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

/** The outcome of {@link Store.change}. */
export interface Changed {
  /** The message as it is now. */
  readonly message: Message;
  /** False when the message was like that already: no `rev` was taken. */
  readonly changed: boolean;
}

/** What waits for one side of a connection, read at one moment. */
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

/** How far the two sides of a connection have come. */
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

  /** Stores what was accepted and lets go of the storage. */
  close(): Promise<void>;
}
