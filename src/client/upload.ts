/**
 * Files to and from the server. The session goes in a header, never into a URL.
 *
 * @module
 */
import type { FileInfo } from "../web/protocol.ts";
import { inTurn } from "./in_turn.ts";
import { LoadedFiles } from "./loaded_files.ts";
import type { Clock } from "./ports.ts";
import { systemClock } from "./system_ports.ts";

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

/** A file could not be sent. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  /**
   * Why the server refused it: its code, or `files_wait` (`network_files_wait`) when too much that the visitor (somebody in
   * their network) has uploaded was never sent. Null when the network failed.
   */
  readonly code: string | null;
  /** After this long it may be tried again, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(message: string, code: string | null = null, retryAfterMs: number | null = null) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Loads files of the conversation and sends new ones. */
export class FileTransfer {
  readonly #session: () => string | null;
  readonly #clock: Clock;
  readonly #loaded = new LoadedFiles((id) => this.#fetch(id));

  /**
   * @param session The present session.
   * @param clock Waits for a turn.
   */
  constructor(session: () => string | null, clock: Clock = systemClock) {
    this.#session = session;
    this.#clock = clock;
  }

  /**
   * Sends a file.
   *
   * @param file What the visitor chose.
   * @param signal Gives it up.
   * @param onProgress Hears how much is on its way, from 0 to 1.
   * @returns The stored file, whose id a message can name.
   * @throws {UploadError} When there is no session yet, the network fails or the server refuses.
   */
  upload(file: File, signal: AbortSignal, onProgress: (fraction: number) => void): Promise<FileInfo> {
    return new Promise((resolve, reject) => {
      // `fetch` doesn't tell how far an upload has come.
      const request = new XMLHttpRequest();
      request.open("POST", "/upload");
      request.setRequestHeader("Authorization", this.#authorization().Authorization);
      request.setRequestHeader("Content-Type", file.type === "" ? "application/octet-stream" : file.type);
      request.setRequestHeader("X-File-Name", encodeURIComponent(wellFormed(file.name)));
      request.upload.onprogress = ({ loaded, total }): void => onProgress(total === 0 ? 0 : loaded / total);
      request.onload = (): void => {
        const answer = parsed(request.responseText);
        const stored = request.status < 300 ? fileInfo(answer) : null;
        if (stored !== null) resolve(stored);
        else reject(refusal(request.status, answer));
      };
      request.onerror = (): void => reject(new UploadError("Cannot upload a file: no connection"));
      request.onabort = (): void => reject(new UploadError("Cannot upload a file: it was given up"));
      signal.addEventListener("abort", () => request.abort(), { once: true });
      request.send(file);
    });
  }

  /**
   * Loads a file. A conversation with many pictures, or many visitors behind one address, ask for more at once than the
   * server gives out: those wait for their turn.
   *
   * @param id The file's id.
   * @returns A `blob:` address; to be used at once, for only the last files are kept.
   * @throws {Error} When there is no session yet, the network fails or the file is gone.
   */
  load(id: string): Promise<string> {
    return this.#loaded.load(id);
  }

  /** Forgets what was loaded: the visitor is another one. */
  forget(): void {
    this.#loaded.clear();
  }

  async #fetch(id: string): Promise<Blob> {
    const path = `/files/${encodeURIComponent(id)}`;
    const response = await inTurn(() => fetch(path, { headers: this.#authorization() }), this.#clock);
    if (!response.ok) throw new Error(`Cannot load a file: the server answered ${response.status}`);
    return await response.blob();
  }

  #authorization(): { readonly Authorization: string } {
    const session = this.#session();
    if (session === null) throw new Error("Cannot transfer a file: there is no session yet");
    return { Authorization: `Bearer ${session}` };
  }
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // A proxy's own error page; the status says enough.
  }
  return {};
}

/** The server is ours; what a proxy in between made up is no file. */
function fileInfo(answer: Readonly<Record<string, unknown>>): FileInfo | null {
  const { id, name, type, size } = answer;
  const complete = typeof id === "string" && typeof name === "string" && typeof type === "string" &&
    typeof size === "number";
  return complete ? answer as unknown as FileInfo : null;
}

function refusal(
  status: number,
  { code, message, retryAfterMs }: Readonly<Record<string, unknown>>,
): UploadError {
  // A code says when to come again; of what there is too much, only the words do.
  const full = /files( from your network)? wait to be sent/.exec(String(message));
  const waiting = full === null ? null : full[1] === undefined ? "files_wait" : "network_files_wait";
  return new UploadError(
    `Cannot upload a file: the server answered ${status}`,
    waiting ?? (typeof code === "string" ? code : "other"),
    typeof retryAfterMs === "number" ? retryAfterMs : null,
  );
}

/** `encodeURIComponent` refuses the unpaired surrogates that a file's name may contain. */
function wellFormed(name: string): string {
  return name.replaceAll(/\p{Surrogate}/gu, "\ufffd");
}
