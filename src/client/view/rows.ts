/**
 * What the message list shows, worked out from the state without touching the page.
 *
 * @module
 */
import type { ErrorCode, FileInfo, MarkupNode, Sender } from "../../web/protocol.ts";
import { startOfDay } from "../formats.ts";
import type { PendingChange } from "../pending_change.ts";
import type { PendingMessage } from "../pending.ts";
import type { ChatState } from "../state.ts";
import type { StoredMessage } from "../timeline.ts";

/** How far a message of the visitor's has come. */
export type Progress = "queued" | "sending" | "sent" | "delivered" | "read" | "refused" | "undelivered";

/** The message that another one answers. */
export interface Quote {
  readonly seq: number;
  /** Null when that message isn't loaded. */
  readonly message: StoredMessage | null;
}

/** A message in the list. */
export interface MessageRow {
  readonly kind: "message";
  /** Stays the same when a pending message becomes a stored one. */
  readonly key: string;
  readonly from: Sender;
  /** The writer's name; empty for the visitor and when nobody is named. */
  readonly author: string;
  readonly avatar?: string;
  readonly content: string;
  readonly nodes?: readonly MarkupNode[];
  readonly files: readonly FileInfo[];
  readonly at: number;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly quote: Quote | null;
  /** Null for messages of others. */
  readonly progress: Progress | null;
  /** Why it failed: the server's words, or an error's code. */
  readonly failure: string | null;
  /** A change that the server hasn't made yet (then the message shows as it is going to be) or refused. */
  readonly change: { readonly type: "edit" | "delete"; readonly refused: ErrorCode | null } | null;
  /** Of a stored message. */
  readonly seq: number | null;
  /** Of a pending message. */
  readonly cid: string | null;
  /** The first and the last of a group of one author's messages. */
  readonly first: boolean;
  readonly last: boolean;
  /** Whether time and progress are shown below. */
  readonly meta: boolean;
}

/** A row of the list. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "unread"; readonly key: string }
  | MessageRow;

/** Messages of one author this close together are shown as a group. */
const GROUP_MS = 5 * 60_000;

/**
 * Works out the rows.
 *
 * @param state The conversation.
 * @param unreadAfter Where the reader had got to when the chat came into view; a line is drawn there. Null for none.
 * @returns The rows, oldest first.
 */
export function rowsOf(state: ChatState, unreadAfter: number | null): Row[] {
  const bySeq = new Map(state.messages.map((message) => [message.seq, message]));
  const changes = new Map(state.changes.map((change) => [change.frame.seq, change]));
  const quote = (seq: number | undefined): Quote | null =>
    seq === undefined ? null : { seq, message: bySeq.get(seq) ?? null };
  const messages = [
    ...state.messages.map((message) =>
      changedRow(storedRow(message, state, quote(message.replyTo)), changes.get(message.seq), state)
    ),
    ...state.pending.map((pending) => pendingRow(pending, state, quote(pending.replyTo))),
  ];
  const rows: Row[] = [];
  let lined = unreadAfter === null;
  let previous: MessageRow | undefined;
  for (const [index, message] of messages.entries()) {
    const newDay = previous === undefined || startOfDay(previous.at) !== startOfDay(message.at);
    if (newDay) {
      rows.push({ kind: "day", key: `day-${startOfDay(message.at)}-${message.key}`, at: message.at });
    }
    const line = !lined && message.seq !== null && message.seq > (unreadAfter ?? 0) &&
      message.from !== "visitor";
    if (line) {
      rows.push({ kind: "unread", key: "unread" });
      lined = true;
    }
    const first = newDay || line || !together(previous, message);
    const next = messages[index + 1];
    const last = next === undefined || !together(message, next) ||
      startOfDay(next.at) !== startOfDay(message.at);
    // An edit is marked wherever it stands.
    const meta = last || message.edited || message.progress !== next?.progress;
    rows.push({ ...message, first, last, meta });
    previous = message;
  }
  return rows;
}

function together(a: MessageRow | undefined, b: MessageRow): boolean {
  return a !== undefined && a.from === b.from && a.author === b.author && !a.deleted && !b.deleted &&
    Math.abs(b.at - a.at) < GROUP_MS;
}

function storedRow(message: StoredMessage, state: ChatState, quote: Quote | null): MessageRow {
  return {
    kind: "message",
    key: message.cid ?? `seq-${message.seq}`,
    from: message.from,
    author: message.from === "visitor" ? "" : message.author?.name ?? "",
    ...(message.author?.avatar === undefined ? {} : { avatar: message.author.avatar }),
    content: message.content,
    ...(message.nodes === undefined ? {} : { nodes: message.nodes }),
    files: message.files ?? [],
    at: message.at,
    edited: message.editedAt !== undefined,
    deleted: message.deleted === true,
    quote,
    progress: message.from === "visitor" && message.deleted !== true ? progressOf(message, state) : null,
    failure: message.failed ?? null,
    change: null,
    seq: message.seq,
    cid: null,
    first: true,
    last: true,
    meta: true,
  };
}

/** A message with what becomes of it. A refused change leaves it as it is. */
function changedRow(row: MessageRow, change: PendingChange | undefined, state: ChatState): MessageRow {
  if (change === undefined || row.deleted) return row;
  const { frame, failed } = change;
  const changed = { ...row, change: { type: frame.type, refused: failed?.code ?? null } };
  if (failed !== undefined) return changed;
  const progress = state.connection.status === "open" ? "sending" : "queued";
  if (frame.type === "delete") return { ...changed, progress };
  const { nodes: _nodes, ...plain } = changed;
  return { ...plain, content: frame.content, edited: true, progress };
}

function progressOf(message: StoredMessage, state: ChatState): Progress {
  if (message.failed !== undefined) return "undelivered";
  if (message.seq <= state.read) return "read";
  return message.seq <= state.delivered ? "delivered" : "sent";
}

function pendingRow(pending: PendingMessage, state: ChatState, quote: Quote | null): MessageRow {
  const waits = state.connection.status === "open" ? "sending" : "queued";
  return {
    kind: "message",
    key: pending.cid,
    from: "visitor",
    author: "",
    content: pending.content,
    files: pending.files ?? [],
    at: pending.at,
    edited: false,
    deleted: false,
    quote,
    progress: pending.failed === undefined ? waits : "refused",
    failure: pending.failed?.code ?? null,
    change: null,
    seq: null,
    cid: pending.cid,
    first: true,
    last: true,
    meta: true,
  };
}
