import type { FileReference, Side, Uuid } from "../../core/mod.ts";

/** Where the files of conversations are kept. The bridge reads what visitors have uploaded and stores what staff attach. */
export interface ConversationFiles {
  /** Stores a file as it comes, on disk when this resolves. */
  save(file: {
    readonly uid: Uuid;
    readonly side: Side;
    readonly name: string;
    readonly body: ReadableStream<Uint8Array>;
    readonly maxBytes: number;
    /** Unix milliseconds. */
    readonly at: number;
    readonly signal?: AbortSignal;
  }): Promise<{ readonly file: FileReference } | { readonly refused: "too_large" | "empty" }>;
  /** Finds a file; `undefined` when there is none or it was removed, as it is together with its message. */
  find(id: string): Promise<FileReference | undefined>;
  /**
   * Reads all of a file.
   *
   * @throws {Deno.errors.NotFound} when its bytes are gone
   */
  read(id: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Promises files to the message that its sender calls `cid`; the same message may ask again. */
  claim(uid: Uuid, side: Side, cid: string, ids: readonly string[]): Promise<readonly FileReference[]>;
}
