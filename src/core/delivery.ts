import type { Connection } from "./connection.ts";
import type { PermanentDeliveryError } from "./errors.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import type { JsonValue } from "./json.ts";
import type { Message } from "./message.ts";

/**
 * What happened to a message.
 *
 * @example One callback for new messages and what becomes of them
 * ```ts
 * import type { DeliveryKind, Message } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * function show(kind: DeliveryKind, { seq, content }: Pick<Message, "seq" | "content">): string {
 *   return kind === "delete" ? `${seq} is gone` : `${seq}${kind === "edit" ? " (edited)" : ""}: ${content}`;
 * }
 * equal(show("edit", { seq: 1, content: "Hello" }), "1 (edited): Hello");
 * ```
 */
export type DeliveryKind = "message" | "edit" | "delete";

/**
 * How one message reaches a {@link ReceivedMessageCallback}.
 *
 * @example What comes with a message
 * ```ts
 * import { ChatBox, type Delivery, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const arrived = Promise.withResolvers<Delivery<string>>();
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * box.worker2.setReceivedMessageCallback((_message, delivery) => arrived.resolve(delivery));
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.getMessageSender("ada")("Hello");
 * const { id, kind, attempt, remoteIds } = await arrived.promise;
 * deepEqual({ id, kind, attempt, remoteIds }, { id: "room of ada", kind: "message", attempt: 1, remoteIds: [] });
 * ```
 */
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
 *
 * @example A failure, and an id of the service's own
 * ```ts
 * import { ChatBox, DeliveryError, type ReceivedMessageCallback, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const posted = Promise.withResolvers<number>();
 * const post: ReceivedMessageCallback<string> = (_message, { attempt }) => {
 *   if (attempt === 1) throw new DeliveryError("busy", { retryAfterMs: 1 });
 *   posted.resolve(attempt);
 *   return "post 7";
 * };
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * box.worker2.setReceivedMessageCallback(post);
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.getMessageSender("ada")("Hello");
 * deepEqual(await posted.promise, 2);
 * ```
 */
export type ReceivedMessageCallback<Id> = (
  message: Message,
  delivery: Delivery<Id>,
) => void | string | readonly string[] | Promise<void | string | readonly string[]>;

/**
 * All that waits for a client at one moment, oldest first.
 *
 * @example A plan that a second attempt follows
 * ```ts
 * import { ChatBox, type DeliveryBatch, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const done = Promise.withResolvers<readonly string[]>();
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.getMessageSender("ada")("first");
 * await box.worker1.getMessageSender("ada")("second");
 * box.worker2.setReceivedBatchCallback(async (batch: DeliveryBatch<string>) => {
 *   await batch.setNote({ nonce: "n1" });
 *   const [first] = batch.messages;
 *   if (first !== undefined) {
 *     await batch.confirm({ seq: first.seq, remoteIds: [{ seq: first.seq, ids: ["post 1"] }] });
 *   }
 *   done.resolve(batch.messages.map(({ content }) => content));
 * });
 * await box.start();
 * deepEqual(await done.promise, ["first", "second"]);
 * ```
 */
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
 *
 * @example Many messages in one post
 * ```ts
 * import { ChatBox, type ReceivedBatchCallback, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const posted = Promise.withResolvers<string>();
 * const pack: ReceivedBatchCallback<string> = ({ messages }) =>
 *   posted.resolve(messages.map(({ content }) => content).join("\n"));
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.worker1.accessNewClient("ada");
 * for (const text of ["Hello", "anybody there?"]) await box.worker1.getMessageSender("ada")(text);
 * box.worker2.setReceivedBatchCallback(pack);
 * await box.start();
 * equal(await posted.promise, "Hello\nanybody there?");
 * ```
 */
export type ReceivedBatchCallback<Id> = (batch: DeliveryBatch<Id>) => void | Promise<void>;
