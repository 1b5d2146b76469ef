import { abortable } from "./abortable.ts";
import type { Blocks } from "./blocks.ts";
import type { CallbackWatch } from "./callback_watch.ts";
import type { Connection } from "./connection.ts";
import type { ReceivedBatchCallback, ReceivedMessageCallback } from "./delivery.ts";
import type { Directory } from "./directory.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { ChatBoxError } from "./errors.ts";
import type { Exchange, SendOptions } from "./exchange.ts";
import type { Uuid } from "./id_type.ts";
import type { Message, MessageDraft, MessageEdit, Side } from "./message.ts";
import type { MessageQueue } from "./message_queue.ts";
import { deliverOneByOne } from "./one_by_one.ts";
import type { Appended, ConnectionRecord, IdSource, Store } from "./ports.ts";
import { SendQueue } from "./send_queue.ts";
import { type ClientQueueOptions, WorkerQueues } from "./worker_queues.ts";
import type { CreateCallback, NewAccessCallback, PeerSignalCallback, Service } from "./service.ts";

/** How many sent messages may be on their way into storage. */
const SEND_QUEUE_CAPACITY = 1_000;

/** How many messages are read at once for a callback that takes them one at a time. */
const ONE_BY_ONE_LIMIT = 32;

/**
 * What a worker is made of; the ChatBox builds it.
 *
 * @internal
 */
export interface ServiceWorkerParts {
  readonly service: Service;
  readonly peer: Service;
  readonly store: Store;
  readonly ids: IdSource;
  readonly blocks: Blocks;
  readonly directory: Directory;
  readonly dispatcher: Dispatcher;
  readonly exchange: Exchange;
  readonly watch: CallbackWatch;
  /** Aborted when the ChatBox closes. */
  readonly signal: AbortSignal;
}

/** Options of {@link ServiceWorker.accessNewClient}. */
export interface AccessOptions {
  /** Whether an unknown client is registered; true when left out. */
  readonly create?: boolean;
  /** The connection's own id if it is made now; a random one when left out. */
  readonly uid?: Uuid;
  /** Ends the waiting; a registration that has begun goes on. */
  readonly signal?: AbortSignal;
}

/** Options of {@link ServiceWorker.setReceivedMessageCallback}. */
export interface ReceiveOptions {
  /** Whether the service gets its own messages, too; false when left out. */
  readonly echo?: boolean;
}

/** Options of {@link ServiceWorker.setReceivedBatchCallback}. */
export interface ReceiveBatchOptions extends ReceiveOptions {
  /** The most messages and changes in a batch, 100 when left out. */
  readonly limit?: number;
}

/** Sends messages of one client. Resolves with the stored message once it is on disk. */
export type MessageSender = (message: string | MessageDraft, options?: SendOptions) => Promise<Message>;

/**
 * One service's door to the ChatBox.
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
export class ServiceWorker<Id, PeerId> {
  readonly #parts: ServiceWorkerParts;
  readonly #queues: WorkerQueues<Id>;
  #sendQueue: SendQueue<Id> | undefined;

  /**
   * Made by the {@link ChatBox}.
   *
   * @internal
   */
  constructor(parts: ServiceWorkerParts) {
    this.#parts = parts;
    this.#queues = new WorkerQueues(parts);
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
    this.#parts.service.create = callback as CreateCallback<unknown, unknown> | undefined;
  }

  /** Sets who learns of every access of a client on the other side; `undefined` for nobody. */
  setNewAccessCallback(callback: NewAccessCallback<Id> | undefined): void {
    this.#parts.service.newAccess = callback as NewAccessCallback<unknown> | undefined;
  }

  /** Sets who learns that the other side's client is typing or has read; `undefined` for nobody. */
  setPeerSignalCallback(callback: PeerSignalCallback<Id> | undefined): void {
    this.#parts.service.peerSignal = callback as PeerSignalCallback<unknown> | undefined;
  }

  /** Sets who receives messages, one at a time; `undefined` for nobody: then they wait in storage. */
  setReceivedMessageCallback(
    callback: ReceivedMessageCallback<Id> | undefined,
    options: ReceiveOptions = {},
  ): void {
    const { store, service, watch } = this.#parts;
    this.#setReceiver(
      callback && deliverOneByOne(service, store, watch, callback),
      { ...options, limit: ONE_BY_ONE_LIMIT },
      "single",
    );
  }

  /** Sets who receives messages, all that wait for a client at once; replaces a callback for single messages. */
  setReceivedBatchCallback(
    callback: ReceivedBatchCallback<Id> | undefined,
    options: ReceiveBatchOptions = {},
  ): void {
    this.#setReceiver(callback, options, "batch");
  }

  #setReceiver(
    callback: ReceivedBatchCallback<Id> | undefined,
    options: ReceiveBatchOptions,
    kind: "single" | "batch",
  ): void {
    const { limit = 100, echo = false } = options;
    const { service, dispatcher } = this.#parts;
    this.#queues.closeAll();
    service.receive = callback && { callback: callback as ReceivedBatchCallback<unknown>, limit, echo, kind };
    dispatcher.resume(service.side);
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
   *   create callback failed, and nothing was stored
   */
  async accessNewClient(id?: Id, options: AccessOptions = {}): Promise<Id> {
    const { service, ids, exchange } = this.#parts;
    const { create = true, uid, signal } = options;
    signal?.throwIfAborted();
    const encoded = service.idType.encode(id ?? this.#newId(ids));
    await abortable(exchange.access(service.side, encoded, create, uid), signal);
    return service.idType.decode(encoded) as Id;
  }

  #newId(ids: IdSource): Uuid {
    const { name, idType } = this.#parts.service;
    if (idType.name !== "uuid") {
      throw new TypeError(
        `Cannot make an id for ${name}: its ids are of type ${idType.name}, only a uuid can be made`,
      );
    }
    return ids();
  }

  /**
   * A client of this service is gone for now: what comes for it waits until {@link ServiceWorker.accessNewClient} is called for it again.
   * History and pairing stay. Its queue is closed.
   *
   * @throws {ChatBoxError} `not_found` for an unknown client
   */
  async deactivateClient(id: Id): Promise<void> {
    const { service, exchange } = this.#parts;
    const encoded = service.idType.encode(id);
    await exchange.setActive(service.side, encoded, false);
    this.#queues.closeClient(encoded);
  }

  /**
   * The messages from the other side for one client, as a queue of its own; the others go where they went before. The same one is
   * given until it is closed. An unknown client's queue ends with a `not_found`.
   *
   * @throws {TypeError} when the service is not durable: then nothing waits for its clients
   */
  getClientQueue(id: Id, options: ClientQueueOptions = {}): MessageQueue<Id> {
    return this.#queues.ofClient(this.#parts.service.idType.encode(id), options);
  }

  /**
   * The messages from the other side for all clients that have no queue of their own. Made when first asked for, and again after it was
   * closed.
   *
   * @throws {TypeError} when a callback receives them, or the service is not durable
   */
  get receiveQueue(): MessageQueue<Id> {
    return this.#queues.ofAll();
  }

  /** Messages of all clients on their way into storage, a bounded number at once. Made when first asked for. */
  get sendQueue(): SendQueue<Id> {
    return this.#sendQueue ??= new SendQueue(
      SEND_QUEUE_CAPACITY,
      async ({ id, message }) =>
        (await this.send(id, typeof message === "string" ? { content: message } : message)).message,
    );
  }

  /** Gives the function that sends messages of a client. */
  getMessageSender(id: Id): MessageSender {
    return async (message, options) =>
      (await this.send(id, typeof message === "string" ? { content: message } : message, options)).message;
  }

  /**
   * Sends a message of a client.
   *
   * @throws {ChatBoxError} `not_found` for an unknown client, `blocked` when the other side has blocked this one,
   *   `overloaded` when it cannot be stored now
   */
  async send(id: Id, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    const { directory, exchange, service } = this.#parts;
    const { signal } = options;
    signal?.throwIfAborted();
    const encoded = service.idType.encode(id);
    const { uid } = directory.cached(service.side, encoded) ?? await exchange.known(service.side, encoded);
    return await abortable(exchange.send(service.side, uid, draft, options), signal);
  }

  /** Sends a message of the connection's client on this side. See {@link ServiceWorker.send}. */
  sendIn(connection: Connection, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return abortable(this.#parts.exchange.send(this.side, connection.uid, draft, options), signal);
  }

  /**
   * Changes a message that a client of this service has sent.
   *
   * @throws {ChatBoxError} `not_found`, or `forbidden` when the other side sent it
   */
  async edit(id: Id, seq: number, edit: string | MessageEdit): Promise<Message> {
    const { uid } = await this.#known(id);
    const change = typeof edit === "string" ? { content: edit } : edit;
    return await this.#parts.exchange.change(this.side, uid, seq, { type: "edit", ...change });
  }

  /**
   * Deletes a message that a client of this service has sent.
   *
   * @throws {ChatBoxError} `not_found`, or `forbidden` when the other side sent it
   */
  async delete(id: Id, seq: number): Promise<Message> {
    const { uid } = await this.#known(id);
    return await this.#parts.exchange.change(this.side, uid, seq, { type: "delete" });
  }

  /** A client has read everything up to `seq`. */
  async markRead(id: Id, seq: number): Promise<void> {
    const { uid } = await this.#known(id);
    await this.#parts.exchange.markRead(this.side, uid, seq);
  }

  /** A client is typing. Told to listeners, never stored. */
  async typing(id: Id, name: string): Promise<void> {
    const { uid } = await this.#known(id);
    await this.#parts.exchange.typing(this.side, uid, name);
  }

  /**
   * Hears nothing more from the client on the other side: what they send or change is refused as `blocked`. It lasts across
   * restarts.
   *
   * @param until Unix milliseconds, `Infinity` until further notice, `null` to hear from them again
   * @throws {ChatBoxError} `not_found` for an unknown client
   */
  async setBlocked(id: Id, until: number | null): Promise<void> {
    if (Number.isNaN(until)) {
      throw new RangeError("Cannot block a client: until is NaN, allowed are a time, Infinity and null");
    }
    const { uid } = await this.#known(id);
    await this.#parts.blocks.set(this.#parts.peer.side, uid, until ?? 0);
  }

  /** Until when this service hears nothing from the client on the other side, see {@link ServiceWorker.setBlocked}. */
  async blockedUntil(connection: Connection): Promise<number | null> {
    const until = await this.#parts.blocks.until(this.#parts.peer.side, connection.uid);
    return until === 0 ? null : until;
  }

  /** Whether the other service hears nothing from this client at the moment; nobody blocks a conversation that has not begun. */
  async isBlocked(connection: Connection): Promise<boolean> {
    if (await this.#parts.directory.byUid(connection.uid) === undefined) return false;
    return await this.#parts.blocks.until(this.side, connection.uid) > 0;
  }

  /** When a connection was made and when one of its clients was there last, in Unix milliseconds. */
  async seenAt(
    connection: Connection,
  ): Promise<{ readonly first: number; readonly last: number } | undefined> {
    // The one that is kept in memory does not follow every access.
    const record = await this.#parts.store.connection(connection.uid);
    return record && { first: record.createdAt, last: record.lastSeenAt };
  }

  /** The uid of a client's connection; `undefined` for an unknown client. */
  async getUid(id: Id): Promise<Uuid | undefined> {
    return (await this.connectionOf(id))?.uid;
  }

  /** The connection of a client; `undefined` for an unknown one. */
  async connectionOf(id: Id): Promise<Connection | undefined> {
    const { directory, service } = this.#parts;
    const record = await directory.find(service.side, service.idType.encode(id));
    return record && directory.handle(record.uid);
  }

  /** This service's id of a connection's client; `undefined` while it has none. */
  async idOf(connection: Connection): Promise<Id | undefined> {
    const { directory, service } = this.#parts;
    const encoded = (await directory.byUid(connection.uid))?.ids[service.side];
    return encoded === undefined || encoded === null ? undefined : service.idType.decode(encoded) as Id;
  }

  /** The other service's id of a connection's client; `undefined` while it has none. */
  async peerIdOf(connection: Connection): Promise<PeerId | undefined> {
    const { directory, peer } = this.#parts;
    const encoded = (await directory.byUid(connection.uid))?.ids[peer.side];
    return encoded === undefined || encoded === null ? undefined : peer.idType.decode(encoded) as PeerId;
  }

  /** Makes this service's client for a connection now if it has none yet, and gives its id. */
  async pair(connection: Connection): Promise<Id> {
    const { directory, service } = this.#parts;
    const encoded = (await directory.pair(connection.uid, service.side)).ids[service.side];
    if (encoded === null) throw new ChatBoxError("create_failed", `Cannot pair connection ${connection.uid}`);
    return service.idType.decode(encoded) as Id;
  }

  /** The client is gone in this service: the next delivery makes a new one. History stays. */
  async unpair(id: Id): Promise<void> {
    const { directory, service } = this.#parts;
    await directory.unpair(service.side, service.idType.encode(id));
  }

  /** Finds the message that has an id in this service. */
  async findMessage(id: Id, remoteId: string): Promise<Message | undefined> {
    const record = await this.#find(id);
    return record && await this.#parts.store.findRemote(record.uid, this.side, remoteId);
  }

  /** The ids that a message has in this service, in the order of its parts. */
  remoteIds(connection: Connection, seq: number): Promise<readonly string[]> {
    return this.#parts.store.remoteIds(connection.uid, this.side, seq);
  }

  /** The ids of this service's clients, those whose conversation had the latest message first; at most `limit`. */
  async recentIds(limit: number): Promise<readonly Id[]> {
    const { store, service } = this.#parts;
    const ids = await store.recentIds(service.side, limit);
    return ids.map((id) => service.idType.decode(id) as Id);
  }

  /** The last position that this service has handed in for a client, for catching up there. */
  async cursor(id: Id): Promise<string | undefined> {
    const record = await this.#find(id);
    return record && await this.#parts.store.cursor(record.uid, this.side);
  }

  /** Moves that position; a message's {@link MessageDraft.cursor} does so together with the message. */
  async setCursor(id: Id, cursor: string): Promise<void> {
    const { uid } = await this.#known(id);
    await this.#parts.store.setCursor(uid, this.side, cursor);
  }

  #find(id: Id): Promise<ConnectionRecord | undefined> {
    const { directory, service } = this.#parts;
    return directory.find(service.side, service.idType.encode(id));
  }

  #known(id: Id): Promise<ConnectionRecord> {
    const { exchange, service } = this.#parts;
    return exchange.known(service.side, service.idType.encode(id));
  }
}
