import type { Connection } from "./connection.ts";
import type { PermanentDeliveryError } from "./errors.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import type { JsonValue } from "./json.ts";
import type { Message } from "./message.ts";

/** What happened to a message. */
export type DeliveryKind = "message" | "edit" | "delete";

/** How one message reaches a {@link ReceivedMessageCallback}. */
export interface Delivery<Id> {
  /** The receiving service's id of the client. */
  readonly id: Id;
  /** The pairing that the message belongs to. */
  readonly connection: Connection;
  /**
   * What happened to the message. After a crash, a change may come that had arrived before, and the deletion of a message that had never
   * been delivered.
   */
  readonly kind: DeliveryKind;
  /** The ids that an earlier delivery of this message returned; empty for a new one. */
  readonly remoteIds: readonly string[];
  /** Counts from 1; above 1 the earlier ones failed or their outcome is unknown. */
  readonly attempt: number;
  /** Aborted when the ChatBox closes. */
  readonly signal: AbortSignal;
}

/**
 * Receives the messages of the other side, one at a time and in order for each connection. Returning confirms;
 * an id, or several, that the message got in this service is stored with it. Throwing means "again later", see
 * {@link DeliveryError}, or with a {@link PermanentDeliveryError} "never".
 */
export type ReceivedMessageCallback<Id> = (
  message: Message,
  delivery: Delivery<Id>,
) => void | string | readonly string[] | Promise<void | string | readonly string[]>;

/** All that waits for a client at one moment, oldest first. */
export interface DeliveryBatch<Id> {
  /** The receiving service's id of the client. */
  readonly id: Id;
  /** The pairing that the messages belong to. */
  readonly connection: Connection;
  /** The connection's `rev` when the batch was read: the messages are in their state of then. */
  readonly rev: number;
  /** Delivered messages that were edited or deleted since, in `rev` order. */
  readonly changes: readonly Message[];
  /** New messages, in `seq` order. */
  readonly messages: readonly Message[];
  /** What {@link DeliveryBatch.setNote} kept during an attempt that was never confirmed. */
  readonly note: JsonValue | undefined;
  /** Counts from 1; above 1 the earlier ones failed or their outcome is unknown. */
  readonly attempt: number;
  /** Aborted when the ChatBox closes. */
  readonly signal: AbortSignal;
  /**
   * Keeps a value until the next confirmed delivery to this client, through crashes and restarts: a plan that a
   * second attempt must follow exactly. Resolves when it is on disk.
   */
  setNote(note: JsonValue): Promise<void>;
  /**
   * Confirms a part of the batch while the rest is still under way: `changes` up to and with `changesRev`, `messages` up to and with
   * `seq`, and the ids they got. Resolves when it is on disk. Clears the note.
   */
  confirm(progress: DeliveryProgress): Promise<void>;
  /**
   * Marks messages of the batch as failed for good and tells their sender, while the rest goes on. They still have to be confirmed
   * like those that have arrived.
   */
  fail(messages: readonly Message[], error: PermanentDeliveryError): Promise<void>;
}

/**
 * Receives all that waits for a client at once, for services that can pack. Returning confirms the whole batch;
 * throwing confirms nothing beyond what {@link DeliveryBatch.confirm} has.
 */
export type ReceivedBatchCallback<Id> = (batch: DeliveryBatch<Id>) => void | Promise<void>;
