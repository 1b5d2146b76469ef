import type { Clock, Logger } from "../core/mod.ts";
import type { FileStore } from "./file_store.ts";

/** How often files that nobody needs are removed, in milliseconds. Deleted ones cannot be read from the moment of their deletion. */
const EVERY_MS = 5 * 60_000;

/** Removes files that nobody needs, at the start and from time to time. */
export class FileSweeper {
  readonly #files: Pick<FileStore, "sweep" | "sweepStrays">;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(files: Pick<FileStore, "sweep" | "sweepStrays">, clock: Clock, logger: Logger) {
    this.#files = files;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Begins; what an earlier process has left behind goes first. */
  start(): void {
    this.#sweeping = this.#attempt(() => this.#files.sweepStrays()).then(() => this.#sweep());
  }

  /** Ends; waits for a sweep that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    await this.#attempt(() => this.#files.sweep(this.#clock.now()));
    if (this.#closed) return;
    this.#cancel = this.#clock.after(EVERY_MS, () => this.#sweeping = this.#sweep());
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The next sweep finds what this one has left.
      this.#logger.warn("Cannot remove files that nobody needs", { error });
    }
  }
}
