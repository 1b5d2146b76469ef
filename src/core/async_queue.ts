import { checkWhole } from "./check.ts";

/**
 * Options of what can be waited for.
 *
 * @example Waiting no longer than a signal says
 * ```ts
 * import { AsyncQueue, type WaitOptions } from "@chatbox50/chatbox50/core";
 * import { rejects } from "node:assert/strict";
 *
 * const options: WaitOptions = { signal: AbortSignal.abort(new Error("enough")) };
 * await rejects(new AsyncQueue<string>({ capacity: 1 }).receive(options), /enough/);
 * ```
 */
export interface WaitOptions {
  /** Ends the waiting: the promise rejects with the signal's reason. One that is aborted already is refused before anything is done. */
  readonly signal?: AbortSignal;
}

/**
 * The queue is closed. Thrown by a send, it hands the value back that was not sent.
 *
 * @example What was not sent comes back
 * ```ts
 * import { AsyncQueue, QueueClosedError } from "@chatbox50/chatbox50/core";
 * import { rejects } from "node:assert/strict";
 *
 * const queue = new AsyncQueue<string>({ capacity: 1 });
 * queue.close();
 * await rejects(queue.send("late"), (error) => error instanceof QueueClosedError && error.value === "late");
 * ```
 */
export class QueueClosedError extends Error {
  /** Tells the class apart where `instanceof` cannot. */
  override readonly name = "QueueClosedError";
  /** What was not sent; `undefined` when thrown by a receive. */
  readonly value: unknown;

  /**
   * Made by the queue.
   *
   * @param value what was not sent
   */
  constructor(message: string, value?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.value = value;
  }
}

/**
 * The outcome of {@link AsyncQueue.trySend}.
 *
 * @example Sending without waiting
 * ```ts
 * import { AsyncQueue, type TrySend } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const queue = new AsyncQueue<number>({ capacity: 1 });
 * const outcomes: TrySend[] = [queue.trySend(1), queue.trySend(2)];
 * deepEqual(outcomes, [{ state: "sent" }, { state: "full" }]);
 * ```
 */
export type TrySend = { readonly state: "sent" } | { readonly state: "full" } | { readonly state: "closed" };

/**
 * The outcome of {@link AsyncQueue.tryReceive}.
 *
 * @example Receiving without waiting
 * ```ts
 * import { AsyncQueue, type TryReceive } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const queue = new AsyncQueue<number>({ capacity: 1 });
 * queue.trySend(1);
 * const outcomes: TryReceive<number>[] = [queue.tryReceive(), queue.tryReceive()];
 * deepEqual(outcomes, [{ state: "received", value: 1 }, { state: "empty" }]);
 * ```
 */
export type TryReceive<T> =
  | { readonly state: "received"; readonly value: T }
  | { readonly state: "empty" }
  | { readonly state: "closed" };

interface Sender<T> {
  readonly value: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Receiver<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A bounded queue between those who send and those who receive, first in, first out. When it is full, senders wait in line;
 * nothing is dropped. Once it is closed, what it holds can still be received; what waits to be sent goes back to its sender.
 *
 * @example Send, receive, close
 * ```ts
 * import { AsyncQueue } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const queue = new AsyncQueue<number>({ capacity: 2 });
 * await queue.send(1);
 * await queue.send(2);
 * deepEqual(queue.trySend(3), { state: "full" });
 * queue.close();
 * deepEqual(await Array.fromAsync(queue), [1, 2]);
 * ```
 *
 * @typeParam T what goes through it
 */
export class AsyncQueue<T> implements AsyncIterable<T>, Disposable {
  /** How many values it holds at most. */
  readonly capacity: number;
  readonly #values: T[] = [];
  readonly #senders = new Set<Sender<T>>();
  readonly #receivers = new Set<Receiver<T>>();
  #closed: { readonly reason: unknown } | undefined;

  /**
   * Makes an empty one.
   *
   * @throws {ChatBoxError} `bad_value` when the capacity is no whole number from 1
   */
  constructor({ capacity }: { readonly capacity: number }) {
    this.capacity = checkWhole("make a queue", "capacity", capacity, 1);
  }

  /** How many values it holds. */
  get size(): number {
    return this.#values.length;
  }

  /** Whether it was closed; it may still hold values. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Sends without waiting. */
  trySend(value: T): TrySend {
    if (this.#closed !== undefined) return { state: "closed" };
    const receiver = first(this.#receivers);
    if (receiver !== undefined) receiver.resolve(value);
    else if (this.#values.length < this.capacity) this.#values.push(value);
    else return { state: "full" };
    return { state: "sent" };
  }

  /**
   * Sends, waiting while the queue is full.
   *
   * @throws {QueueClosedError} with the value, when it is or gets closed before
   */
  send(value: T, { signal }: WaitOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { state } = this.trySend(value);
    if (state === "sent") return Promise.resolve();
    if (state === "closed") return Promise.reject(this.#unsent(value));
    return waitIn<Sender<T>, void>(this.#senders, signal, (resolve, reject) => ({ value, resolve, reject }));
  }

  /** Receives without waiting. */
  tryReceive(): TryReceive<T> {
    if (this.#values.length === 0) return { state: this.#closed === undefined ? "empty" : "closed" };
    const [value] = this.#values.splice(0, 1) as [T];
    const sender = first(this.#senders);
    if (sender !== undefined) {
      this.#values.push(sender.value);
      sender.resolve();
    }
    return { state: "received", value };
  }

  /**
   * Receives, waiting while the queue is empty.
   *
   * @throws {QueueClosedError} when it is closed and empty, or the reason with which it was closed
   */
  receive({ signal }: WaitOptions = {}): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const taken = this.tryReceive();
    if (taken.state === "received") return Promise.resolve(taken.value);
    if (taken.state === "closed") return Promise.reject(this.#ended());
    return waitIn<Receiver<T>, T>(this.#receivers, signal, (resolve, reject) => ({ resolve, reject }));
  }

  /** Accepts nothing more. Closing again does nothing. @param reason what receivers get instead of a {@link QueueClosedError} */
  close(reason?: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { reason };
    for (const sender of this.#senders) sender.reject(this.#unsent(sender.value));
    for (const receiver of this.#receivers) receiver.reject(this.#ended());
  }

  /** Receives until it is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      try {
        yield await this.receive();
      } catch (error) {
        if (error instanceof QueueClosedError) return;
        throw error;
      }
    }
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  #unsent(value: T): QueueClosedError {
    return new QueueClosedError("Cannot send: the queue is closed", value, { cause: this.#closed?.reason });
  }

  #ended(): unknown {
    return this.#closed?.reason ?? new QueueClosedError("Cannot receive: the queue is closed and empty");
  }
}

function first<T>(line: ReadonlySet<T>): T | undefined {
  for (const one of line) return one;
  return undefined;
}

/** Waits in a line until called, or until the signal is aborted; leaves the line either way. */
function waitIn<W, R>(
  line: Set<W>,
  signal: AbortSignal | undefined,
  make: (resolve: (result: R) => void, reject: (error: unknown) => void) => W,
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const leave = (): void => {
      line.delete(waiting);
      signal?.removeEventListener("abort", abort);
    };
    const abort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const waiting = make((result) => {
      leave();
      resolve(result);
    }, (error) => {
      leave();
      reject(error);
    });
    line.add(waiting);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
