/**
 * Files to and from the server. The session goes in a header, never into a URL.
 *
 * @module
 */
import type { FileInfo } from "../web/protocol.ts";

/** Types that are shown in the page; everything else is only ever downloaded. */
const SHOWN_TYPES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
]);

/** Whether a file is a picture that may be shown with its size known before it loads. */
export function isShown(file: FileInfo): boolean {
  return SHOWN_TYPES.has(file.type) && file.width !== undefined && file.height !== undefined;
}

/** Loads files of the conversation and sends new ones. */
export class FileTransfer {
  readonly #session: () => string | null;
  readonly #loaded = new Map<string, Promise<string>>();

  /** @param session The present session. */
  constructor(session: () => string | null) {
    this.#session = session;
  }

  /**
   * Sends a file.
   *
   * @param file What the visitor chose.
   * @param signal Gives it up.
   * @returns The stored file, whose id a message can name.
   * @throws {Error} When there is no session yet, the network fails or the server refuses.
   */
  async upload(file: File, signal: AbortSignal): Promise<FileInfo> {
    const response = await fetch("/upload", {
      method: "POST",
      body: file,
      headers: {
        ...this.#authorization(),
        "Content-Type": file.type === "" ? "application/octet-stream" : file.type,
        "X-File-Name": encodeURIComponent(file.name.toWellFormed?.() ?? file.name),
      },
      signal,
    });
    if (!response.ok) throw new Error(`Cannot upload a file: the server answered ${response.status}`);
    return await response.json() as FileInfo;
  }

  /**
   * Loads a file once and keeps it for the life of the page.
   *
   * @param id The file's id.
   * @returns A `blob:` address.
   * @throws {Error} When there is no session yet, the network fails or the file is gone.
   */
  load(id: string): Promise<string> {
    const known = this.#loaded.get(id);
    if (known !== undefined) return known;
    const loading = this.#fetch(id);
    this.#loaded.set(id, loading);
    loading.catch(() => this.#loaded.delete(id));
    return loading;
  }

  async #fetch(id: string): Promise<string> {
    const response = await fetch(`/files/${encodeURIComponent(id)}`, { headers: this.#authorization() });
    if (!response.ok) throw new Error(`Cannot load a file: the server answered ${response.status}`);
    return URL.createObjectURL(await response.blob());
  }

  #authorization(): { readonly Authorization: string } {
    const session = this.#session();
    if (session === null) throw new Error("Cannot transfer a file: there is no session yet");
    return { Authorization: `Bearer ${session}` };
  }
}
