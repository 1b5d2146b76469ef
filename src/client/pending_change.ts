/**
 * An edit or a deletion that the server has not made yet.
 *
 * @module
 */
import type { ClientFrame, ErrorCode } from "../web/protocol.ts";

/** What asks the server for a change. */
export type ChangeFrame = Extract<ClientFrame, { readonly type: "edit" | "delete" }>;

/** A change of a message of the visitor's own that the server has not made yet. */
export interface PendingChange {
  /** What is asked for. */
  readonly frame: ChangeFrame;
  /** Why the server refused it; it waits for a retry or to be discarded. */
  readonly failed?: { readonly code: ErrorCode; readonly message: string };
}
