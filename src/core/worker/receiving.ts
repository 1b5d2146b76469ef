import { checkWhole } from "../check.ts";
import type { ReceivedBatchCallback, ReceivedMessageCallback } from "../delivery.ts";
import type { MessageQueue } from "../message_queue.ts";
import { deliverOneByOne } from "../one_by_one.ts";
import type { BatchReceiver, Receiver } from "../service.ts";
import { type ClientQueueOptions, WorkerQueues } from "../worker_queues.ts";
import type { WorkerParts } from "./parts.ts";

/** How many messages are read at once for a callback that takes them one at a time. */
const ONE_BY_ONE_LIMIT = 32;

/** How many are read at once for one that takes batches, when nothing else is asked for. */
const BATCH_LIMIT = 100;

/**
 * Options of {@link ServiceWorker.setReceivedMessageCallback}.
 *
 * @example A service that hears itself
 * ```ts
 * import { ChatBox, type ReceiveOptions, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * const heard = Promise.withResolvers<string>();
 * const options: ReceiveOptions = { echo: true };
 * box.worker1.setReceivedMessageCallback(({ content }) => heard.resolve(content), options);
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.getMessageSender("ada")("Hello, echo");
 * equal(await heard.promise, "Hello, echo");
 * ```
 */
export interface ReceiveOptions {
  /**
   * Whether the service gets its own messages, too: those that are sent from now on, and those between messages that still wait. False
   * when left out. An echo that is refused for good does not fail the message.
   */
  readonly echo?: boolean;
}

/**
 * Options of {@link ServiceWorker.setReceivedBatchCallback}.
 *
 * @example Two at a time
 * ```ts
 * import { ChatBox, type ReceiveBatchOptions, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * const sizes: number[] = [];
 * const all = Promise.withResolvers<void>();
 * const options: ReceiveBatchOptions = { limit: 2 };
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.worker1.accessNewClient("ada");
 * for (const text of ["a", "b", "c"]) await box.worker1.getMessageSender("ada")(text);
 * box.worker2.setReceivedBatchCallback(({ messages }) => {
 *   if (sizes.push(messages.length) === 2) all.resolve();
 * }, options);
 * await box.start();
 * await all.promise;
 * deepEqual(sizes, [2, 1]);
 * ```
 */
export interface ReceiveBatchOptions extends ReceiveOptions {
  /** The most messages and changes in a batch, 100 when left out. */
  readonly limit?: number;
}

/** Who takes what comes for a service's clients: one callback for single messages or batches, or queues. */
export class WorkerReceiving<Id> {
  readonly #parts: WorkerParts;
  readonly #queues: WorkerQueues<Id>;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#queues = new WorkerQueues({ ...parts, signal: parts.closing.begun });
  }

  /** See {@link ServiceWorker.setReceivedMessageCallback}. */
  setSingle(callback: ReceivedMessageCallback<Id> | undefined, { echo = false }: ReceiveOptions): void {
    const { store, service, watch } = this.#parts;
    const batches = callback && deliverOneByOne(service, store, watch, callback);
    this.#set(batches, { limit: ONE_BY_ONE_LIMIT, echo, kind: "single" });
  }

  /** See {@link ServiceWorker.setReceivedBatchCallback}. */
  setBatch(callback: ReceivedBatchCallback<Id> | undefined, options: ReceiveBatchOptions): void {
    const { limit = BATCH_LIMIT, echo = false } = options;
    checkWhole("receive messages", "limit", limit, 1);
    // A batch is handed over as a whole.
    const whole: BatchReceiver<Id> | undefined = callback && ((batch) => callback(batch));
    this.#set(whole, { limit, echo, kind: "batch" });
  }

  #set(callback: BatchReceiver<Id> | undefined, how: Omit<Receiver, "callback">): void {
    const { service, dispatcher } = this.#parts;
    this.#queues.closeAll();
    service.receive = callback && { ...how, callback: callback as BatchReceiver<unknown> };
    dispatcher.resume(service.side);
  }

  /** See {@link ServiceWorker.getClientQueue}. */
  ofClient(id: Id, options: ClientQueueOptions): MessageQueue<Id> {
    return this.#queues.ofClient(this.#parts.service.idType.encode(id), options);
  }

  /** See {@link ServiceWorker.receiveQueue}. */
  ofAll(): MessageQueue<Id> {
    return this.#queues.ofAll();
  }

  /** Closes the queue of the client with this encoded id if it has one. */
  closeClient(encoded: string): void {
    this.#queues.closeClient(encoded);
  }
}
