import type { Uuid } from "./id_type.ts";
import type { JsonObject } from "./json.ts";

/** One of the two services of a ChatBox. */
export type Side = 1 | 2;

/** The service on the other side. */
export function otherSide(side: Side): Side {
  return side === 1 ? 2 : 1;
}

/** The writer of a message as the other side may see them. */
export interface Author {
  /** How they are called. */
  readonly name: string;
  /** The address of a picture. */
  readonly avatar?: string;
}

/** A file that belongs to a message; the bytes are kept by a service, not by the ChatBox. */
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

/** A stored message of one connection, in its present state. */
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

/** What a service hands in to be sent. */
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

/** What an edit changes; what is left out stays. */
export interface MessageEdit {
  /** The new text. */
  readonly content: string;
  /** The files that belong to it from now on. */
  readonly files?: readonly FileReference[];
  /** What else is kept with it from now on. */
  readonly data?: JsonObject;
}
