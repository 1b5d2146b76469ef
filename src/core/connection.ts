import type { ConnectionListener, Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import { isReserved, refuseReserved } from "./blocks.ts";
import { checkFields, checkFunction, checkPlain, checkWhole } from "./check.ts";
import { checkPatch } from "./check_request.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Message, Side } from "./message.ts";
import type { CatchUp, Page, Store, Watermarks } from "./ports.ts";

/** How many messages a transcript reads at once. */
const TRANSCRIPT_PAGE = 100;

const READ = "read messages";
const KEEP = "keep properties";

/**
 * Where to read in a connection's history.
 *
 * @example The page before the one that is shown
 * ```ts
 * import { ChatBox, type HistoryOptions, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * for (const text of ["a", "b", "c"]) await box.worker1.getMessageSender("ada")(text);
 * const earlier: HistoryOptions = { before: 3, limit: 10 };
 * const page = await (await box.worker1.connectionOf("ada"))?.messages(earlier);
 * deepEqual(page?.messages.map(({ content }) => content), ["a", "b"]);
 * ```
 */
export interface HistoryOptions {
  /** Only messages with a lower `seq`; all when left out. */
  readonly before?: number;
  /** The most messages a page, 50 when left out. */
  readonly limit?: number;
}

/**
 * The pairing of one client of each service, with everything they wrote. A handle: it holds no state of its own.
 *
 * @example History and properties
 * ```ts
 * import { ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string, pairAt: "message" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * for (const text of ["one", "two", "three"]) await box.worker1.getMessageSender("ada")(text);
 * const connection = await box.worker1.connectionOf("ada");
 * await connection?.properties.set("page", "/prices");
 * deepEqual(await connection?.properties.get("page"), "/prices");
 * const page = await connection?.messages({ before: 3, limit: 1 });
 * deepEqual(page?.messages.map(({ content }) => content), ["two"]);
 * const all = await Array.fromAsync(connection?.transcript() ?? []);
 * deepEqual(all.map(({ content }) => content), ["one", "two", "three"]);
 * ```
 */
export class Connection {
  /** The connection's own id. */
  readonly uid: Uuid;
  readonly #store: Store;
  readonly #hub: Hub;

  /** Made by the library; get one from a worker. */
  constructor(uid: Uuid, store: Store, hub: Hub) {
    this.uid = uid;
    this.#store = store;
    this.#hub = hub;
  }

  /** JSON values kept with the connection. */
  get properties(): ConnectionProperties {
    return new ConnectionProperties(this.uid, this.#store);
  }

  /**
   * Reads a page of history, the newest messages before `before`, in `seq` order.
   *
   * @throws {ChatBoxError} `bad_value` when `before` or `limit` is no whole number
   */
  async messages(options: HistoryOptions = {}): Promise<Page & { readonly rev: number }> {
    const { before = Infinity, limit = 50 } = checkFields(READ, "the options", options);
    return await this.#store.messagesBefore(this.uid, before, limit);
  }

  /**
   * Reads everything in `seq` order, a page at a time, up to what is newest when it gets there.
   *
   * @param options.after only messages with a higher `seq`; all when left out
   * @param options.signal ends it with the signal's reason
   */
  async *transcript(
    options: { readonly after?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<Message> {
    const { after = 0, signal } = checkFields(READ, "the options", options);
    checkWhole(READ, "after", after, 0);
    for (let from = after + 1;;) {
      signal?.throwIfAborted();
      const newest = (await this.#store.messagesBefore(this.uid, Infinity, 1)).messages.at(-1)?.seq ?? 0;
      if (from > newest) return;
      // Numbers may be missing where messages were removed; then the page reaches back too far.
      const { messages } = await this.#store.messagesBefore(
        this.uid,
        from + TRANSCRIPT_PAGE,
        TRANSCRIPT_PAGE,
      );
      for (const message of messages) {
        signal?.throwIfAborted();
        if (message.seq >= from) yield message;
      }
      from += TRANSCRIPT_PAGE;
    }
  }

  /**
   * Reads what is new or changed since `rev`, or nothing and `overflow` when that is more than `limit`: then
   * {@link Connection.messages} has the newest.
   *
   * @throws {ChatBoxError} `bad_value` when `rev` or `limit` is no whole number
   */
  messagesAfter(rev: number, limit: number): Promise<CatchUp> {
    return this.#store.messagesAfter(this.uid, rev, limit);
  }

  /** How far a side has come with what the other sent. */
  watermarks(side: Side): Promise<Watermarks> {
    return this.#store.watermarks(this.uid, side);
  }

  /** Calls back for everything that happens from now on, until the returned function is called. */
  subscribe(listener: ConnectionListener): () => void {
    return this.#hub.subscribe(this.uid, checkFunction("subscribe", "the listener", listener));
  }
}

/**
 * JSON values kept with a connection. A write resolves when it is on disk. Any text is a key, but for `blocked by 1` and `blocked by 2`,
 * where {@link ServiceWorker.setBlocked} keeps who is blocked: those are neither shown nor set here.
 *
 * @example Set, change, remove
 * ```ts
 * import { ChatBox, type ConnectionProperties, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual, rejects } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const uid = await box.worker1.getUid("ada");
 * if (uid === undefined) throw new Error("Ada is known");
 * const properties: ConnectionProperties = box.connection(uid).properties;
 * await properties.update({ language: "en", visits: 1, page: "/" });
 * await properties.change("visits", (visits) => Number(visits) + 1);
 * await properties.set("page", undefined);
 * await rejects(properties.set("score", NaN), { code: "bad_value" });
 * deepEqual(await properties.all(), { language: "en", visits: 2 });
 * ```
 */
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
  async all(): Promise<JsonObject> {
    const properties = Object.entries(await this.#store.properties(this.#uid));
    return Object.freeze(Object.fromEntries(properties.filter(([key]) => !isReserved(key))));
  }

  /**
   * Sets one value, `undefined` removes it.
   *
   * @throws {ChatBoxError} `bad_value` for what JSON does not keep, and for a key that is reserved
   */
  async set(key: string, value: JsonValue | undefined): Promise<void> {
    await this.#write([[key, value]]);
  }

  /**
   * Sets several values in one step; `undefined` removes one.
   *
   * @throws {ChatBoxError} `bad_value` for what JSON does not keep, and for a key that is reserved: then none is set
   */
  async update(patch: Readonly<Record<string, JsonValue | undefined>>): Promise<void> {
    await this.#write(Object.entries(checkPlain(KEEP, "the patch", patch)));
  }

  /**
   * Makes one value from what it is now, in one step: nobody else writes in between, so nothing that races with it gets lost.
   *
   * @param change gets the present value, `undefined` for none, and gives the new one, `undefined` to remove it; called in the store's
   *   own turn, so it is not async, and more than once if the step has to be repeated
   * @returns the new value
   * @throws whatever `change` throws: then the value stays
   */
  async change(
    key: string,
    change: (value: JsonValue | undefined) => JsonValue | undefined,
  ): Promise<JsonValue | undefined> {
    refuseReserved(KEEP, key);
    checkFunction(KEEP, "the change", change);
    let outcome: { readonly value: JsonValue | undefined } | { readonly error: unknown } | undefined;
    await this.#store.setProperties(this.#uid, (properties) => {
      try {
        const value = change(new Map(Object.entries(properties)).get(key));
        const patch = checkPatch(new Map([[key, value]]));
        outcome = { value: patch.get(key) };
        return patch;
      } catch (error) {
        // The caller's own fault, not the store's, which has others in the same transaction.
        outcome = { error };
        return new Map();
      }
    });
    if (outcome === undefined) throw new Error(`Cannot change ${key}: the store has not called back`);
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  async #write(entries: readonly (readonly [string, JsonValue | undefined])[]): Promise<void> {
    for (const [key] of entries) refuseReserved(KEEP, key);
    await this.#store.setProperties(this.#uid, new Map(entries));
  }
}
