import { AsyncQueue, QueueClosedError, type TryReceive, type WaitOptions } from "./async_queue.ts";
import { checkWhole } from "./check.ts";
import { DeliveryGivenBack } from "./delivery_given_back.ts";
import type { DeliveryBatch } from "./delivery.ts";
import type { Uuid } from "./id_type.ts";
import type { QueuedMessage } from "./queued_message.ts";
import { QueueLine } from "./queue_line.ts";

/**
 * Messages from the other side, for those who would rather ask than be called. It holds a bounded number; all others wait in storage.
 * Asking for the next message confirms the one before; what was not confirmed is delivered again, to the next queue or callback.
 *
 * It may have several consumers: each iteration is one, and {@link MessageQueue.receive} and {@link MessageQueue.tryReceive} together are
 * one more. While a consumer is busy with a message of a connection, nobody gets another one of that connection. An iteration that is
 * neither asked for the next message nor ended keeps its connection waiting.
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
  /** Those that have a message for whoever asks. */
  readonly #ready: AsyncQueue<QueueLine<Id>>;
  /** All that are on their way. */
  readonly #lines = new Map<QueueLine<Id>, Uuid>();
  /** Those with a message that came by receive or tryReceive. */
  readonly #received = new Set<QueueLine<Id>>();
  readonly #onClose: () => void;

  /** How many messages it holds at most. */
  readonly capacity: number;

  /** Made by the library; get one from a worker. */
  constructor(capacity: number, onClose: () => void) {
    this.capacity = checkWhole("make a queue", "capacity", capacity, 1);
    // What it holds is bounded by those who fill it: so many connections, with so many messages each.
    this.#ready = new AsyncQueue({ capacity: Number.MAX_SAFE_INTEGER });
    this.#onClose = onClose;
  }

  /** How many messages it holds that nobody has asked for yet. */
  get size(): number {
    let size = 0;
    for (const line of this.#lines.keys()) size += line.waiting;
    return size;
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#ready.closed;
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
    let held: QueueLine<Id> | undefined;
    try {
      for (;;) {
        const [line, message] = await this.#next(options);
        held = line;
        yield message;
        held = undefined;
        this.#consumed(line);
      }
    } catch (error) {
      if (!(error instanceof QueueClosedError)) throw error;
    } finally {
      held?.giveBack();
    }
  }

  /**
   * Receives a message, waiting while there is none, and confirms what was received before.
   *
   * @throws {QueueClosedError} when the queue is closed, or the reason with which it was
   */
  async receive(options: WaitOptions = {}): Promise<QueuedMessage<Id>> {
    this.#confirmReceived();
    const [line, message] = await this.#next(options);
    this.#received.add(line);
    return message;
  }

  /** Receives a message if there is one, and confirms what was received before. */
  tryReceive(): TryReceive<QueuedMessage<Id>> {
    this.#confirmReceived();
    for (;;) {
      const taken = this.#ready.tryReceive();
      if (taken.state !== "received") return taken;
      const message = taken.value.take();
      if (message === undefined) continue;
      this.#received.add(taken.value);
      return { state: "received", value: message };
    }
  }

  #confirmReceived(): void {
    for (const line of this.#received) this.#consumed(line);
    this.#received.clear();
  }

  async #next(options: WaitOptions): Promise<readonly [QueueLine<Id>, QueuedMessage<Id>]> {
    for (;;) {
      const line = await this.#ready.receive(options);
      const message = line.take();
      if (message !== undefined) return [line, message];
    }
  }

  #consumed(line: QueueLine<Id>): void {
    // Behind those of others, so that a long line keeps nobody waiting.
    if (line.consume()) this.#ready.trySend(line);
  }

  /**
   * Ends it; what was not confirmed waits in storage, the message that a consumer is busy with included.
   *
   * @param reason what waiting consumers get as an error instead of the end
   */
  close(reason?: unknown): void {
    if (this.closed) return;
    this.#ready.close(reason);
    for (const line of this.#lines.keys()) line.giveBack();
    this.#onClose();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives back what it has of a connection: somebody else takes that from now on. For the library's own use. */
  withdraw(uid: Uuid): void {
    for (const [line, whose] of this.#lines) if (whose === uid) line.withdraw();
  }

  /** Takes a batch in and comes back when all of it has been consumed. For the library's own use. */
  async accept(batch: DeliveryBatch<Id>, isWanted: () => boolean): Promise<void> {
    const line = new QueueLine(batch, isWanted);
    if (this.#ready.trySend(line).state === "closed") throw new DeliveryGivenBack(true);
    this.#lines.set(line, batch.connection.uid);
    try {
      for (let count = 0; count < line.length;) {
        count = await line.consumedBeyond(count);
        await batch.confirm(line.progress(count));
      }
    } finally {
      this.#lines.delete(line);
      // A confirmation that fails ends it, too: all that it has comes again.
      line.giveBack();
    }
  }
}
