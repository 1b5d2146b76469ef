import { AsyncQueue, QueueClosedError, type WaitOptions } from "./async_queue.ts";
import type { Connection } from "./connection.ts";
import { DeliveryGivenBack } from "./delivery_given_back.ts";
import type { DeliveryBatch, DeliveryKind } from "./delivery.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import type { Message } from "./message.ts";

/**
 * A message as it comes out of a {@link MessageQueue}.
 *
 * @example Who wrote, and what became of it
 * ```ts
 * import { ChatBox, type QueuedMessage, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.getMessageSender("ada")("Hello");
 * const line = ({ id, kind, content }: QueuedMessage<string>): string => `${id}, ${kind}: ${content}`;
 * for await (const message of box.worker2.receiveQueue) {
 *   equal(line(message), "room of ada, message: Hello");
 *   break;
 * }
 * ```
 */
export interface QueuedMessage<Id> extends Message {
  /** The receiving service's id of the client. */
  readonly id: Id;
  /** The pairing that the message belongs to. */
  readonly connection: Connection;
  /** What happened: a new message, or the present state of one that was edited or deleted. */
  readonly kind: DeliveryKind;
}

interface Entry<Id> {
  readonly message: QueuedMessage<Id>;
  /** Its delivery was called off; another one will bring it again. */
  void: boolean;
  readonly consumed: () => void;
  readonly giveBack: () => void;
}

/**
 * Messages from the other side, for those who would rather ask than be called. It holds a bounded number; all others wait in storage.
 * Asking for the next message confirms the one before; what was not confirmed is delivered again, to the next queue or callback.
 *
 * @example What was not confirmed comes again
 * ```ts
 * import { ChatBox, type MessageQueue, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * for (const text of ["first", "second"]) await box.worker1.getMessageSender("ada")(text);
 * const heard: string[] = [];
 * const queue: MessageQueue<string> = box.worker2.getClientQueue("room of ada");
 * for await (const { content } of queue) {
 *   heard.push(content);
 *   if (content === "second") break; // left before it was dealt with
 * }
 * queue.close();
 * for await (const { content } of box.worker2.getClientQueue("room of ada")) {
 *   heard.push(content);
 *   break;
 * }
 * deepEqual(heard, ["first", "second", "second"]);
 * ```
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export class MessageQueue<Id> implements AsyncIterable<QueuedMessage<Id>>, Disposable {
  readonly #queue: AsyncQueue<Entry<Id>>;
  readonly #held = new Set<Entry<Id>>();
  readonly #onClose: () => void;

  /** Made by the library; get one from a worker. */
  constructor(capacity: number, onClose: () => void) {
    this.#queue = new AsyncQueue({ capacity });
    this.#onClose = onClose;
  }

  /** How many messages it holds that nobody has asked for yet. */
  get size(): number {
    return this.#queue.size;
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#queue.closed;
  }

  /** How many messages it holds at most. */
  get capacity(): number {
    return this.#queue.capacity;
  }

  /**
   * Gives the messages one after the other, until the queue or the ChatBox is closed. Leaving the loop by `break` or an error does not
   * confirm the last one.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<QueuedMessage<Id>> {
    return this.messages();
  }

  /** Like iterating the queue itself, and ends with the signal's reason when that is aborted. */
  async *messages(options: WaitOptions = {}): AsyncIterableIterator<QueuedMessage<Id>> {
    let held: Entry<Id> | undefined;
    try {
      for (;;) {
        held = await this.#next(options);
        if (held === undefined) return;
        yield held.message;
        this.#held.delete(held);
        held.consumed();
        held = undefined;
      }
    } finally {
      if (held !== undefined) {
        this.#held.delete(held);
        held.giveBack();
      }
    }
  }

  async #next(options: WaitOptions): Promise<Entry<Id> | undefined> {
    for (;;) {
      try {
        const entry = await this.#queue.receive(options);
        if (entry.void) continue;
        this.#held.add(entry);
        return entry;
      } catch (error) {
        if (error instanceof QueueClosedError) return undefined;
        throw error;
      }
    }
  }

  /**
   * Ends it; what was not confirmed waits in storage, the message that a consumer is busy with included.
   *
   * @param reason what waiting consumers get as an error instead of the end
   */
  close(reason?: unknown): void {
    if (this.#queue.closed) return;
    const waiting = this.#queue.drain();
    this.#queue.close(reason);
    for (const entry of [...waiting, ...this.#held]) entry.giveBack();
    this.#onClose();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes a batch in and comes back when all of it has been consumed. For the library's own use. */
  async accept(batch: DeliveryBatch<Id>): Promise<void> {
    const entries: Entry<Id>[] = [];
    try {
      const outcomes = [
        ...batch.changes.map((message) => {
          const kind = message.deletedAt === undefined ? "edit" : "delete";
          return this.#offer(batch, message, kind, entries);
        }),
        ...batch.messages.map((message) => this.#offer(batch, message, "message", entries)),
      ];
      // Those after the first that was given back are not waited for.
      for (const outcome of outcomes) outcome.catch(() => {});
      for (const outcome of outcomes) await batch.confirm(await outcome);
    } finally {
      for (const entry of entries) entry.void = true;
    }
  }

  /** Resolves with what is confirmed when it has been consumed. */
  async #offer(
    batch: DeliveryBatch<Id>,
    message: Message,
    kind: DeliveryKind,
    entries: Entry<Id>[],
  ): Promise<DeliveryProgress> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry: Entry<Id> = {
      message: { ...message, id: batch.id, connection: batch.connection, kind },
      void: false,
      consumed: resolve,
      giveBack: () => reject(new DeliveryGivenBack(true)),
    };
    entries.push(entry);
    try {
      await this.#queue.send(entry, { signal: batch.signal });
    } catch (cause) {
      if (cause instanceof QueueClosedError) throw new DeliveryGivenBack();
      throw cause;
    }
    await promise;
    return kind === "message" ? { seq: message.seq } : { rev: message.rev };
  }
}
