import type { Clock, Logger } from "../core/mod.ts";
import type { FileStore } from "./file_store.ts";

/** How often what nobody needs is removed, in milliseconds. Deleted files cannot be read from the moment of their deletion. */
const EVERY_MS = 5 * 60_000;

/** What a {@link FileSweeper} works on. */
export interface FileSweeperOptions {
  readonly files: Pick<FileStore, "sweep" | "sweepStrays">;
  /** Empties the database's log; false when a reader keeps it from that. */
  readonly emptyLog: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Removes files that nobody needs, and the copies of what was removed that stand in the database's log, at the start and from time to
 * time.
 */
export class FileSweeper {
  readonly #files: FileSweeperOptions["files"];
  readonly #emptyLog: () => boolean;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({ files, emptyLog, clock, logger }: FileSweeperOptions) {
    this.#files = files;
    this.#emptyLog = emptyLog;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Begins; what an earlier process has left behind goes first. */
  start(): void {
    this.#sweeping = this.#attempt("unfinished uploads", () => this.#files.sweepStrays()).then(() =>
      this.#sweep()
    );
  }

  /** Ends; waits for a sweep that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    await this.#attempt("files that nobody needs", () => this.#files.sweep(this.#clock.now()));
    // After the files, whose names stood in the rows that went with them.
    await this.#attempt("what the log holds of removed rows", () => {
      if (!this.#emptyLog()) this.#logger.debug("Somebody reads the database, its log stays for now");
    });
    if (this.#closed) return;
    this.#cancel = this.#clock.after(EVERY_MS, () => this.#sweeping = this.#sweep());
  }

  async #attempt(what: string, work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The next sweep finds what this one has left.
      this.#logger.warn("Cannot remove what nobody needs", { what, error });
    }
  }
}
