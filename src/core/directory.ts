import { abortable } from "./abortable.ts";
import type { CallbackWatch } from "./callback_watch.ts";
import type { Closing } from "./closing.ts";
import { Connection } from "./connection.ts";
import { ChatBoxError, DeliveryError, PermanentDeliveryError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import { LruMap } from "./lru.ts";
import { otherSide, type Side } from "./message.ts";
import type { Clock, ConnectionRecord, IdSource, Logger, Store } from "./ports.ts";
import type { Service } from "./service.ts";

/** Twice as many connections as are expected to be active at once: half of them may be on their way out. */
const CACHED_RECORDS = 40_000;

/** What the directory needs. */
export interface DirectoryOptions {
  readonly store: Store;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly services: Readonly<Record<Side, Service>>;
  readonly watch: CallbackWatch;
  readonly closing: Closing;
}

/** A connection that was looked for. */
export interface Found {
  readonly record: ConnectionRecord;
  /** It is new. */
  readonly made: boolean;
}

/** Finds, makes and pairs connections: who is who on the other side. */
export class Directory {
  readonly #options: DirectoryOptions;
  readonly #records = new LruMap<Uuid, ConnectionRecord>(CACHED_RECORDS);
  readonly #uids: Readonly<Record<Side, LruMap<string, Uuid>>> = {
    1: new LruMap(CACHED_RECORDS),
    2: new LruMap(CACHED_RECORDS),
  };
  /** Work that must not run twice at the same time, by what it is about. */
  readonly #flights = new Map<string, Promise<Found>>();

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** The handle of a connection. */
  handle(uid: Uuid): Connection {
    return new Connection(uid, this.#options.store, this.#options.hub);
  }

  /** Finds a connection by the encoded id of one side, when it is at hand. */
  cached(side: Side, id: string): ConnectionRecord | undefined {
    const uid = this.#uids[side].get(id);
    const record = uid === undefined ? undefined : this.#records.get(uid);
    return record?.ids[side] === id ? record : undefined;
  }

  /** Finds a connection by the encoded id of one side. */
  async find(side: Side, id: string): Promise<ConnectionRecord | undefined> {
    const cached = this.cached(side, id);
    if (cached !== undefined) return cached;
    const record = await this.#options.store.connectionOf(side, id);
    return record && this.#remember(record);
  }

  /** Finds a connection by its own id. */
  async byUid(uid: Uuid): Promise<ConnectionRecord | undefined> {
    const cached = this.#records.get(uid);
    if (cached !== undefined) return cached;
    const record = await this.#options.store.connection(uid);
    return record && this.#remember(record);
  }

  /** Finds a connection by the encoded id of one side; while clients are being registered, it waits for whether this is one of them. */
  async findArriving(side: Side, id: string): Promise<ConnectionRecord | undefined> {
    const arriving = new Set<Promise<unknown>>();
    for (const flight of this.#flights.values()) {
      const landed: Promise<unknown> = flight.catch(() => {}).then(() => arriving.delete(landed));
      arriving.add(landed);
    }
    for (;;) {
      const found = await this.find(side, id);
      if (found !== undefined || arriving.size === 0) return found;
      // One after the other: a registration that hangs must not hide those that do not.
      await abortable(Promise.race(arriving), this.#options.closing.over);
    }
  }

  /** Finds the connection of a client or makes it; calls for the same client share one attempt, and know it from the first step. */
  async findOrCreate(side: Side, id: string, uid: Uuid | undefined): Promise<Found> {
    const record = this.cached(side, id);
    if (record !== undefined) return { record, made: false };
    return await this.#once(`create ${side} ${id}`, () => this.#create(side, id, uid));
  }

  async #create(side: Side, id: string, uid: Uuid | undefined): Promise<Found> {
    const { store, clock, ids, services } = this.#options;
    const found = await this.find(side, id);
    if (found !== undefined) return { record: found, made: false };
    const peer = otherSide(side);
    const draftUid = uid ?? ids();
    let peerId: string | null = null;
    if (services[peer].pairAt === "access" && services[peer].create !== undefined) {
      peerId = await this.#callCreate(peer, id, draftUid);
    }
    try {
      const record = await store.createConnection({
        uid: draftUid,
        ids: side === 1 ? { 1: id, 2: peerId } : { 1: peerId, 2: id },
        at: clock.now(),
      });
      return { record: this.#remember(record), made: true };
    } catch (error) {
      if (!(error instanceof ChatBoxError && error.code === "conflict")) throw error;
      const record = await this.find(side, id) ??
        (uid === undefined ? await this.#join(side, id, peerId) : undefined);
      if (record === undefined) throw error;
      return { record, made: false };
    }
  }

  /** The other side has registered its client of the pair meanwhile, and that one is nobody's yet. */
  async #join(side: Side, id: string, peerId: string | null): Promise<ConnectionRecord | undefined> {
    const record = peerId === null ? undefined : await this.find(otherSide(side), peerId);
    if (record === undefined || record.ids[side] !== null) return undefined;
    return this.#remember(await this.#options.store.setId(record.uid, side, id));
  }

  /** The record of a connection, when it is at hand. */
  atHand(uid: Uuid): ConnectionRecord | undefined {
    return this.#records.get(uid);
  }

  /** The record of a connection whose side has an id, when it is at hand. */
  paired(uid: Uuid, side: Side): ConnectionRecord | undefined {
    const record = this.#records.get(uid);
    return record?.ids[side] === null ? undefined : record;
  }

  /** Gives a side its id by its create callback if it has none; calls for the same connection share one attempt. */
  async pair(uid: Uuid, side: Side): Promise<ConnectionRecord> {
    const record = await this.byUid(uid);
    if (record === undefined) throw unknownConnection(uid);
    if (record.ids[side] !== null) return record;
    const found = await this.#once(`pair ${side} ${uid}`, async () => {
      const peerId = record.ids[otherSide(side)];
      if (peerId === null) {
        throw new ChatBoxError("create_failed", `Cannot pair connection ${uid}: neither side has an id`);
      }
      const id = await this.#callCreate(side, peerId, uid);
      return { record: this.#remember(await this.#options.store.setId(uid, side, id)), made: false };
    });
    return found.record;
  }

  /** Notes whether a side's client is active. */
  async setActive(uid: Uuid, side: Side, active: boolean): Promise<void> {
    // Known here at once, so that who comes back before it is on disk is seen to have been away.
    const known = this.#records.get(uid);
    if (known !== undefined) {
      this.#records.set(uid, { ...known, active: { ...known.active, [side]: active } });
    }
    try {
      await this.#options.store.setActive(uid, side, active);
    } catch (error) {
      this.#records.delete(uid);
      throw error;
    }
  }

  /** Takes a side's id away, so that the next delivery makes a new client there. */
  async unpair(side: Side, id: string): Promise<void> {
    const record = await this.find(side, id);
    if (record === undefined) return;
    this.#uids[side].delete(id);
    this.#remember(await this.#options.store.setId(record.uid, side, null));
  }

  /** Whether a connection has been removed from the store; then it is forgotten here, too. Never rejects: what cannot be known is not gone. */
  async isGone(uid: Uuid): Promise<boolean> {
    try {
      if (await this.#options.store.connection(uid) !== undefined) return false;
    } catch {
      // Whoever goes on there meets the same fault, and reports it.
      return false;
    }
    this.forget(uid);
    return true;
  }

  /** Forgets what it has looked up, of one connection or of all: the store has changed behind its back. */
  forget(uid?: Uuid): void {
    if (uid === undefined) {
      this.#records.clear();
      for (const side of [1, 2] as const) this.#uids[side].clear();
      return;
    }
    const record = this.#records.get(uid);
    if (record === undefined) return;
    this.#records.delete(uid);
    for (const side of [1, 2] as const) {
      const id = record.ids[side];
      if (id !== null) this.#uids[side].delete(id);
    }
  }

  async #callCreate(side: Side, peerId: string, uid: Uuid): Promise<string> {
    const { services, watch } = this.#options;
    const service = services[side];
    if (service.create === undefined) {
      throw new ChatBoxError(
        "create_failed",
        `Cannot pair connection ${uid}: ${service.name} has no create callback`,
      );
    }
    let id: unknown;
    try {
      const { create } = service;
      id = await watch.watch(
        { callback: "create", service: service.name, uid },
        () => create(services[otherSide(side)].idType.decode(peerId), this.handle(uid)),
      );
    } catch (cause) {
      // What the callback says about retrying concerns the delivery that waits for it.
      if (cause instanceof DeliveryError || cause instanceof PermanentDeliveryError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ChatBoxError(
        "create_failed",
        `Cannot pair connection ${uid}: ${service.name} failed (${reason})`,
        {
          cause,
        },
      );
    }
    return encodeMade(service, id, uid);
  }

  async #once(key: string, work: () => Promise<Found>): Promise<Found> {
    const { underWay, over } = this.#options.closing;
    const flight = this.#flights.get(key) ??
      underWay.add(work().finally(() => this.#flights.delete(key)));
    this.#flights.set(key, flight);
    return await abortable(flight, over);
  }

  #remember(record: ConnectionRecord): ConnectionRecord {
    this.#records.set(record.uid, record);
    for (const side of [1, 2] as const) {
      const id = record.ids[side];
      if (id !== null) this.#uids[side].set(id, record.uid);
    }
    return record;
  }
}

/** The text of an id that a create callback gave, whatever its types promised. */
function encodeMade({ name, idType }: Service, id: unknown, uid: Uuid): string {
  let cause: unknown;
  try {
    const encoded: unknown = idType.encode(id);
    if (typeof encoded === "string") return encoded;
  } catch (error) {
    cause = error;
  }
  throw new ChatBoxError(
    "create_failed",
    `Cannot pair connection ${uid}: the create callback of ${name} gave ${
      kindOf(id)
    }, allowed is an id of type ${idType.name}`,
    { cause },
  );
}

/** What a value is, in words: its own text may be a secret, or fail. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : `a ${typeof value}`;
}

/** The error for a connection that is not there. */
export function unknownConnection(uid: Uuid): ChatBoxError {
  return new ChatBoxError("not_found", `Cannot find connection ${uid}: no such uid`);
}
