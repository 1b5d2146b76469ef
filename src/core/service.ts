import { refuse } from "./check.ts";
import type { Connection } from "./connection.ts";
import type { DeliveryBatch } from "./delivery.ts";
import type { IdType, Uuid } from "./id_type.ts";
import type { Side } from "./message.ts";

/**
 * How one of the two services takes part. Its `idType` may be left out only where ids are UUIDs.
 *
 * @example With and without an id type
 * ```ts
 * import { number, type ServiceOptions, type Uuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const web: ServiceOptions<Uuid> = { name: "web", durable: false };
 * const tickets: ServiceOptions<number> = { name: "tickets", idType: number };
 * // @ts-expect-error -- numbers need their id type
 * const forgotten: ServiceOptions<number> = { name: "forgotten" };
 * deepEqual([web, tickets, forgotten].map(({ name }) => name), ["web", "tickets", "forgotten"]);
 * ```
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export type ServiceOptions<Id> = ServiceSettings<Id> & IdTypeGiven<Id>;

/**
 * Asks for the `idType` unless ids are UUIDs.
 *
 * @example Only UUIDs go without saying
 * ```ts
 * import { type IdTypeGiven, number, type Uuid } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const ofUuids: IdTypeGiven<Uuid> = {};
 * const ofNumbers: IdTypeGiven<number> = { idType: number };
 * equal("idType" in Object(ofUuids), false);
 * equal(ofNumbers.idType.name, "number");
 * ```
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export type IdTypeGiven<Id> = [Id, Uuid] extends [Uuid, Id] ? unknown : { readonly idType: IdType<Id> };

/**
 * The settings of a service.
 *
 * @example A service that is paired with the first message
 * ```ts
 * import { ChatBox, type ServiceSettings, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const settings: ServiceSettings<string> = { name: "forum", pairAt: "message" };
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "web" },
 *   service2: { ...settings, idType: string },
 *   debug: true,
 * });
 * equal(box.worker2.name, "forum");
 * ```
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
 * @example An id made from the other one
 * ```ts
 * import { ChatBox, type CreateCallback, string, type Uuid } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "web" },
 *   service2: { name: "desk", idType: string },
 *   debug: true,
 * });
 * const make: CreateCallback<string, Uuid> = (visitor) => `ticket of ${visitor}`;
 * box.worker2.setCreateCallback(make);
 * const visitor = await box.worker1.accessNewClient();
 * equal(await box.worker2.getUid(`ticket of ${visitor}`), await box.worker1.getUid(visitor));
 * ```
 *
 * A `DeliveryError` that it throws says when to try again, a `PermanentDeliveryError` that what waits for the client has failed.
 *
 * @param peerId the id of the client in the other service
 */
export type CreateCallback<Id, PeerId> = (peerId: PeerId, connection: Connection) => Id | Promise<Id>;

/**
 * Learns that a client of the other side is there, new or known, after the create callback.
 *
 * @example Somebody is there
 * ```ts
 * import { ChatBox, type NewAccessCallback, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const there = Promise.withResolvers<string | undefined>();
 * const greet: NewAccessCallback<string> = (id) => there.resolve(id);
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * box.worker2.setNewAccessCallback(greet);
 * await box.worker1.accessNewClient("ada");
 * equal(await there.promise, "room of ada");
 * ```
 *
 * @param id the id of the client in this service; `undefined` while it has none (see {@link ServiceOptions.pairAt})
 */
export type NewAccessCallback<Id> = (id: Id | undefined, connection: Connection) => void | Promise<void>;

/**
 * Something of the moment that the other side's client does; it is told once and not kept.
 *
 * @example Words for it
 * ```ts
 * import type { PeerSignal } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const words = (signal: PeerSignal): string =>
 *   signal.type === "typing" ? `${signal.name} is typing` : `read up to ${signal.seq}`;
 * equal(words({ type: "typing", name: "Ada" }), "Ada is typing");
 * ```
 */
export type PeerSignal =
  | { readonly type: "typing"; readonly name: string }
  /** Everything up to `seq` was read. */
  | { readonly type: "read"; readonly seq: number };

/**
 * Learns what the client on the other side is doing, for clients that have an id in this service.
 *
 * @example The other side is typing
 * ```ts
 * import { ChatBox, type PeerSignal, type PeerSignalCallback, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const told = Promise.withResolvers<PeerSignal>();
 * const tell: PeerSignalCallback<string> = (_id, signal) => told.resolve(signal);
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * box.worker2.setPeerSignalCallback(tell);
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.typing("ada", "Ada");
 * deepEqual(await told.promise, { type: "typing", name: "Ada" });
 * ```
 */
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

/**
 * Takes a batch apart, or hands it on.
 *
 * @param isWanted whether the receiver is still the one who takes these messages, and the client there for them: asked before each
 *   message, because a batch may take long
 */
export type BatchReceiver<Id> = (batch: DeliveryBatch<Id>, isWanted: () => boolean) => void | Promise<void>;

/** Who takes deliveries of a service. */
export interface Receiver {
  readonly callback: BatchReceiver<unknown>;
  /** The most messages and changes at once. */
  readonly limit: number;
  /** Whether the service gets its own messages, too. */
  readonly echo: boolean;
  /** A callback for batches or single messages, which follows other callbacks of the connection, or a queue, which is no call. */
  readonly kind: "batch" | "single" | "queue";
  /** For how many connections it takes deliveries at once; for all when left out. */
  readonly maxAtOnce?: number;
  /** Told that the one connection whose deliveries it takes has been removed. */
  readonly onGone?: () => void;
}

/** Who takes the deliveries of a connection. */
export function receiverOf(service: Service, uid: Uuid): Receiver | undefined {
  return (service.clients.size > 0 ? service.clients.get(uid) : undefined) ?? service.receive;
}

/** Builds the inside's view of a service from its options. */
export function makeService<Id>(side: Side, options: ServiceSettings<Id>, fallback: IdType<Uuid>): Service {
  const { name, idType } = options;
  return {
    side,
    name,
    idType: idType === undefined ? erase(name, fallback) : erase(name, idType),
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
function erase<T>(service: string, idType: IdType<T>): IdType<unknown> {
  return {
    name: idType.name,
    encode(value: unknown): string {
      let cause: unknown;
      try {
        // What a caller without types hands in: an id type refuses it in its own words, or gives no text.
        const encoded: unknown = idType.encode(value as T);
        if (typeof encoded === "string") return encoded;
      } catch (error) {
        cause = error;
      }
      return refuse(`use an id of ${service}`, "it", value, `are ids of type ${idType.name}`, { cause });
    },
    decode: (text) => idType.decode(text),
  };
}
