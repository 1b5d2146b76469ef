import type { ConnectionListener, Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Side } from "./message.ts";
import type { CatchUp, Page, Store, Watermarks } from "./ports.ts";

/** Where to read in a connection's history. */
export interface HistoryOptions {
  /** Only messages with a lower `seq`; all when left out. */
  readonly before?: number;
  /** The most messages a page, 50 when left out. */
  readonly limit?: number;
}

/** The pairing of one client of each service, with everything they wrote. A handle: it holds no state of its own. */
export class Connection {
  /** The connection's own id. */
  readonly uid: Uuid;
  /** JSON values kept with the connection. */
  readonly properties: ConnectionProperties;
  readonly #store: Store;
  readonly #hub: Hub;

  /** Made by the library; get one from a worker. */
  constructor(uid: Uuid, store: Store, hub: Hub) {
    this.uid = uid;
    this.properties = new ConnectionProperties(uid, store);
    this.#store = store;
    this.#hub = hub;
  }

  /** Reads a page of history, the newest messages before `before`, in `seq` order. */
  messages(options: HistoryOptions = {}): Promise<Page & { readonly rev: number }> {
    const { before = Infinity, limit = 50 } = options;
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`Cannot read messages: limit is ${limit}, allowed are whole numbers from 1`);
    }
    return this.#store.messagesBefore(this.uid, before, limit);
  }

  /** Reads what is new or changed since `rev`. */
  messagesAfter(rev: number, limit: number): Promise<CatchUp> {
    return this.#store.messagesAfter(this.uid, rev, limit);
  }

  /** How far a side has come with what the other sent. */
  watermarks(side: Side): Promise<Watermarks> {
    return this.#store.watermarks(this.uid, side);
  }

  /** Calls back for everything that happens from now on, until the returned function is called. */
  subscribe(listener: ConnectionListener): () => void {
    return this.#hub.subscribe(this.uid, listener);
  }
}

/** JSON values kept with a connection. A write resolves when it is on disk. */
export class ConnectionProperties {
  readonly #uid: Uuid;
  readonly #store: Store;

  /** Made by the library; see {@link Connection.properties}. */
  constructor(uid: Uuid, store: Store) {
    this.#uid = uid;
    this.#store = store;
  }

  /** Reads one value; `undefined` when there is none. */
  async get(key: string): Promise<JsonValue | undefined> {
    return new Map(Object.entries(await this.all())).get(key);
  }

  /** Reads all values. */
  all(): Promise<JsonObject> {
    return this.#store.properties(this.#uid);
  }

  /** Sets one value, `undefined` removes it. */
  async set(key: string, value: JsonValue | undefined): Promise<void> {
    await this.#store.setProperties(this.#uid, new Map([[key, value]]));
  }

  /** Sets several values in one step. */
  async update(patch: Readonly<Record<string, JsonValue | undefined>>): Promise<void> {
    await this.#store.setProperties(this.#uid, new Map(Object.entries(patch)));
  }
}
