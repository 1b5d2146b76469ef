import { QueueClosedError, type WaitOptions } from "./async_queue.ts";
import { checkFields } from "./check.ts";
import { checkDraft } from "./check_draft.ts";
import type { Message, MessageDraft } from "./message.ts";
import type { Slots } from "./slots.ts";

/**
 * A message and the client that sends it.
 *
 * @example A message names its conversation
 * ```ts
 * import { ChatBox, type OutgoingMessage, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const outgoing: OutgoingMessage<string> = { id: "ada", message: "Hello" };
 * equal((await box.worker1.sendQueue.send(outgoing)).content, "Hello");
 * ```
 */
export interface OutgoingMessage<Id> {
  /** The sending service's id of the client: names the conversation. */
  readonly id: Id;
  /** The text, or the whole draft. */
  readonly message: string | MessageDraft;
}

/**
 * The outcome of {@link SendQueue.trySend}.
 *
 * @example Sending without waiting for a place
 * ```ts
 * import { ChatBox, string, type TrySendMessage } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const tried: TrySendMessage = box.worker1.sendQueue.trySend({ id: "ada", message: "Hello" });
 * if (tried.state === "accepted") await tried.stored;
 * equal(tried.state, "accepted");
 * ```
 */
export type TrySendMessage =
  | { readonly state: "accepted"; readonly stored: Promise<Message> }
  | { readonly state: "full" }
  | { readonly state: "closed" };

/** What a {@link SendQueue} is made of. */
interface SendQueueOptions<Id> {
  /** How many messages are on their way at most. */
  readonly capacity: number;
  /** The places of the queue. */
  readonly slots: Slots;
  readonly store: (outgoing: OutgoingMessage<Id>) => Promise<Message>;
  /** Called when a message of {@link SendQueue.trySend} could not be stored: maybe nobody looks at its promise. */
  readonly onLost: (error: unknown) => void;
}

/**
 * Messages of all clients on their way into storage, for each client in the order in which they were sent. It takes a bounded number at
 * once: when it is full, senders wait in line.
 *
 * @example Messages of many clients
 * ```ts
 * import { ChatBox, type SendQueue, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * const queue: SendQueue<string> = box.worker1.sendQueue;
 * const ids = ["ada", "bob"];
 * for (const id of ids) await box.worker1.accessNewClient(id);
 * const stored = await Promise.all(ids.map((id) => queue.send({ id, message: `I am ${id}` })));
 * deepEqual(stored.map(({ content }) => content), ["I am ada", "I am bob"]);
 * ```
 *
 * @typeParam Id what the service uses as ids of its clients
 */
export class SendQueue<in Id> implements Disposable {
  /** How many messages are on their way at most. */
  readonly capacity: number;
  readonly #options: SendQueueOptions<Id>;
  readonly #closing = new AbortController();
  #reason: unknown;
  #size = 0;

  /** Made by the library; get one from a worker. */
  constructor(options: SendQueueOptions<Id>) {
    this.capacity = options.capacity;
    this.#options = options;
  }

  /** How many messages are on their way. */
  get size(): number {
    return this.#size;
  }

  /** Whether it accepts nothing more. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Sends a message, waiting while the queue is full. Resolves with the stored message, when it is on disk.
   *
   * @param options.signal calls off the wait for a place; a message that has its place is stored
   * @throws {ChatBoxError} `bad_value` for a message that is not allowed, `not_found` for an unknown client, `overloaded` when it cannot be stored now
   * @throws {QueueClosedError} with the message, when the queue is or gets closed before there is a place
   */
  async send(outgoing: OutgoingMessage<Id>, { signal }: WaitOptions = {}): Promise<Message> {
    if (this.closed) throw this.#unsent(outgoing);
    signal?.throwIfAborted();
    const checked = check(outgoing);
    const release = this.#options.slots.tryAcquire() ?? await this.#place(outgoing, signal);
    return await this.#through(checked, release);
  }

  async #place(outgoing: OutgoingMessage<Id>, signal: AbortSignal | undefined): Promise<() => void> {
    const closing = this.#closing.signal;
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    try {
      return await this.#options.slots.acquire(either);
    } catch (error) {
      throw closing.aborted ? this.#unsent(outgoing) : error;
    }
  }

  /**
   * Sends a message unless the queue is full. An accepted one is stored, also when the queue or the ChatBox is closed right after; what
   * speaks against that, an unknown client for example, is what `stored` rejects with, and is logged for those who do not look at it.
   *
   * @throws {ChatBoxError} `bad_value` for a message that is not allowed
   */
  trySend(outgoing: OutgoingMessage<Id>): TrySendMessage {
    if (this.closed) return { state: "closed" };
    const checked = check(outgoing);
    const release = this.#options.slots.tryAcquire();
    if (release === null) return { state: "full" };
    const stored = this.#through(checked, release);
    stored.catch(this.#options.onLost);
    return { state: "accepted", stored };
  }

  /**
   * Accepts nothing more; what has its place is stored, what waits for one goes back to its sender. Closing again does nothing. The worker
   * gives another queue to whoever asks next.
   *
   * @param reason the cause of the error that senders get
   */
  close(reason?: unknown): void {
    if (this.closed) return;
    this.#reason = reason;
    this.#closing.abort();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #through(outgoing: OutgoingMessage<Id>, release: () => void): Promise<Message> {
    this.#size++;
    try {
      return await this.#options.store(outgoing);
    } finally {
      this.#size--;
      release();
    }
  }

  #unsent(outgoing: unknown): QueueClosedError {
    return new QueueClosedError("Cannot send a message: the queue is closed", outgoing, {
      cause: this.#reason,
    });
  }
}

/** A copy of what waits in line, so that it is sent as it was handed in. */
function check<Id>(outgoing: OutgoingMessage<Id>): OutgoingMessage<Id> {
  const { id, message } = checkFields("send a message", "what is sent", outgoing);
  return { id, message: typeof message === "string" ? message : checkDraft(message) };
}
