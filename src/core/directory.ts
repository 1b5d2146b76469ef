import type { CallbackWatch } from "./callback_watch.ts";
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
  readonly #flights = new Map<string, Promise<ConnectionRecord>>();

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

  /** Finds the connection of a client or makes it; calls for the same client share one attempt. */
  async findOrCreate(side: Side, id: string, uid: Uuid | undefined): Promise<ConnectionRecord> {
    return await this.find(side, id) ??
      await this.#once(`create ${side} ${id}`, () => this.#create(side, id, uid));
  }

  async #create(side: Side, id: string, uid: Uuid | undefined): Promise<ConnectionRecord> {
    const { store, clock, ids, services } = this.#options;
    // An earlier attempt may have ended between this caller's look-up and its turn.
    const found = await this.find(side, id);
    if (found !== undefined) return found;
    const peer = otherSide(side);
    const draftUid = uid ?? ids();
    let peerId: string | null = null;
    if (services[peer].pairAt === "access" && services[peer].create !== undefined) {
      peerId = await this.#callCreate(peer, id, draftUid);
    }
    const record = await store.createConnection({
      uid: draftUid,
      ids: side === 1 ? { 1: id, 2: peerId } : { 1: peerId, 2: id },
      at: clock.now(),
    });
    return this.#remember(record);
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
    return await this.#once(`pair ${side} ${uid}`, async () => {
      const peerId = record.ids[otherSide(side)];
      if (peerId === null) {
        throw new ChatBoxError("create_failed", `Cannot pair connection ${uid}: neither side has an id`);
      }
      const id = await this.#callCreate(side, peerId, uid);
      return this.#remember(await this.#options.store.setId(uid, side, id));
    });
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
      const made = service.create(services[otherSide(side)].idType.decode(peerId), this.handle(uid));
      id = await watch.watch({ callback: "create", service: service.name, uid }, made);
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
    return service.idType.encode(id);
  }

  async #once(key: string, work: () => Promise<ConnectionRecord>): Promise<ConnectionRecord> {
    const flight = this.#flights.get(key) ?? work().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return await flight;
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

/** The error for a connection that is not there. */
export function unknownConnection(uid: Uuid): ChatBoxError {
  return new ChatBoxError("not_found", `Cannot find connection ${uid}: no such uid`);
}
