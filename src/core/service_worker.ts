import type { Connection } from "./connection.ts";
import type { ReceivedBatchCallback, ReceivedMessageCallback } from "./delivery.ts";
import type { Directory } from "./directory.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { ChatBoxError } from "./errors.ts";
import type { Exchange, SendOptions } from "./exchange.ts";
import type { Uuid } from "./id_type.ts";
import type { Message, MessageDraft, MessageEdit, Side } from "./message.ts";
import { deliverOneByOne } from "./one_by_one.ts";
import type { Appended, ConnectionRecord, IdSource, Store } from "./ports.ts";
import type { CreateCallback, NewAccessCallback, PeerSignalCallback, Service } from "./service.ts";

/** How many messages are read at once for a callback that takes them one at a time. */
const ONE_BY_ONE_LIMIT = 32;

/** What a worker is made of; the ChatBox builds it. */
export interface ServiceWorkerParts {
  readonly service: Service;
  readonly peer: Service;
  readonly store: Store;
  readonly ids: IdSource;
  readonly directory: Directory;
  readonly dispatcher: Dispatcher;
  readonly exchange: Exchange;
}

/** Options of {@link ServiceWorker.accessNewClient}. */
export interface AccessOptions {
  /** Whether an unknown client is registered; true when left out. */
  readonly create?: boolean;
  /** The connection's own id if it is made now; a random one when left out. */
  readonly uid?: Uuid;
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
export type MessageSender = (message: string | MessageDraft) => Promise<Message>;

/**
 * One service's door to the ChatBox.
 *
 * @typeParam Id what the service uses as ids of its clients
 * @typeParam PeerId what the other service uses
 */
export class ServiceWorker<Id, PeerId> {
  readonly #parts: ServiceWorkerParts;

  /** Made by the {@link ChatBox}. */
  constructor(parts: ServiceWorkerParts) {
    this.#parts = parts;
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
    const { store, service } = this.#parts;
    this.setReceivedBatchCallback(
      callback && deliverOneByOne(service.side, store, callback),
      { ...options, limit: ONE_BY_ONE_LIMIT },
    );
  }

  /** Sets who receives messages, all that wait for a client at once; replaces a callback for single messages. */
  setReceivedBatchCallback(
    callback: ReceivedBatchCallback<Id> | undefined,
    options: ReceiveBatchOptions = {},
  ): void {
    const { limit = 100, echo = false } = options;
    const { service, dispatcher } = this.#parts;
    service.receive = callback && { callback: callback as ReceivedBatchCallback<unknown>, limit, echo };
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
    const encoded = service.idType.encode(id ?? this.#newId(ids));
    await exchange.access(service.side, encoded, options.create ?? true, options.uid);
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

  /** Gives the function that sends messages of a client. */
  getMessageSender(id: Id): MessageSender {
    return async (message) =>
      (await this.send(id, typeof message === "string" ? { content: message } : message)).message;
  }

  /**
   * Sends a message of a client.
   *
   * @throws {ChatBoxError} `not_found` for an unknown client, `overloaded` when it cannot be stored now
   */
  async send(id: Id, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    const { uid } = await this.#known(id);
    return await this.#parts.exchange.send(this.side, uid, draft, options);
  }

  /** Sends a message of the connection's client on this side. See {@link ServiceWorker.send}. */
  sendIn(connection: Connection, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    return this.#parts.exchange.send(this.side, connection.uid, draft, options);
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
