/**
 * What a view sees of the conversation, and what it hears.
 *
 * @module
 */
import type { ErrorCode, Limits, Presence } from "../web/protocol.ts";
import type { ChangeFrame, PendingChange } from "./pending_change.ts";
import type { ConnectionState } from "./connection.ts";
import type { PendingMessage } from "./pending.ts";
import type { StoredMessage } from "./timeline.ts";

/** A snapshot of the conversation; never changed, replaced by the next. */
export interface ChatState {
  /** Where the connection stands. */
  readonly connection: ConnectionState;
  /** The visitor's public id, once the server said it. */
  readonly uid: string | null;
  /** Stored messages, oldest first. */
  readonly messages: readonly StoredMessage[];
  /** Messages of this tab without an acknowledgement, oldest first. */
  readonly pending: readonly PendingMessage[];
  /** Edits and deletions of this tab that the server has not made yet, oldest first. */
  readonly changes: readonly PendingChange[];
  /** Until when sending pauses because the server asked for it, in local Unix milliseconds; 0 when it doesn't. */
  readonly pausedUntil: number;
  /** Whether older messages can be loaded. */
  readonly more: boolean;
  /** Whether older messages are on their way. */
  readonly loadingOlder: boolean;
  /** Whether staff is there; null before the first welcome. */
  readonly agents: Presence | null;
  /** Who of the staff is typing. */
  readonly typing: string | null;
  /** Everything of the visitor's up to this `seq` reached the staff's side. */
  readonly delivered: number;
  /** Everything of the visitor's up to this `seq` was read by staff. */
  readonly read: number;
  /** Everything up to this `seq` was seen by the visitor, in whichever tab. */
  readonly seen: number;
  /** How many messages of others the visitor hasn't seen. */
  readonly unread: number;
  /** What the server accepts; the protocol's defaults before the first welcome. */
  readonly limits: Limits;
  /** Add this to the local clock to get the server's. */
  readonly clockOffsetMs: number;
}

/** What happens once, for sounds, announcements and tests. */
export type ChatEvent =
  /** New messages that this tab didn't write, while the chat was running (catching up included). */
  | { readonly type: "received"; readonly messages: readonly StoredMessage[] }
  /** A message of this tab was stored. */
  | { readonly type: "acknowledged"; readonly message: StoredMessage & { readonly cid: string } }
  /** A message of this tab was refused for good. */
  | { readonly type: "failed"; readonly cid: string; readonly code: ErrorCode; readonly message: string }
  /** An edit or a deletion of this tab was refused for good. */
  | {
    readonly type: "changeFailed";
    readonly change: ChangeFrame["type"];
    readonly seq: number;
    readonly code: ErrorCode;
    readonly message: string;
  }
  /** The token that says who the visitor is was refused; a fresh one helps. */
  | { readonly type: "signInRefused" }
  /** An error that names no message. */
  | {
    readonly type: "error";
    readonly code: ErrorCode;
    readonly message: string;
    readonly retryAfterMs?: number;
  };
