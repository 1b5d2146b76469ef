import type { Uuid } from "../core/mod.ts";

/** How much room a file may find. */
export interface RoomLimits {
  /** However small a file is, it counts as so many bytes: so the number of files is limited as well. */
  readonly leastCounted: number;
  /** Bytes of files of one conversation that no message has named yet; 0 for no limit. */
  readonly unsentOfVisitor: number;
  /** The same of one address. */
  readonly unsentOfAddress: number;
  /** The same of all together. */
  readonly unsent: number;
  /** Bytes of the disk that stay free; 0 for no limit. */
  readonly keepFree: number;
}

/** Why there is no room: too much waits to be sent, of this visitor, this address or all, or the disk is nearly full. */
export type NoRoom = "visitor_full" | "address_full" | "full" | "disk_full";

/** Who brings a file. */
export interface Bringer {
  readonly uid: Uuid;
  /** The network address, in any form that is the same for the same one. */
  readonly address: string;
}

/** What {@link Room} asks. */
export interface RoomOptions {
  /** Bytes that wait for a message, of one conversation, of one address or of all; each file counts at least `least`. */
  readonly unsent: (least: number, of?: Partial<Bringer>) => number;
  /**
   * Removes the oldest file that waits, of the address that has most waiting.
   *
   * @param lighter an address that has so many bytes, or more, keeps what it has
   * @returns whether one was removed
   */
  readonly drop: (least: number, lighter: number) => Promise<boolean>;
  /** Bytes of the disk that are free. */
  readonly free: () => Promise<number>;
}

/** A place for a file that is on its way. */
export interface Place {
  /** To be told of so many more bytes that are on the disk: they are no more among what is free. */
  readonly wrote: (bytes: number) => void;
  /** To be called when the file has arrived or was given up. */
  readonly leave: () => void;
}

interface Arriving extends Bringer {
  /** What it counts as. */
  readonly bytes: number;
  written: number;
}

/** Makes sure that files which are on their way together still fit. */
export class Room {
  readonly #options: RoomOptions;
  readonly #arriving = new Set<Arriving>();

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /**
   * Takes a place. Where all have too much waiting, what the address with most of it has brought first makes room for one that has
   * less: whoever comes from one place cannot shut the door for others.
   *
   * @param bytes how many may come; counted as if all of them came
   * @throws what keeps the free space from being found out, or a file from being removed
   */
  async take({ uid, address }: Bringer, bytes: number, limits: RoomLimits): Promise<Place | NoRoom> {
    const mine: Arriving = { uid, address, bytes: Math.max(bytes, limits.leastCounted), written: 0 };
    // In its place before the disk is asked, so that others who ask meanwhile see it.
    this.#arriving.add(mine);
    const place: Place = {
      wrote: (bytes) => void (mine.written += bytes),
      leave: () => void this.#arriving.delete(mine),
    };
    try {
      const full = await this.#full(mine, limits);
      if (full === undefined) return place;
      place.leave();
      return full;
    } catch (error) {
      place.leave();
      throw error;
    }
  }

  async #full({ uid, address }: Bringer, limits: RoomLimits): Promise<NoRoom | undefined> {
    const { drop, free } = this.#options;
    const { leastCounted, unsentOfVisitor, unsentOfAddress, unsent, keepFree } = limits;
    if (exceeds(unsentOfVisitor, () => this.#unsent(leastCounted, { uid }))) return "visitor_full";
    if (exceeds(unsentOfAddress, () => this.#unsent(leastCounted, { address }))) return "address_full";
    while (exceeds(unsent, () => this.#unsent(leastCounted))) {
      if (!await drop(leastCounted, this.#unsent(leastCounted, { address }))) return "full";
    }
    return keepFree > 0 && await free() - this.#unwritten() < keepFree ? "disk_full" : undefined;
  }

  /** What waits, and what is on its way. */
  #unsent(least: number, of?: Partial<Bringer>): number {
    return this.#options.unsent(least, of) + this.#onTheWay(of);
  }

  #unwritten(): number {
    let bytes = 0;
    for (const file of this.#arriving) bytes += file.bytes - file.written;
    return bytes;
  }

  #onTheWay({ uid, address }: Partial<Bringer> = {}): number {
    let bytes = 0;
    for (const file of this.#arriving) {
      if ((uid ?? file.uid) === file.uid && (address ?? file.address) === file.address) bytes += file.bytes;
    }
    return bytes;
  }
}

function exceeds(limit: number, sum: () => number): boolean {
  return limit > 0 && sum() > limit;
}
