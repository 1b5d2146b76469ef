import { Blocks } from "./blocks.ts";
import type { Connection } from "./connection.ts";
import { Directory } from "./directory.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Callbacks } from "./callbacks.ts";
import { CallbackWatch } from "./callback_watch.ts";
import type { ChatBoxOptions } from "./chat_box_options.ts";
import { checkOptions } from "./check_options.ts";
import { CheckedStore } from "./checked_store.ts";
import { Closing } from "./closing.ts";
import { ChatBoxError } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { guardedLogger } from "./guarded_logger.ts";
import { type Hub, LocalHub } from "./hub.ts";
import { type Uuid, uuid } from "./id_type.ts";
import { Lanes } from "./lanes.ts";
import { MemoryStore } from "./memory_store.ts";
import type { Side } from "./message.ts";
import type { Store } from "./ports.ts";
import { makeService, type Service } from "./service.ts";
import { ServiceWorker } from "./service_worker.ts";
import { randomUuid, silentLogger, systemClock, systemRandom } from "./system_ports.ts";

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
export class ChatBox<in out Id1 = Uuid, in out Id2 = Uuid> implements AsyncDisposable {
  /** The box's name. */
  readonly name: string;
  /** Service 1's door. */
  readonly worker1: ServiceWorker<Id1, Id2>;
  /** Service 2's door. */
  readonly worker2: ServiceWorker<Id2, Id1>;
  readonly #directory: Directory;
  readonly #blocks: Blocks;
  readonly #dispatcher: Dispatcher;
  readonly #closing: Closing;
  #started = false;

  /**
   * Makes a box; nothing is delivered before {@link ChatBox.start}.
   *
   * @throws {ChatBoxError} `bad_value` for an option that is not allowed
   * @throws {TypeError} when neither `store` nor `debug` says where messages are kept
   */
  constructor(options: ChatBoxOptions<Id1, Id2>) {
    const { name, clock = systemClock, ids = randomUuid } = options;
    const { callbackTimeoutMs = 60_000, closeTimeoutMs = 10_000 } = options;
    checkOptions(options);
    this.name = name;
    const services: Readonly<Record<Side, Service>> = {
      1: makeService(1, options.service1, uuid),
      2: makeService(2, options.service2, uuid),
    };
    const store = chooseStore(options);
    const logger = guardedLogger(options.logger ?? silentLogger);
    const hub: Hub = new LocalHub(logger);
    const watch = new CallbackWatch({ clock, logger, timeoutMs: callbackTimeoutMs });
    const closing = this.#closing = new Closing({
      name,
      clock,
      logger,
      store,
      watch,
      timeoutMs: closeTimeoutMs,
    });
    const { underWay } = closing;
    const lanes = { 1: new Lanes(), 2: new Lanes() };
    const shared = { store, hub, clock, ids, logger, services, watch, lanes, closing };
    const directory = this.#directory = new Directory(shared);
    const callbacks = new Callbacks({ ...shared, directory });
    const couriers = {
      ...shared,
      directory,
      random: options.random ?? systemRandom,
      backoff: { baseMs: options.retryBaseMs ?? 500, maxMs: options.retryMaxMs ?? 60_000 },
      signal: closing.begun,
    };
    const dispatcher = this.#dispatcher = new Dispatcher(couriers, underWay);
    const blocks = this.#blocks = new Blocks(store, clock, underWay);
    const exchange = new Exchange({ ...shared, blocks, directory, dispatcher, callbacks });
    const parts = { ...shared, blocks, directory, dispatcher, exchange };
    this.worker1 = new ServiceWorker({ ...parts, service: services[1], peer: services[2] });
    this.worker2 = new ServiceWorker({ ...parts, service: services[2], peer: services[1] });
  }

  /** The handle of a connection; it need not exist yet to be listened to. */
  connection(uid: Uuid): Connection {
    return this.#directory.handle(uid);
  }

  /**
   * Looks connections up anew: somebody else has removed or changed them in the store. What waits for the next attempt to deliver to one
   * that is gone ends, and so does the queue of its client.
   *
   * @param uid the one that has changed; all when left out
   */
  forget(uid?: Uuid): void {
    this.#directory.forget(uid);
    this.#blocks.forget(uid);
    this.#dispatcher.forget(uid);
  }

  /**
   * Begins to deliver, with what was pending before.
   *
   * @throws {ChatBoxError} `closed` after {@link ChatBox.close}
   */
  start(): Promise<void> {
    if (this.#closing.begun.aborted) {
      return Promise.reject(new ChatBoxError("closed", `Cannot start ${this.name}: it is closed`));
    }
    if (!this.#started) this.#dispatcher.start();
    this.#started = true;
    return Promise.resolve();
  }

  /**
   * Ends deliveries, stores what was accepted and closes the store. Callbacks that are under way are waited for, for as long as
   * {@link ChatBoxOptions.closeTimeoutMs} says; what was not confirmed by then, or not delivered at all, waits for the next start.
   * New clients are refused as `closed` from the first step on.
   *
   * Called from within a callback, before its first `await`, it resolves at once, and the box closes when that callback has come back;
   * called later in a callback it has to wait for the callback it is called from, until that time is over.
   *
   * @param options.signal when aborted, callbacks that have not settled are no longer waited for, also when somebody else has called
   *   before
   */
  close(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#closing.close(options.signal);
  }

  /** Closes the box at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function chooseStore(options: { store?: Store; debug?: boolean; name: string }): Store {
  const { store } = options;
  if (store !== undefined) return store instanceof CheckedStore ? store : new CheckedStore(store);
  if (options.debug === true) return new MemoryStore();
  throw new TypeError(
    `Cannot make the ChatBox ${options.name}: neither store nor debug is given; ` +
      `give a store, or debug: true to keep everything in memory`,
  );
}
