/**
 * A message of one's own that the server has not acknowledged yet.
 *
 * @module
 */
import type { ErrorCode, FileInfo } from "../web/protocol.ts";

/** A message that waits in the browser. */
export interface PendingMessage {
  /** The id that makes sending it again safe. */
  readonly cid: string;
  /** Its place among the messages of the tab that wrote it. */
  readonly order: number;
  /** The text. */
  readonly content: string;
  /** When it was written, in Unix milliseconds of the server's clock as far as known. */
  readonly at: number;
  /** The `seq` of the message that it answers. */
  readonly replyTo?: number;
  /** Uploaded files. */
  readonly files?: readonly FileInfo[];
  /** Why the server refused it; it waits for a retry or to be discarded. */
  readonly failed?: { readonly code: ErrorCode; readonly message: string };
}

/** A message as it lies in the browser's storage. */
export interface StoredPending extends PendingMessage {
  /** Which signed-in visitor wrote it; nobody else may send it. */
  readonly owner?: string;
}

/**
 * Reads a stored pending message.
 *
 * @param text What the storage holds.
 * @returns The message, or null when it is none of ours.
 */
export function parsePending(text: string | null): StoredPending | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { cid, order, content, at } = value as Partial<PendingMessage>;
    const valid = typeof cid === "string" && typeof order === "number" && typeof content === "string" &&
      typeof at === "number";
    return valid ? value as StoredPending : null;
  } catch {
    return null;
  }
}
