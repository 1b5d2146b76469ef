import { QueueClosedError, type WaitOptions } from "./async_queue.ts";
import type { Message, MessageDraft } from "./message.ts";
import { Slots } from "./slots.ts";

/** A message and the client that sends it. */
export interface OutgoingMessage<Id> {
  /** The sending service's id of the client: names the conversation. */
  readonly id: Id;
  /** The text, or the whole draft. */
  readonly message: string | MessageDraft;
}

/** The outcome of {@link SendQueue.trySend}. */
export type TrySendMessage =
  | { readonly state: "accepted"; readonly stored: Promise<Message> }
  | { readonly state: "full" }
  | { readonly state: "closed" };

/**
 * Messages of all clients on their way into storage, in the order in which they were sent. It takes a bounded number at once: when it
 * is full, senders wait in line.
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export class SendQueue<Id> implements Disposable {
  /** How many messages are on their way at most. */
  readonly capacity: number;
  readonly #slots: Slots;
  readonly #store: (outgoing: OutgoingMessage<Id>) => Promise<Message>;
  #closed = false;
  #size = 0;

  /** Made by the library; get one from a worker. */
  constructor(capacity: number, store: (outgoing: OutgoingMessage<Id>) => Promise<Message>) {
    this.capacity = capacity;
    this.#slots = new Slots(capacity);
    this.#store = store;
  }

  /** How many messages are on their way. */
  get size(): number {
    return this.#size;
  }

  /**
   * Sends a message, waiting while the queue is full. Resolves with the stored message, when it is on disk.
   *
   * @param options.signal calls off the wait for a place; a message that has its place is stored
   * @throws {ChatBoxError} `not_found` for an unknown client, `overloaded` when it cannot be stored now
   * @throws {QueueClosedError} with the message, when the queue is closed
   */
  async send(outgoing: OutgoingMessage<Id>, { signal }: WaitOptions = {}): Promise<Message> {
    if (this.#closed) throw closedError(outgoing);
    const release = this.#slots.tryAcquire() ?? await this.#slots.acquire(signal);
    if (this.#closed) {
      release();
      throw closedError(outgoing);
    }
    return await this.#through(outgoing, release);
  }

  /** Sends a message unless the queue is full. */
  trySend(outgoing: OutgoingMessage<Id>): TrySendMessage {
    if (this.#closed) return { state: "closed" };
    const release = this.#slots.tryAcquire();
    if (release === null) return { state: "full" };
    return { state: "accepted", stored: this.#through(outgoing, release) };
  }

  /** Accepts nothing more; what has its place is stored. */
  close(): void {
    this.#closed = true;
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #through(outgoing: OutgoingMessage<Id>, release: () => void): Promise<Message> {
    this.#size++;
    try {
      return await this.#store(outgoing);
    } finally {
      this.#size--;
      release();
    }
  }
}

function closedError(outgoing: unknown): QueueClosedError {
  return new QueueClosedError("Cannot send a message: the queue is closed", outgoing);
}
