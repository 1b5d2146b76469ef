import type { Uuid } from "./id_type.ts";
import type { JsonObject } from "./json.ts";

/**
 * One of the two services of a ChatBox.
 *
 * @example Who sent it
 * ```ts
 * import type { Message, Side } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const names: Readonly<Record<Side, string>> = { 1: "visitor", 2: "staff" };
 * const sender = ({ side }: Pick<Message, "side">): string => names[side];
 * equal(sender({ side: 2 }), "staff");
 * ```
 */
export type Side = 1 | 2;

/**
 * The service on the other side.
 *
 * @example For whom a message is
 * ```ts
 * import { otherSide } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * equal(otherSide(1), 2);
 * equal(otherSide(otherSide(1)), 1);
 * ```
 */
export function otherSide(side: Side): Side {
  return side === 1 ? 2 : 1;
}

/**
 * The writer of a message as the other side may see them.
 *
 * @example A name with a message
 * ```ts
 * import { type Author, ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const author: Author = { name: "Ada" };
 * const message = await box.worker1.getMessageSender("ada")({ content: "Hello", author });
 * deepEqual(message.author, { name: "Ada" });
 * ```
 */
export interface Author {
  /** How they are called. */
  readonly name: string;
  /** The address of a picture. */
  readonly avatar?: string;
}

/**
 * A file that belongs to a message; the bytes are kept by a service, not by the ChatBox.
 *
 * @example A picture with a message
 * ```ts
 * import { ChatBox, type FileReference, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const cat: FileReference = { id: "f1", name: "cat.png", type: "image/png", size: 1_024, width: 64, height: 64 };
 * const message = await box.worker1.getMessageSender("ada")({ content: "", files: [cat] });
 * deepEqual(message.files, [cat]);
 * ```
 */
export interface FileReference {
  /** The keeping service's id of the file. */
  readonly id: string;
  /** The file's name, for people. */
  readonly name: string;
  /** A media type (RFC 9110 section 8.3.1). */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Pixels, for images whose size is known. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
}

/**
 * A stored message of one connection, in its present state.
 *
 * @example As it is stored
 * ```ts
 * import { ChatBox, type Message, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const message: Message = await box.worker1.getMessageSender("ada")("Hello");
 * const { seq, rev, side, content } = message;
 * deepEqual({ seq, rev, side, content }, { seq: 1, rev: 1, side: 1, content: "Hello" });
 * ```
 */
export interface Message {
  /** The connection it belongs to. */
  readonly uid: Uuid;
  /** Counts the connection's messages from 1. */
  readonly seq: number;
  /** Counts the connection's changes: a new message, an edit, a deletion and a failure each take the next. */
  readonly rev: number;
  /** The service that sent it. */
  readonly side: Side;
  /** Empty when the message is deleted. */
  readonly content: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** The sender's own id of the message; unique within the connection's last 1,000 messages. */
  readonly cid?: string;
  /** Who wrote it, where the service says so. */
  readonly author?: Author;
  /** Unix milliseconds of the last edit. */
  readonly editedAt?: number;
  /** Unix milliseconds. */
  readonly deletedAt?: number;
  /** The `seq` of the message that this one answers. */
  readonly replyTo?: number;
  /** The files that belong to it. */
  readonly files?: readonly FileReference[];
  /** Anything else a service wants kept with the message. */
  readonly data?: JsonObject;
  /** Words for the sender when the message could not be delivered for good. */
  readonly failed?: string;
}

/**
 * What a service hands in to be sent.
 *
 * @example Sent twice, stored once
 * ```ts
 * import { ChatBox, type MessageDraft, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const draft: MessageDraft = { content: "Hello", cid: "m-1", data: { language: "en" } };
 * const send = box.worker1.getMessageSender("ada");
 * equal((await send(draft)).seq, (await send(draft)).seq);
 * ```
 */
export interface MessageDraft {
  /** The text. */
  readonly content: string;
  /** Sending the same `cid` again stores nothing new and gives the first message. */
  readonly cid?: string;
  /** Who wrote it. */
  readonly author?: Author;
  /** The `seq` of the message that it answers. */
  readonly replyTo?: number;
  /** Files that belong to it. */
  readonly files?: readonly FileReference[];
  /** Anything else to be kept with it. */
  readonly data?: JsonObject;
  /** The ids that the message has in the sending service; with them it can be found again. */
  readonly remoteIds?: readonly string[];
  /** Moves the sending side's cursor, see {@link Connection.cursor}, in the same transaction. */
  readonly cursor?: string;
}

/**
 * What an edit changes; what is left out stays.
 *
 * @example What is left out stays
 * ```ts
 * import { ChatBox, type MessageEdit, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const { seq } = await box.worker1.getMessageSender("ada")({ content: "Helo", data: { language: "en" } });
 * const edit: MessageEdit = { content: "Hello" };
 * const { content, data } = await box.worker1.edit("ada", seq, edit);
 * deepEqual({ content, data }, { content: "Hello", data: { language: "en" } });
 * ```
 */
export interface MessageEdit {
  /** The new text. */
  readonly content: string;
  /** The files that belong to it from now on. */
  readonly files?: readonly FileReference[];
  /** What else is kept with it from now on. */
  readonly data?: JsonObject;
}
