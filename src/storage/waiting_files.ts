import type { FileTable } from "./file_table.ts";

/** Stands for wherever those files came from that an earlier process has left. */
const EARLIER = "";

/** Whose files wait for a message that names them: what fills the disk is told from what others have there. */
export interface Heaviest {
  /** Bytes of all its files. */
  readonly bytes: number;
  /** The id of the oldest that no message is about to name; `undefined` when there is none. */
  readonly oldest: string | undefined;
}

/**
 * Which address has brought which of the files that wait. It is kept in memory only, since nobody needs to know later where a file
 * came from; those that an earlier process has left count as one address together.
 */
export class WaitingFiles {
  readonly #table: Pick<FileTable, "waiting" | "waitingAmong">;
  readonly #idsByAddress = new Map<string, Set<string>>();

  constructor(table: Pick<FileTable, "waiting" | "waitingAmong">) {
    this.#table = table;
    const earlier = table.waiting();
    if (earlier.length > 0) this.#idsByAddress.set(EARLIER, new Set(earlier));
  }

  /** Notes where a file came from that was just stored. */
  add(address: string, id: string): void {
    const ids = this.#idsByAddress.get(address);
    if (ids === undefined) this.#idsByAddress.set(address, new Set([id]));
    else ids.add(id);
  }

  /**
   * Bytes of the files of an address that still wait.
   *
   * @param least what a smaller file counts as
   */
  bytesOf(address: string, least: number): number {
    return this.#look(address, least).bytes;
  }

  /** The address that has most waiting, in bytes; `undefined` when nothing waits. */
  heaviest(least: number): Heaviest | undefined {
    let most: Heaviest | undefined;
    for (const address of [...this.#idsByAddress.keys()]) {
      const one = this.#look(address, least);
      if (one.bytes > (most?.bytes ?? 0)) most = one;
    }
    return most;
  }

  /** Forgets what does not wait any more, so that memory follows the traffic. */
  prune(): void {
    for (const address of [...this.#idsByAddress.keys()]) this.#look(address, 0);
  }

  #look(address: string, least: number): Heaviest {
    const rows = this.#table.waitingAmong([...this.#idsByAddress.get(address) ?? []]);
    if (rows.length === 0) this.#idsByAddress.delete(address);
    else this.#idsByAddress.set(address, new Set(rows.map(({ id }) => id)));
    return {
      bytes: rows.reduce((sum, { size }) => sum + Math.max(size, least), 0),
      oldest: rows.find(({ cid }) => cid === null)?.id,
    };
  }
}
