import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "../core/mod.ts";

/** What a file system says of itself: how many blocks it has, how many of them programs like this one may use, how large each is. */
export type Statfs = (
  folder: string,
) => Promise<{ readonly blocks: number; readonly bavail: number; readonly bsize: number }>;

/** How much of a disk is free. */
export class FreeSpace {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #statfs: Statfs;
  #toldUnknown = false;

  /** @param folder need not be there yet, only the one it is to lie in */
  constructor(folder: string, logger: Logger, ask: Statfs = statfs) {
    this.#folder = folder;
    this.#logger = logger;
    this.#statfs = ask;
  }

  /** Bytes; infinitely many where the file system does not say, since a full disk shows by itself when it is written to. */
  async bytes(): Promise<number> {
    try {
      const { blocks, bavail, bsize } = await this.#ask();
      // Some network and FUSE file systems answer with zeros.
      if (blocks > 0) return bavail * bsize;
      this.#tellUnknown({});
    } catch (error) {
      this.#tellUnknown({ error });
    }
    return Infinity;
  }

  /** Tells the operator when fewer bytes are free than are to stay free; asks nothing when that is 0. */
  async warnBelow(keepFree: number): Promise<void> {
    const free = keepFree > 0 ? await this.bytes() : Infinity;
    if (free >= keepFree) return;
    this.#logger.warn(
      "Visitors cannot upload: less of the disk is free than uploads are to leave (KEEP_FREE_MIB)",
      { freeBytes: free, keepFreeBytes: keepFree },
    );
  }

  async #ask(): ReturnType<Statfs> {
    try {
      return await this.#statfs(this.#folder);
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOENT") throw error;
      return await this.#statfs(dirname(this.#folder));
    }
  }

  #tellUnknown(fields: { readonly error?: unknown }): void {
    if (this.#toldUnknown) return;
    this.#toldUnknown = true;
    this.#logger.warn(
      "The file system does not say how much of it is free: uploads do not heed KEEP_FREE_MIB",
      {
        folder: this.#folder,
        ...fields,
      },
    );
  }
}
