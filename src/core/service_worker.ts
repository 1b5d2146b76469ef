import { abortable } from "./abortable.ts";
import type { WaitOptions } from "./async_queue.ts";
import type { Connection } from "./connection.ts";
import type { ReceivedBatchCallback, ReceivedMessageCallback } from "./delivery.ts";
import type { SendOptions } from "./exchange.ts";
import type { Uuid } from "./id_type.ts";
import type { Message, MessageDraft, MessageEdit, Side } from "./message.ts";
import { checkCallback, checkFields } from "./check.ts";
import type { MessageQueue } from "./message_queue.ts";
import type { Appended } from "./ports.ts";
import type { SendQueue } from "./send_queue.ts";
import type { CreateCallback, NewAccessCallback, PeerSignalCallback } from "./service.ts";
import { type AccessOptions, WorkerAccess } from "./worker/access.ts";
import { WorkerBlocking } from "./worker/blocking.ts";
import { WorkerLookUps } from "./worker/look_ups.ts";
import type { WorkerParts } from "./worker/parts.ts";
import { type ReceiveBatchOptions, type ReceiveOptions, WorkerReceiving } from "./worker/receiving.ts";
import { type MessageSender, WorkerSending } from "./worker/sending.ts";
import type { ClientQueueOptions } from "./worker_queues.ts";

const SET = "set a callback";

/**
 * One service's door to the ChatBox. Where a signal can be given, it ends the waiting: what has begun may happen nevertheless; one that
 * is aborted already is refused before anything is done.
 *
 * @example Callbacks, an edit, and an id that the receiving service gave
 * ```ts
 * import { ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const heard: unknown[] = [];
 * const changed = Promise.withResolvers<void>();
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * box.worker2.setReceivedMessageCallback((message, { id, kind, remoteIds }) => {
 *   heard.push([id, kind, message.content, remoteIds]);
 *   if (kind === "edit") changed.resolve();
 *   return "post 1";
 * });
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * const { seq } = await box.worker1.getMessageSender("ada")("Helo");
 * await box.worker1.edit("ada", seq, "Hello");
 * await changed.promise;
 * deepEqual(heard.at(-1), ["room of ada", "edit", "Hello", ["post 1"]]);
 * ```
 *
 * @example Without callbacks: queues
 * ```ts
 * import { ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.sendQueue.send({ id: "ada", message: "first" });
 * await box.worker1.sendQueue.send({ id: "ada", message: "second" });
 * const heard: string[] = [];
 * for await (const message of box.worker2.receiveQueue) {
 *   heard.push(`${message.id}: ${message.content}`);
 *   if (heard.length === 2) break;
 * }
 * deepEqual(heard, ["room of ada: first", "room of ada: second"]);
 * ```
 *
 * @typeParam Id what the service uses as ids of its clients
 * @typeParam PeerId what the other service uses
 */
export class ServiceWorker<in out Id, in out PeerId> {
  readonly #parts: WorkerParts;
  readonly #access: WorkerAccess<Id>;
  readonly #sending: WorkerSending<Id>;
  readonly #receiving: WorkerReceiving<Id>;
  readonly #blocking: WorkerBlocking<Id>;
  readonly #lookUps: WorkerLookUps<Id, PeerId>;

  /**
   * Made by the {@link ChatBox}.
   *
   * @internal
   */
  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#access = new WorkerAccess(parts);
    this.#sending = new WorkerSending(parts);
    this.#receiving = new WorkerReceiving(parts);
    this.#blocking = new WorkerBlocking(parts);
    this.#lookUps = new WorkerLookUps(parts);
  }

  /** The service's name. */
  get name(): string {
    return this.#parts.service.name;
  }

  /** Which of the two services this is. */
  get side(): Side {
    return this.#parts.service.side;
  }

  /** Sets who makes this service's client for a new client of the other side; `undefined` for nobody. */
  setCreateCallback(callback: CreateCallback<Id, PeerId> | undefined): void {
    checkCallback(SET, "the create callback", callback);
    this.#parts.service.create = callback as CreateCallback<unknown, unknown> | undefined;
  }

  /** Sets who learns of every access of a client on the other side; `undefined` for nobody. */
  setNewAccessCallback(callback: NewAccessCallback<Id> | undefined): void {
    checkCallback(SET, "the new-access callback", callback);
    this.#parts.service.newAccess = callback as NewAccessCallback<unknown> | undefined;
  }

  /** Sets who learns that the other side's client is typing or has read; `undefined` for nobody. */
  setPeerSignalCallback(callback: PeerSignalCallback<Id> | undefined): void {
    checkCallback(SET, "the peer signal callback", callback);
    this.#parts.service.peerSignal = callback as PeerSignalCallback<unknown> | undefined;
  }

  /** Sets who receives messages, one at a time; `undefined` for nobody: then they wait in storage. */
  setReceivedMessageCallback(
    callback: ReceivedMessageCallback<Id> | undefined,
    options: ReceiveOptions = {},
  ): void {
    checkCallback(SET, "the received-message callback", callback);
    this.#receiving.setSingle(callback, checkFields(SET, "the options", options));
  }

  /** Sets who receives messages, all that wait for a client at once; replaces a callback for single messages. */
  setReceivedBatchCallback(
    callback: ReceivedBatchCallback<Id> | undefined,
    options: ReceiveBatchOptions = {},
  ): void {
    checkCallback(SET, "the received-batch callback", callback);
    this.#receiving.setBatch(callback, checkFields(SET, "the options", options));
  }

  /** Tries everything that waits for this service again at once, for example after it was out of reach. */
  resumeDeliveries(): void {
    this.#parts.dispatcher.resume(this.side);
  }

  /**
   * A client of this service is there: finds its connection or registers it.
   *
   * @param id the client's id; a random UUID is made when it is left out
   * @returns the id
   * @throws {ChatBoxError} `not_found` for an unknown client with `create: false`; `create_failed` when the other side's
   *   create callback failed, or gave no id of its type, and nothing was stored; `closed` when the ChatBox closes; `bad_value` for an id
   *   that is not of the service's type, as every other method that takes one
   * @throws {TypeError} when the id is left out and the service's ids are not UUIDs
   */
  accessNewClient(id?: Id, options: AccessOptions = {}): Promise<Id> {
    return this.#access.access(id, options);
  }

  /**
   * A client of this service is gone for now: what comes for it waits until {@link ServiceWorker.accessNewClient} is called for it again.
   * History and pairing stay. The queue that it has now is closed at once; one that is asked for later is another one. No callback is
   * called for one of its messages once this has resolved; one that is under way goes on.
   *
   * @throws {ChatBoxError} `not_found` for an unknown client
   */
  async deactivateClient(id: Id, { signal }: WaitOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const encoded = this.#parts.service.idType.encode(id);
    // In this order: what the queue gives back finds the client gone.
    const gone = this.#access.deactivate(encoded);
    this.#receiving.closeClient(encoded);
    await abortable(gone, signal);
  }

  /**
   * The messages from the other side for one client, as a queue of its own; the others go where they went before. The same one is
   * given until it is closed. An unknown client's queue ends with a `not_found`, and so does one whose client was removed, see
   * {@link ChatBox.forget}; for one that is being registered it may be asked for already.
   *
   * @throws {TypeError} when the service is not durable: then nothing waits for its clients
   * @throws {ChatBoxError} `conflict` when the queue is open with another capacity
   */
  getClientQueue(id: Id, options: ClientQueueOptions = {}): MessageQueue<Id> {
    return this.#receiving.ofClient(id, checkFields("make a queue", "the options", options));
  }

  /**
   * The messages from the other side for all clients that have no queue of their own. Made when first asked for, and again after it was
   * closed.
   *
   * @throws {TypeError} when a callback receives them, or the service is not durable
   */
  get receiveQueue(): MessageQueue<Id> {
    return this.#receiving.ofAll();
  }

  /**
   * Messages of all clients on their way into storage, a bounded number at once. Made when first asked for, and again after it was
   * closed; all of them together take that number.
   */
  get sendQueue(): SendQueue<Id> {
    return this.#sending.queue;
  }

  /** Gives the function that sends messages of a client. */
  getMessageSender(id: Id): MessageSender {
    return this.#sending.sender(id);
  }

  /**
   * Sends a message of a client. Messages of one client are stored in the order of the calls.
   *
   * @throws {ChatBoxError} `bad_value` for a draft that is not allowed, `not_found` for an unknown client, `blocked` when the
   *   other side has blocked this one, `overloaded` when it cannot be stored now
   */
  send(id: Id, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    return this.#sending.send(id, draft, options);
  }

  /** Sends a message of the connection's client on this side. See {@link ServiceWorker.send}. */
  sendIn(connection: Connection, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    return this.#sending.sendIn(connection, draft, options);
  }

  /**
   * Changes a message that a client of this service has sent.
   *
   * @throws {ChatBoxError} `not_found`; `forbidden` when the other side sent it, or when it, or an earlier edit of it, could not be
   *   delivered for good: it can be deleted and sent anew
   */
  edit(id: Id, seq: number, edit: string | MessageEdit, options: WaitOptions = {}): Promise<Message> {
    return this.#sending.edit(id, seq, edit, options);
  }

  /**
   * Deletes a message that a client of this service has sent.
   *
   * @throws {ChatBoxError} `not_found`, or `forbidden` when the other side sent it
   */
  delete(id: Id, seq: number, options: WaitOptions = {}): Promise<Message> {
    return this.#sending.delete(id, seq, options);
  }

  /** A client has read everything up to `seq`. */
  markRead(id: Id, seq: number, options: WaitOptions = {}): Promise<void> {
    return this.#sending.markRead(id, seq, options);
  }

  /** A client is typing. Told to listeners, never stored. */
  typing(id: Id, name: string, options: WaitOptions = {}): Promise<void> {
    return this.#sending.typing(id, name, options);
  }

  /**
   * Hears nothing more from the client on the other side: what they send or change is refused as `blocked`. It lasts across
   * restarts.
   *
   * @param until Unix milliseconds, `Infinity` until further notice, `null` to hear from them again
   * @throws {ChatBoxError} `not_found` for an unknown client
   */
  setBlocked(id: Id, until: number | null, options: WaitOptions = {}): Promise<void> {
    return this.#blocking.set(id, until, options);
  }

  /** Until when this service hears nothing from the client on the other side, see {@link ServiceWorker.setBlocked}. */
  blockedUntil(connection: Connection): Promise<number | null> {
    return this.#blocking.until(connection);
  }

  /** Whether the other service hears nothing from this client at the moment; nobody blocks a conversation that has not begun. */
  isBlocked(connection: Connection): Promise<boolean> {
    return this.#blocking.isBlocked(connection);
  }

  /** When a connection was made and when one of its clients was there last, in Unix milliseconds. */
  seenAt(connection: Connection): Promise<{ readonly first: number; readonly last: number } | undefined> {
    return this.#lookUps.seenAt(connection);
  }

  /** The uid of a client's connection; `undefined` for an unknown client. */
  async getUid(id: Id): Promise<Uuid | undefined> {
    return (await this.connectionOf(id))?.uid;
  }

  /** The connection of a client; `undefined` for an unknown one. */
  connectionOf(id: Id): Promise<Connection | undefined> {
    return this.#lookUps.connectionOf(id);
  }

  /** The connection of a client of the other service; `undefined` for an unknown one. */
  connectionOfPeer(id: PeerId): Promise<Connection | undefined> {
    return this.#lookUps.connectionOfPeer(id);
  }

  /** This service's id of a connection's client; `undefined` while it has none. */
  idOf(connection: Connection): Promise<Id | undefined> {
    return this.#lookUps.idOf(connection);
  }

  /** The other service's id of a connection's client; `undefined` while it has none. */
  peerIdOf(connection: Connection): Promise<PeerId | undefined> {
    return this.#lookUps.peerIdOf(connection);
  }

  /**
   * Makes this service's client for a connection now if it has none yet, and gives its id.
   *
   * @throws {ChatBoxError} `create_failed` when the create callback failed, or gave no id of its type
   */
  pair(connection: Connection, options: WaitOptions = {}): Promise<Id> {
    return this.#access.pair(connection, options);
  }

  /**
   * The client is gone in this service: the next delivery makes a new one. History stays, and what the old client was given is not given
   * again: a change of such a message comes to the new one as a change, with the ids that the message has where the old one was. Whoever
   * cannot tell from these that they are not the new client's keeps that in mind.
   */
  unpair(id: Id, options: WaitOptions = {}): Promise<void> {
    return this.#access.unpair(id, options);
  }

  /** Finds the message that has an id in this service. */
  findMessage(id: Id, remoteId: string): Promise<Message | undefined> {
    return this.#lookUps.findMessage(id, remoteId);
  }

  /** The ids that a message has in this service, in the order of its parts. */
  remoteIds(connection: Connection, seq: number): Promise<readonly string[]> {
    return this.#lookUps.remoteIds(connection, seq);
  }

  /** The ids of this service's clients, those whose conversation had the latest message first; at most `limit`. */
  recentIds(limit: number): Promise<readonly Id[]> {
    return this.#lookUps.recentIds(limit);
  }

  /** The last position that this service has handed in for a client, for catching up there. */
  cursor(id: Id): Promise<string | undefined> {
    return this.#lookUps.cursor(id);
  }

  /** Moves that position; a message's {@link MessageDraft.cursor} does so together with the message. */
  setCursor(id: Id, cursor: string, options: WaitOptions = {}): Promise<void> {
    return this.#lookUps.setCursor(id, cursor, options);
  }
}
