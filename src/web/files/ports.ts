import type { FileReference, Uuid } from "../../core/mod.ts";
import type { FileClaims } from "../session/visitor_conversation.ts";
import type { TransferRoom } from "./transfer_limits.ts";

/** Where files of conversations are kept. */
export interface VisitorFiles extends FileClaims {
  /**
   * Stores a file as it comes, on disk when this resolves; nothing stays of one that does not arrive whole.
   *
   * @param room bytes that files which no message names may have, and that stay free on the disk; 0 for no limit
   * @throws {ChatBoxError} `overloaded` when it cannot be written; whatever ended the body early
   */
  saveWithin(room: TransferRoom, file: {
    readonly uid: Uuid;
    /** Where it comes from. */
    readonly address: string;
    readonly side: 1 | 2;
    readonly name: string;
    readonly body: ReadableStream<Uint8Array>;
    readonly maxBytes: number;
    /** Unix milliseconds. */
    readonly at: number;
    readonly signal?: AbortSignal;
  }): Promise<
    | { readonly file: FileReference }
    | { readonly refused: "too_large" | "empty" | "visitor_full" | "address_full" | "full" | "disk_full" }
  >;
  /** Finds a file; `undefined` when there is none or it was removed. */
  find(id: string): Promise<(FileReference & { readonly uid: Uuid }) | undefined>;
  /**
   * Reads a file, piece by piece, all of it or from `start` to before `end`.
   *
   * @throws {Deno.errors.NotFound} when its bytes are gone
   */
  read(
    id: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}
