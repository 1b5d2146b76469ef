/**
 * Files on their way into the next message.
 *
 * @module
 */
import type { FileInfo, Limits } from "../../web/protocol.ts";
import { type FileTransfer, UploadError } from "../upload.ts";
import type { ViewContext } from "./context.ts";
import { element, iconButton } from "./dom.ts";
import { icon } from "./icons.ts";
import { isolated } from "./words.ts";

interface Attachment {
  readonly file: File;
  readonly abort: AbortController;
  readonly element: HTMLElement;
  /** Begins its upload, again if need be. */
  readonly upload: () => Promise<void>;
  /** Shows that it waits. */
  readonly wait: () => void;
  stored: FileInfo | null;
  /** Whether only the network stood in its way. */
  waits: boolean;
}

/** The row of chosen files above the text. */
export class Attachments {
  readonly #row: HTMLElement;
  readonly #transfer: FileTransfer;
  readonly #context: ViewContext;
  readonly #onChange: () => void;
  readonly #complain: (words: string) => void;
  #items: Attachment[] = [];
  #connected = false;
  #shown = true;
  #limits: Limits = { content: 0, files: 0, fileBytes: 0 };

  /**
   * @param row Where they are shown.
   * @param transfer Uploads them.
   * @param context Words and formats.
   * @param events What to do when something changes, and with words for the visitor.
   */
  constructor(
    row: HTMLElement,
    transfer: FileTransfer,
    context: ViewContext,
    events: { readonly changed: () => void; readonly complain: (words: string) => void },
  ) {
    this.#row = row;
    this.#transfer = transfer;
    this.#context = context;
    this.#onChange = events.changed;
    this.#complain = events.complain;
  }

  /** What the server accepts. */
  set limits(limits: Limits) {
    this.#limits = limits;
  }

  /** The uploaded files. */
  get files(): readonly FileInfo[] {
    return this.#items.flatMap((item) => item.stored ?? []);
  }

  /** How the chosen files are called, uploaded or not. */
  get names(): readonly string[] {
    return this.#items.map(({ file }) => file.name);
  }

  /** Whether something is still on its way, or failed and waits for a decision. */
  get unfinished(): boolean {
    return this.#items.some((item) => item.stored === null);
  }

  /** Adds files and begins to upload them. */
  add(files: Iterable<File>): void {
    const { strings, formats } = this.#context;
    const { files: most, fileBytes } = this.#limits;
    for (const file of files) {
      if (this.#items.length >= most) {
        if (most > 0) this.#complain(strings.tooManyFiles(formats.number(most)));
        return;
      }
      if (file.size > fileBytes) this.#complain(strings.fileTooBig(file.name, formats.size(fileBytes)));
      else this.#begin(file);
    }
  }

  /** Whether the row is there to be seen; out of sight, files go on uploading. */
  set shown(shown: boolean) {
    this.#shown = shown;
    this.#row.hidden = !shown || this.#items.length === 0;
  }

  /** Whether there is a connection: whatever the network kept back waits for it, and goes up when it is back. */
  set connected(connected: boolean) {
    this.#connected = connected;
    for (const item of this.#items) {
      if (!item.waits) continue;
      if (connected) void item.upload();
      else item.wait();
    }
  }

  /** Empties the row: the message is on its way, or given up. */
  clear(): void {
    for (const item of this.#items) {
      item.abort.abort();
      item.element.remove();
    }
    this.#items = [];
    this.#changed();
  }

  #begin(file: File): void {
    const { strings, formats } = this.#context;
    const state = element("span", { class: "file-size" });
    const retry = element("button", { class: "text-button", attributes: { type: "button" } }, strings.retry);
    const remove = iconButton(
      icon("close"),
      strings.removeFile(file.name),
      () => this.#remove(item),
      "small",
    );
    const name = element(
      "span",
      { class: "file-name", attributes: { dir: "auto" } },
      element("bdi", {}, file.name),
    );
    const chip = element("li", { class: "attachment" }, icon("file"), name, state, retry, remove);
    const progress = element("progress", { attributes: { max: 1, "aria-label": file.name } });
    const showProgress = (fraction: number): void => {
      progress.value = fraction;
      state.textContent = `${strings.uploading} ${formats.percent(fraction)}`;
    };
    const upload = async (): Promise<void> => {
      item.waits = false;
      retry.hidden = true;
      chip.append(progress);
      showProgress(0);
      try {
        item.stored = await this.#transfer.upload(file, item.abort.signal, showProgress);
        state.textContent = formats.size(file.size);
      } catch (error) {
        if (item.abort.signal.aborted) return;
        const { code = null, retryAfterMs: wait = null } = error instanceof UploadError ? error : {};
        item.waits = code === null;
        retry.hidden = false;
        state.textContent = wait === null ? strings.uploadFailed : strings.tryAgainIn(formats.wait(wait));
        if (item.waits && !this.#connected) item.wait();
        else this.#complain(refusalWords(file.name, error, this.#context));
      }
      progress.remove();
      this.#changed();
    };
    const item: Attachment = {
      file,
      abort: new AbortController(),
      element: chip,
      upload,
      wait: () => {
        retry.hidden = true;
        state.textContent = strings.queued;
      },
      stored: null,
      waits: false,
    };
    retry.addEventListener("click", () => void upload());
    this.#items.push(item);
    this.#row.append(chip);
    void upload();
    this.#changed();
  }

  #remove(item: Attachment): void {
    item.abort.abort();
    item.element.remove();
    this.#items = this.#items.filter((other) => other !== item);
    this.#changed();
  }

  #changed(): void {
    this.shown = this.#shown;
    this.#onChange();
  }
}

/** Why a file was not taken, in the visitor's language. */
function refusalWords(name: string, error: unknown, { strings, formats }: ViewContext): string {
  const { code = null, retryAfterMs = null } = error instanceof UploadError ? error : {};
  const words: Readonly<Record<string, string>> = {
    ...strings.errors,
    rate_limited: strings.uploadsLimited,
    files_wait: strings.filesWait,
    network_files_wait: strings.networkFilesWait,
  };
  const reason = code === null ? strings.offline : words[code] ?? strings.errors.other;
  const wait = retryAfterMs === null ? "" : ` ${strings.tryAgainIn(formats.wait(retryAfterMs))}`;
  return `${isolated(name)}: ${reason}${wait}`;
}
