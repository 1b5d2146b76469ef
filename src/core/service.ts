import type { Connection } from "./connection.ts";
import type { ReceivedBatchCallback } from "./delivery.ts";
import type { IdType, Uuid } from "./id_type.ts";
import type { Side } from "./message.ts";

/**
 * How one of the two services takes part. Its `idType` may be left out only where ids are UUIDs.
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export type ServiceOptions<Id> = ServiceSettings<Id> & IdTypeGiven<Id>;

/**
 * Asks for the `idType` unless ids are UUIDs.
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export type IdTypeGiven<Id> = [Id, Uuid] extends [Uuid, Id] ? unknown : { readonly idType: IdType<Id> };

/**
 * The settings of a service.
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export interface ServiceSettings<Id> {
  /** Names the service in logs and errors. */
  readonly name: string;
  /** What the service uses as ids; UUIDs when left out. */
  readonly idType?: IdType<Id>;
  /**
   * Whether messages for this service wait until it confirms them; true when left out. False is for services whose
   * clients keep a cursor of their own, subscribe to the connection and catch up by `messagesAfter`.
   */
  readonly durable?: boolean;
  /**
   * When a new client of the other service gets its id here: already at its first `"access"`, which fails when the
   * create callback does, or with its first `"message"`, where a failing callback is tried again like any delivery.
   * `"access"` when left out.
   */
  readonly pairAt?: "access" | "message";
}

/**
 * Makes this service's client for a new client of the other side and gives its id.
 *
 * @param peerId the id of the client in the other service
 */
export type CreateCallback<Id, PeerId> = (peerId: PeerId, connection: Connection) => Id | Promise<Id>;

/**
 * Learns that a client of the other side is there, new or known, after the create callback.
 *
 * @param id the id of the client in this service; `undefined` while it has none (see {@link ServiceOptions.pairAt})
 */
export type NewAccessCallback<Id> = (id: Id | undefined, connection: Connection) => void | Promise<void>;

/** Something of the moment that the other side's client does; it is told once and not kept. */
export type PeerSignal =
  | { readonly type: "typing"; readonly name: string }
  /** Everything up to `seq` was read. */
  | { readonly type: "read"; readonly seq: number };

/** Learns what the client on the other side is doing, for clients that have an id in this service. */
export type PeerSignalCallback<Id> = (
  id: Id,
  signal: PeerSignal,
  connection: Connection,
) => void | Promise<void>;

/** One service as the inside of the ChatBox sees it: its ids are `unknown` here, the workers give them their types. */
export interface Service {
  readonly side: Side;
  readonly name: string;
  readonly idType: IdType<unknown>;
  readonly durable: boolean;
  readonly pairAt: "access" | "message";
  create: CreateCallback<unknown, unknown> | undefined;
  newAccess: NewAccessCallback<unknown> | undefined;
  peerSignal: PeerSignalCallback<unknown> | undefined;
  /** Who takes deliveries of every client that has nobody of its own. */
  receive: Receiver | undefined;
  /** Who takes deliveries of single clients. */
  readonly clients: Map<Uuid, Receiver>;
}

/** Who takes deliveries of a service. */
export interface Receiver {
  readonly callback: ReceivedBatchCallback<unknown>;
  /** The most messages and changes at once. */
  readonly limit: number;
  /** Whether the service gets its own messages, too. */
  readonly echo: boolean;
  /** A callback for batches or single messages, which follows other callbacks of the connection, or a queue, which is no call. */
  readonly kind: "batch" | "single" | "queue";
  /** For how many connections it takes deliveries at once; for all when left out. */
  readonly maxAtOnce?: number;
}

/** Who takes the deliveries of a connection. */
export function receiverOf(service: Service, uid: Uuid): Receiver | undefined {
  return (service.clients.size > 0 ? service.clients.get(uid) : undefined) ?? service.receive;
}

/** Builds the inside's view of a service from its options. */
export function makeService<Id>(side: Side, options: ServiceSettings<Id>, fallback: IdType<Uuid>): Service {
  const idType: IdType<unknown> = options.idType === undefined ? erase(fallback) : erase(options.idType);
  return {
    side,
    name: options.name,
    idType,
    durable: options.durable ?? true,
    pairAt: options.pairAt ?? "access",
    create: undefined,
    newAccess: undefined,
    peerSignal: undefined,
    receive: undefined,
    clients: new Map(),
  };
}

// The inside carries ids as `unknown` and only ever hands a service the values that its own idType made or checked.
function erase<T>(idType: IdType<T>): IdType<unknown> {
  return {
    name: idType.name,
    encode: (value) => idType.encode(value as T),
    decode: (text) => idType.decode(text),
  };
}
