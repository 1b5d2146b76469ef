import { Blocks } from "./blocks.ts";
import type { Connection } from "./connection.ts";
import { Directory } from "./directory.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Callbacks } from "./callbacks.ts";
import { CallbackWatch } from "./callback_watch.ts";
import { ChatBoxError } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { type Hub, LocalHub } from "./hub.ts";
import { type Uuid, uuid } from "./id_type.ts";
import { Lanes } from "./lanes.ts";
import { MemoryStore } from "./memory_store.ts";
import type { Side } from "./message.ts";
import type { Clock, IdSource, Logger, Store } from "./ports.ts";
import { makeService, type Service, type ServiceOptions } from "./service.ts";
import { ServiceWorker } from "./service_worker.ts";
import { randomUuid, silentLogger, systemClock, systemRandom } from "./system_ports.ts";

/** Options of a {@link ChatBox}. */
export interface ChatBoxOptions<Id1, Id2> {
  /** Names the box in logs, and its file where the store is a file. */
  readonly name: string;
  /** The first service; its door is {@link ChatBox.worker1}. */
  readonly service1: ServiceOptions<Id1>;
  /** The second service; its door is {@link ChatBox.worker2}. */
  readonly service2: ServiceOptions<Id2>;
  /** Where everything is kept. */
  readonly store?: Store;
  /** Keeps everything in memory instead; false when left out. */
  readonly debug?: boolean;
  /** Silent when left out. */
  readonly logger?: Logger;
  /** The real time when left out. */
  readonly clock?: Clock;
  /** Random UUIDs when left out. */
  readonly ids?: IdSource;
  /** Numbers from 0 to below 1 for jitter; `Math.random` when left out. */
  readonly random?: () => number;
  /** The longest first wait after a failed delivery, in milliseconds; 500 when left out. */
  readonly retryBaseMs?: number;
  /** The longest wait between attempts, in milliseconds; 60,000 when left out. */
  readonly retryMaxMs?: number;
  /**
   * After how many milliseconds a callback that has not settled is reported to the logger; 60,000 when left out, `Infinity` for
   * never. It is not called off: its connection waits for it, the others go on.
   */
  readonly callbackTimeoutMs?: number;
}

/**
 * Carries messages between two services, keeps which client here is which client there, and the whole history.
 *
 * @example A shop and a desk
 * ```ts
 * import { ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "shop" },
 *   service2: { name: "desk", idType: string },
 *   debug: true,
 * });
 * const heard = Promise.withResolvers<string>();
 * box.worker2.setCreateCallback((visitor) => `ticket of ${visitor}`);
 * box.worker2.setReceivedMessageCallback((message) => heard.resolve(message.content));
 * await box.start();
 * const visitor = await box.worker1.accessNewClient();
 * const { seq } = await box.worker1.getMessageSender(visitor)("Hello");
 * equal(seq, 1);
 * equal(await heard.promise, "Hello");
 * ```
 *
 * @typeParam Id1 what service 1 uses as ids
 * @typeParam Id2 what service 2 uses as ids
 */
export class ChatBox<Id1 = Uuid, Id2 = Uuid> implements AsyncDisposable {
  /** The box's name. */
  readonly name: string;
  /** Service 1's door. */
  readonly worker1: ServiceWorker<Id1, Id2>;
  /** Service 2's door. */
  readonly worker2: ServiceWorker<Id2, Id1>;
  readonly #store: Store;
  readonly #directory: Directory;
  readonly #blocks: Blocks;
  readonly #dispatcher: Dispatcher;
  readonly #closing = new AbortController();
  #state: "new" | "started" | "closed" = "new";
  #closed: Promise<void> | undefined;

  /**
   * Makes a box; nothing is delivered before {@link ChatBox.start}.
   *
   * @throws {TypeError} when neither `store` nor `debug` says where messages are kept, or `name` is empty
   */
  constructor(options: ChatBoxOptions<Id1, Id2>) {
    const { name, clock = systemClock, ids = randomUuid, logger = silentLogger } = options;
    const { callbackTimeoutMs = 60_000 } = options;
    if (name === "") throw new TypeError("Cannot make a ChatBox: name is empty, allowed is any other text");
    this.name = name;
    const store = this.#store = chooseStore(options);
    const services: Readonly<Record<Side, Service>> = {
      1: makeService(1, options.service1, uuid),
      2: makeService(2, options.service2, uuid),
    };
    const hub: Hub = new LocalHub(logger);
    const watch = new CallbackWatch({ clock, logger, timeoutMs: callbackTimeoutMs });
    const lanes = { 1: new Lanes(), 2: new Lanes() };
    const directory = this.#directory = new Directory({ store, hub, clock, ids, logger, services, watch });
    const callbacks = new Callbacks({ logger, directory, services, lanes, watch });
    const dispatcher = this.#dispatcher = new Dispatcher({
      store,
      hub,
      clock,
      random: options.random ?? systemRandom,
      logger,
      directory,
      services,
      lanes,
      watch,
      backoff: { baseMs: options.retryBaseMs ?? 500, maxMs: options.retryMaxMs ?? 60_000 },
      signal: this.#closing.signal,
    });
    const blocks = this.#blocks = new Blocks(store, clock);
    const exchange = new Exchange({ store, hub, clock, blocks, directory, dispatcher, callbacks, services });
    const { signal } = this.#closing;
    const shared = { store, ids, blocks, directory, dispatcher, exchange, watch, signal };
    this.worker1 = new ServiceWorker({ ...shared, service: services[1], peer: services[2] });
    this.worker2 = new ServiceWorker({ ...shared, service: services[2], peer: services[1] });
  }

  /** The handle of a connection; it need not exist yet to be listened to. */
  connection(uid: Uuid): Connection {
    return this.#directory.handle(uid);
  }

  /**
   * Looks connections up anew: somebody else has removed or changed them in the store.
   *
   * @param uid the one that has changed; all when left out
   */
  forget(uid?: Uuid): void {
    this.#directory.forget(uid);
    this.#blocks.forget(uid);
  }

  /**
   * Begins to deliver, with what was pending before.
   *
   * @throws {ChatBoxError} `closed` after {@link ChatBox.close}
   */
  start(): Promise<void> {
    if (this.#state === "closed") {
      return Promise.reject(new ChatBoxError("closed", `Cannot start ${this.name}: it is closed`));
    }
    if (this.#state === "new") this.#dispatcher.start();
    this.#state = "started";
    return Promise.resolve();
  }

  /**
   * Ends deliveries, stores what was accepted and closes the store. What was not delivered waits for the next start.
   *
   * @param options.signal when aborted, receivers that have not returned are no longer waited for
   */
  close(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#closed ??= this.#end(options.signal);
  }

  async #end(signal: AbortSignal | undefined): Promise<void> {
    this.#state = "closed";
    this.#closing.abort();
    await Promise.race([this.#dispatcher.drain(), ...(signal === undefined ? [] : [aborted(signal)])]);
    await this.#store.close();
  }

  /** Closes the box at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function chooseStore(options: { store?: Store; debug?: boolean; name: string }): Store {
  if (options.store !== undefined) return options.store;
  if (options.debug === true) return new MemoryStore();
  throw new TypeError(
    `Cannot make the ChatBox ${options.name}: neither store nor debug is given; ` +
      `give a store, or debug: true to keep everything in memory`,
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
