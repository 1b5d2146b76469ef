import type { Clock } from "../../core/mod.ts";
import { ConnectionCount, type ConnectionLimits } from "../limits/connection_count.ts";
import { RateLimit } from "../limits/rate_limit.ts";
import type { Asker } from "../limits/visitor_limits.ts";
import { MAX_FILE_BYTES } from "../protocol.ts";

const HOUR_MS = 60 * 60_000;

/** As much of what all visitors may have waiting. */
const PART_OF_A_VISITOR = 1 / 10;
const PART_OF_AN_ADDRESS = 1 / 4;

/** However small a file is, it counts as this much, in bytes: so the number of files is limited as well. */
const LEAST_COUNTED_BYTES = 256 * 1024;

/** How much may be on its way, or wait; 0 for no limit. */
export interface TransferSettings {
  /** Uploads of a visitor at the same time; twice as many from one address, and so many downloads. */
  readonly atOnce: number;
  /** Uploads of all visitors at the same time, and as many downloads; no limit where `atOnce` is none. */
  readonly allAtOnce: number;
  /** How long an upload or a download may take. */
  readonly deadlineMs: number;
  /** Bytes of files that no message has named yet, of all visitors. */
  readonly unsentBytes: number;
  /** Bytes of the disk that uploads leave free. */
  readonly keepFreeBytes: number;
}

/** No limits but the time: an hour. */
export const NO_TRANSFER_LIMITS: TransferSettings = {
  atOnce: 0,
  allAtOnce: 0,
  deadlineMs: HOUR_MS,
  unsentBytes: 0,
  keepFreeBytes: 0,
};

/** What files may take of the disk, in bytes; 0 for no limit. */
export interface TransferRoom {
  /** What a smaller file counts as. */
  readonly leastCounted: number;
  /** Those of a visitor that no message has named yet. */
  readonly unsentOfVisitor: number;
  /** Those of an address that no message has named yet. */
  readonly unsentOfAddress: number;
  /** Those of all visitors that no message has named yet. */
  readonly unsent: number;
  /** Stays free. */
  readonly keepFree: number;
}

/** What one more upload finds. */
export type UploadTurn =
  /** To be told at its end how many bytes have come: its address pays for no others. */
  | { readonly leave: (came: number) => void }
  | { readonly waitMs: number };

/** How soon to try again when too many are on their way, in milliseconds. */
const BUSY_MS = 2_000;

/** Bounds what uploads and downloads may hold: descriptors, time, the disk. */
export class TransferLimits {
  readonly deadlineMs: number;
  /** What a file may find on the disk. */
  readonly room: TransferRoom;
  readonly #uploadsOfVisitor: ConnectionCount;
  readonly #uploads: ConnectionCount;
  readonly #downloads: ConnectionCount;
  readonly #bytes: RateLimit;

  constructor(settings: TransferSettings, clock: Clock) {
    const { atOnce, allAtOnce, deadlineMs, unsentBytes, keepFreeBytes } = settings;
    const limits: ConnectionLimits = { all: atOnce === 0 ? 0 : allAtOnce, perAddress: 2 * atOnce };
    this.deadlineMs = deadlineMs;
    // One message may bring ten of the largest files, however little all may have.
    const partOf = (part: number): number =>
      unsentBytes === 0 ? 0 : Math.max(unsentBytes * part, MAX_FILE_BYTES);
    this.room = {
      leastCounted: LEAST_COUNTED_BYTES,
      unsentOfVisitor: partOf(PART_OF_A_VISITOR),
      unsentOfAddress: partOf(PART_OF_AN_ADDRESS),
      unsent: unsentBytes,
      keepFree: keepFreeBytes,
    };
    this.#uploadsOfVisitor = new ConnectionCount({ all: 0, perAddress: atOnce });
    this.#uploads = new ConnectionCount(limits);
    this.#downloads = new ConnectionCount(limits);
    this.#bytes = new RateLimit({ count: unsentBytes * PART_OF_AN_ADDRESS, periodMs: HOUR_MS, clock });
  }

  /**
   * Begins an upload of at most so many bytes.
   *
   * @returns what to call at its end, or how long to wait
   */
  upload({ uid = "", prefix }: Asker, bytes: number): UploadTurn {
    const cost = costOf(bytes);
    const waitMs = this.#bytes.waitMs(prefix, cost);
    if (waitMs > 0) return { waitMs };
    const leaveVisitor = this.#uploadsOfVisitor.enter(uid);
    if (leaveVisitor === undefined) return { waitMs: BUSY_MS };
    const leave = this.#uploads.enter(prefix);
    if (leave === undefined) {
      leaveVisitor();
      return { waitMs: BUSY_MS };
    }
    this.#bytes.use(prefix, cost);
    return {
      leave: (came) => {
        leave();
        leaveVisitor();
        this.#bytes.giveBack(prefix, cost - costOf(came));
      },
    };
  }

  /** Begins a download. @returns what to call at its end; `undefined` when there are too many */
  download(prefix: string): (() => void) | undefined {
    return this.#downloads.enter(prefix);
  }
}

/** What an upload costs its address, in bytes. */
function costOf(came: number): number {
  return came === 0 ? 0 : Math.max(came, LEAST_COUNTED_BYTES);
}
