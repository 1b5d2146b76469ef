import { statfs } from "node:fs/promises";
import type { Uuid } from "../core/mod.ts";

/** However small a file is, it counts as this much, in bytes: so the number of files is limited as well. */
const LEAST_COUNTED_BYTES = 256 * 1024;

/** How much room a file may find. */
export interface RoomLimits {
  /** Bytes of files of one conversation that no message has named yet; 0 for no limit. */
  readonly unsentOfVisitor: number;
  /** The same of all conversations together. */
  readonly unsent: number;
  /** Bytes of the disk that stay free; 0 for no limit. */
  readonly keepFree: number;
}

/** Why there is no room: too much waits to be sent, of this visitor or of all, or the disk is nearly full. */
export type NoRoom = "visitor_full" | "full" | "disk_full";

/** What {@link Room} asks. */
export interface RoomOptions {
  /** Bytes that wait for a message, of one conversation or of all; each file counts at least `least`. */
  readonly unsent: (least: number, uid?: Uuid) => number;
  /** Bytes of the disk that are free. */
  readonly free: () => Promise<number>;
}

/** A place for a file that is on its way. */
export interface Place {
  /** To be called when the file has arrived or was given up. */
  readonly leave: () => void;
}

/** Makes sure that files which are on their way together still fit. */
export class Room {
  readonly #options: RoomOptions;
  readonly #arriving = new Set<{ readonly uid: Uuid; readonly bytes: number }>();

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /**
   * Takes a place.
   *
   * @param bytes how many may come; counted as if all of them came
   * @throws what keeps the free space from being found out
   */
  async take(uid: Uuid, bytes: number, limits: RoomLimits): Promise<Place | NoRoom> {
    const { unsent, free } = this.#options;
    const mine = { uid, bytes: Math.max(bytes, LEAST_COUNTED_BYTES) };
    // In its place before the disk is asked, so that others who ask meanwhile see it.
    this.#arriving.add(mine);
    const place: Place = { leave: () => void this.#arriving.delete(mine) };
    try {
      const least = LEAST_COUNTED_BYTES;
      const full = exceeds(limits.unsentOfVisitor, () => unsent(least, uid) + this.#onTheWay(uid))
        ? "visitor_full"
        : exceeds(limits.unsent, () => unsent(least) + this.#onTheWay())
        ? "full"
        : limits.keepFree > 0 && await free() - this.#onTheWay() < limits.keepFree
        ? "disk_full"
        : undefined;
      if (full === undefined) return place;
      place.leave();
      return full;
    } catch (error) {
      place.leave();
      throw error;
    }
  }

  #onTheWay(uid?: Uuid): number {
    let bytes = 0;
    for (const file of this.#arriving) if (uid === undefined || file.uid === uid) bytes += file.bytes;
    return bytes;
  }
}

/** Bytes that are free for programs like this one on the disk of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function exceeds(limit: number, sum: () => number): boolean {
  return limit > 0 && sum() > limit;
}
