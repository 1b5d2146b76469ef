/**
 * The WebSocket protocol between a browser and the server: pure types and limits, shared by both ends.
 *
 * One JSON object a text frame, discriminated by `type`. Times are Unix milliseconds. `seq` counts the messages
 * of a conversation from 1; `rev` counts its changes (a new message, an edit and a deletion each take the next).
 *
 * @module
 */

/** The version of this protocol, the `v` of `hello` and `welcome`. */
export const PROTOCOL_VERSION = 1;

/** The longest frame the server reads, in bytes of UTF-8; a longer one closes the socket with 1009. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** The longest message, in Unicode code points after trimming line ends. */
export const MAX_CONTENT_CODE_POINTS = 4_000;

/** How long a socket may stay silent before its `hello`, in milliseconds. */
export const HELLO_TIMEOUT_MS = 10_000;

/** With `after`, more changed messages than this make the server start over with the latest page. */
export const MAX_CATCH_UP = 200;

/** How many messages `welcome` carries when it does not catch up. */
export const WELCOME_PAGE = 50;

/** The most messages one `history` frame may ask for. */
export const MAX_HISTORY_PAGE = 100;

/** The most files a message may have. */
export const MAX_FILES = 10;

/** The largest file, in bytes. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** What a client-chosen message id looks like. */
export const CID_PATTERN: RegExp = /^[A-Za-z0-9_-]{1,64}$/;

/** Who wrote a message. */
export type Sender = "visitor" | "agent" | "system";

/** Whether somebody of the staff was active within the last 15 minutes. */
export type Presence = "online" | "away";

/** A file that belongs to a message. */
export interface FileInfo {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Pixels, for images whose size is known. */
  readonly width?: number;
  readonly height?: number;
}

/** The writer of a message, as the visitor may see them. */
export interface Author {
  readonly name: string;
  readonly avatar?: string;
}

/** One message of the conversation. */
export interface Message {
  readonly seq: number;
  readonly rev: number;
  readonly from: Sender;
  readonly author?: Author;
  readonly content: string;
  /** Formatted content as a tree, for messages that carry markup. */
  readonly nodes?: readonly MarkupNode[];
  readonly at: number;
  readonly editedAt?: number;
  readonly deleted?: true;
  readonly replyTo?: number;
  readonly files?: readonly FileInfo[];
  /** Words for the visitor when the message could not be delivered for good. */
  readonly failed?: string;
}

/** A node of formatted text; browsers turn it into DOM nodes, never into HTML text. */
export type MarkupNode =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "break" }
  | {
    readonly type: "bold" | "italic" | "underline" | "strike" | "spoiler" | "quote";
    readonly children: readonly MarkupNode[];
  }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "codeblock"; readonly text: string; readonly language?: string }
  | { readonly type: "heading"; readonly level: 1 | 2 | 3; readonly children: readonly MarkupNode[] }
  | {
    readonly type: "list";
    readonly ordered: boolean;
    readonly start?: number;
    readonly items: readonly (readonly MarkupNode[])[];
  }
  | { readonly type: "link"; readonly url: string; readonly children: readonly MarkupNode[] }
  | { readonly type: "mention"; readonly text: string }
  | { readonly type: "timestamp"; readonly at: number; readonly style: string };

/** What the server accepts. */
export interface Limits {
  /** Code points a message. */
  readonly content: number;
  /** Files a message. */
  readonly files: number;
  /** Bytes a file. */
  readonly fileBytes: number;
}

/** The codes of an `error` frame. */
export type ErrorCode =
  | "bad_frame"
  | "bad_hello"
  | "content_empty"
  | "content_too_long"
  | "rate_limited"
  | "not_found"
  | "forbidden"
  | "blocked"
  | "overloaded"
  | "internal";

/** The first frame of a socket. */
export interface HelloFrame {
  readonly type: "hello";
  readonly v: number;
  readonly session: string | null;
  /** The highest `rev` the client has, 0 for none. */
  readonly after: number;
  readonly page?: { readonly url?: string; readonly title?: string };
  readonly locale?: string;
  readonly identity?: IdentityClaim;
}

/** Who the site around the chat says that the visitor is. */
export interface IdentityClaim {
  /** A JWT that the site's own server has signed; it alone counts when it is there. */
  readonly token?: string;
  /** What the page says without proof; shown to staff as claimed. */
  readonly name?: string;
  readonly email?: string;
}

/** A new message. */
export interface SendFrame {
  readonly type: "send";
  readonly cid: string;
  readonly content: string;
  readonly replyTo?: number;
  readonly files?: readonly string[];
}

/** What a browser may send. */
export type ClientFrame =
  | HelloFrame
  | SendFrame
  | { readonly type: "edit"; readonly seq: number; readonly content: string }
  | { readonly type: "delete"; readonly seq: number }
  | { readonly type: "typing" }
  | { readonly type: "read"; readonly seq: number }
  | { readonly type: "history"; readonly before: number; readonly limit: number };

/** The answer to `hello`. */
export interface WelcomeFrame {
  readonly type: "welcome";
  readonly v: number;
  readonly uid: string;
  /** Only when newly issued. */
  readonly session?: string;
  readonly rev: number;
  readonly messages: readonly Message[];
  /** Whether older messages exist than the first of `messages`. */
  readonly more: boolean;
  /** Forget what you have: `messages` is the latest page, not what changed since `after`. */
  readonly reset: boolean;
  readonly agents: Presence;
  /** Up to where the visitor has read, in this or another browser. */
  readonly seen?: number;
  readonly now: number;
  readonly limits: Limits;
}

/** One stored message of the socket's own. */
export interface Ack {
  readonly cid: string;
  readonly seq: number;
  readonly rev: number;
  readonly at: number;
}

/** What the server may send. */
export type ServerFrame =
  | WelcomeFrame
  | { readonly type: "acks"; readonly acks: readonly Ack[] }
  | { readonly type: "messages"; readonly messages: readonly Message[]; readonly rev: number }
  | { readonly type: "history"; readonly messages: readonly Message[]; readonly more: boolean }
  | { readonly type: "typing"; readonly name: string }
  | { readonly type: "delivered" | "read"; readonly seq: number }
  /** The visitor has read everything up to `seq` on another socket; `welcome` has the same field. */
  | { readonly type: "seen"; readonly seq: number }
  | { readonly type: "presence"; readonly agents: Presence }
  | {
    readonly type: "error";
    readonly code: ErrorCode;
    readonly message: string;
    /** The `send` that is refused. */
    readonly cid?: string;
    /** The message whose `edit` or `delete` is refused. */
    readonly seq?: number;
    /** When to try again, in milliseconds from now. */
    readonly retryAfterMs?: number;
  };

/** The codes with which the server closes a socket (RFC 6455 section 7.4, and 4000-4999 for our own). */
export const CloseCode = {
  /** A frame over {@link MAX_FRAME_BYTES}. */
  tooBig: 1009,
  /** Restarting, come back soon. */
  restarting: 1012,
  /** The reader is too slow, or the server is overloaded. */
  overloaded: 1013,
  /** Not the protocol. */
  notProtocol: 4400,
  /** The origin is not allowed, or the visitor is blocked. */
  forbidden: 4403,
  /** No `hello` in time. */
  noHello: 4408,
  /** Too many connections or frames. */
  tooMany: 4429,
} as const;
