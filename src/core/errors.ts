/**
 * What went wrong, for callers that act on it.
 *
 * @example What to do about it
 * ```ts
 * import type { ChatBoxErrorCode } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const codes: readonly ChatBoxErrorCode[] = ["not_found", "overloaded", "bad_value"];
 * const passing = codes.filter((code) => code === "overloaded");
 * deepEqual(passing, ["overloaded"]);
 * ```
 */
export type ChatBoxErrorCode =
  /** The client, connection or message does not exist. */
  | "not_found"
  /** The id is already paired with another client. */
  | "conflict"
  /** A text does not decode to an id of its type. */
  | "bad_id"
  /** What was handed in is not allowed; the message says what is. Trying again does not help. */
  | "bad_value"
  /** The message is not the caller's to change, or was not delivered for good and can no longer be edited. */
  | "forbidden"
  /** The other side wants to hear nothing from the client. */
  | "blocked"
  /** The other side's create callback failed or is missing. */
  | "create_failed"
  /** Too much is waiting to be stored, the disk is full, or the database damaged; nothing was stored, try again later. */
  | "overloaded"
  /** The ChatBox is not running. */
  | "closed";

/**
 * An error of the library with a machine-readable {@link ChatBoxError.code | code}.
 *
 * @example A client that nobody knows
 * ```ts
 * import { ChatBox, ChatBoxError, string } from "@chatbox50/chatbox50/core";
 * import { rejects } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await rejects(
 *   box.worker1.getMessageSender("nobody")("Hello"),
 *   (error) => error instanceof ChatBoxError && error.code === "not_found",
 * );
 * ```
 */
export class ChatBoxError extends Error {
  /** Tells the class apart where `instanceof` cannot. */
  override readonly name = "ChatBoxError";
  /** What went wrong. */
  readonly code: ChatBoxErrorCode;

  /**
   * Makes one.
   *
   * @param message "Cannot <action>: <what is, what is allowed>"
   */
  constructor(code: ChatBoxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Options of {@link DeliveryError}.
 *
 * @example Not before a second has gone by
 * ```ts
 * import { DeliveryError, type DeliveryErrorOptions } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const options: DeliveryErrorOptions = { retryAfterMs: 1_000, cause: new Error("429") };
 * equal(new DeliveryError("too many posts", options).retryAfterMs, 1_000);
 * ```
 */
export interface DeliveryErrorOptions extends ErrorOptions {
  /** When the receiving service wants to be asked again, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/**
 * A delivery failed for now; it is tried again, after `retryAfterMs` at the earliest. A message that is deleted before that is not: whether
 * an attempt had arrived after all is the receiving service's to know.
 *
 * @example The service says when
 * ```ts
 * import { DeliveryError } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * equal(new DeliveryError("429 Too Many Requests", { retryAfterMs: 5_000 }).retryAfterMs, 5_000);
 * ```
 */
export class DeliveryError extends Error {
  /** Tells the class apart where `instanceof` cannot. */
  override readonly name: string = "DeliveryError";
  /** When to try again at the earliest, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;

  /**
   * Makes one.
   *
   * @param message for the operator
   */
  constructor(message: string, options: DeliveryErrorOptions = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * A delivery failed for good: the messages are marked as failed and the sending side is told.
 *
 * @example Words for the operator, and words for the sender
 * ```ts
 * import { PermanentDeliveryError } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const error = new PermanentDeliveryError("403 Forbidden", "This message could not be delivered");
 * equal(error.userMessage, "This message could not be delivered");
 * ```
 */
export class PermanentDeliveryError extends Error {
  /** Tells the class apart where `instanceof` cannot. */
  override readonly name = "PermanentDeliveryError";
  /** Words for the sender of the message; the error's own message is for the operator. */
  readonly userMessage: string;

  /**
   * Makes one.
   *
   * @param message for the operator
   * @param userMessage for the sender
   */
  constructor(message: string, userMessage: string, options?: ErrorOptions) {
    super(message, options);
    this.userMessage = userMessage;
  }
}
