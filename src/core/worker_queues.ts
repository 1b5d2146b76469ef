import { type Directory, unknownConnection } from "./directory.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { ChatBoxError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { MessageQueue } from "./message_queue.ts";
import type { ConnectionRecord } from "./ports.ts";
import type { BatchReceiver, Receiver, Service } from "./service.ts";

/** How many messages a client's queue holds when nothing else is asked for. */
const CLIENT_CAPACITY = 100;

/** The queue of all clients: so many connections at once, with so many messages each. */
const CONNECTIONS_AT_ONCE = 32;
const BATCH = 32;

/**
 * Options of {@link ServiceWorker.getClientQueue}.
 *
 * @example A short queue
 * ```ts
 * import { ChatBox, type ClientQueueOptions, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.worker1.accessNewClient("ada");
 * const options: ClientQueueOptions = { capacity: 5 };
 * using queue = box.worker2.getClientQueue("room of ada", options);
 * equal(queue.capacity, 5);
 * ```
 */
export interface ClientQueueOptions {
  /** How many messages the queue holds at most; 100 when left out. For a queue that is open already, leave it out or say the same. */
  readonly capacity?: number;
}

/** What the queues of a worker need. */
export interface WorkerQueuesOptions {
  readonly service: Service;
  readonly directory: Directory;
  readonly dispatcher: Dispatcher;
  readonly exchange: Exchange;
  /** Aborted when the ChatBox closes. */
  readonly signal: AbortSignal;
}

/** The queues from which a service takes its messages; there are none until they are asked for. */
export class WorkerQueues<Id> {
  readonly #options: WorkerQueuesOptions;
  /** By the encoded id of the client. */
  readonly #ofClients = new Map<string, MessageQueue<Id>>();
  #ofAll: MessageQueue<Id> | undefined;

  constructor(options: WorkerQueuesOptions) {
    this.#options = options;
  }

  /** The queue of one client. */
  ofClient(id: string, { capacity: asked }: ClientQueueOptions): MessageQueue<Id> {
    const { service, directory, dispatcher, exchange } = this.#options;
    const { side } = service;
    this.#requireDurable("open a client's queue");
    const known = this.#ofClients.get(id);
    if (known !== undefined) {
      if (asked === undefined || asked === known.capacity) return known;
      throw new ChatBoxError(
        "conflict",
        `Cannot open a client's queue of ${service.name} for ${asked} messages: it is open for ${known.capacity}, close it first`,
      );
    }
    const capacity = asked ?? CLIENT_CAPACITY;
    let detach = (): void => {};
    const queue = this.#make(capacity, () => {
      this.#ofClients.delete(id);
      detach();
    });
    this.#ofClients.set(id, queue);
    const attach = ({ uid }: ConnectionRecord): void => {
      if (queue.closed) return;
      const onGone = (): void => queue.close(unknownConnection(uid));
      service.clients.set(uid, receiver(queue, { limit: capacity, onGone }));
      this.#ofAll?.withdraw(uid);
      detach = () => {
        service.clients.delete(uid);
        dispatcher.wake(uid, side, Infinity);
      };
      dispatcher.wake(uid, side, Infinity);
    };
    const record = directory.cached(side, id);
    if (record !== undefined) attach(record);
    else exchange.arriving(side, id).then(attach).catch((error) => queue.close(error));
    return queue;
  }

  /** The queue of all clients that have none of their own. */
  ofAll(): MessageQueue<Id> {
    const { service, dispatcher } = this.#options;
    if (this.#ofAll !== undefined) return this.#ofAll;
    this.#requireDurable("open the receive queue");
    if (service.receive !== undefined) {
      throw new TypeError(
        `Cannot open the receive queue of ${service.name}: a callback receives its messages; set it to undefined first`,
      );
    }
    const queue = this.#make(CONNECTIONS_AT_ONCE * BATCH, () => {
      this.#ofAll = undefined;
      service.receive = undefined;
    });
    service.receive = receiver(queue, { limit: BATCH, maxAtOnce: CONNECTIONS_AT_ONCE });
    this.#ofAll = queue;
    dispatcher.resume(service.side);
    return queue;
  }

  /** Closes a client's queue if it has one. */
  closeClient(id: string): void {
    this.#ofClients.get(id)?.close();
  }

  /** Closes the queue of all clients if there is one. */
  closeAll(): void {
    this.#ofAll?.close();
  }

  /** A queue that ends with the ChatBox. */
  #make(capacity: number, onClose: () => void): MessageQueue<Id> {
    const { signal } = this.#options;
    const end = (): void => queue.close();
    const queue = new MessageQueue<Id>(capacity, () => {
      signal.removeEventListener("abort", end);
      onClose();
    });
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return queue;
  }

  #requireDurable(action: string): void {
    const { durable, name } = this.#options.service;
    if (!durable) {
      throw new TypeError(`Cannot ${action}: ${name} is not durable, nothing waits for its clients`);
    }
  }
}

function receiver<Id>(
  queue: MessageQueue<Id>,
  options: Pick<Receiver, "limit" | "maxAtOnce" | "onGone">,
): Receiver {
  const callback: BatchReceiver<Id> = (batch, isWanted) => queue.accept(batch, isWanted);
  return { callback: callback as BatchReceiver<unknown>, echo: false, kind: "queue", ...options };
}
