import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Descriptors for the database, Discord, uploads, downloads and requests that are no sockets; of a small limit a quarter. */
const RESERVE = 512;

/** What is allowed where the limit is not near: one process carries as many. */
const AMPLE = 10_000;

/** An upload and a download hold two descriptors each, the line's and the file's; a fifth of the reserve stays for the rest. */
const RESERVED_FOR_A_PAIR = 5;

/** How many descriptors are tried at the start: it takes about 20 ms. */
const TRIED_AT_START = 1_280;

/** A descriptor that can be given back. */
export interface Descriptor {
  close(): void;
}

/** What the descriptors that were tried are enough for. */
export interface SocketRoom {
  /** So many sockets are sure. */
  readonly sure: number;
  /** Of the descriptors that are kept for everything else: so many uploads, and as many downloads, at the same time. */
  readonly transfers: number;
  /**
   * Looks once more, for about 100 ms, when those are there; not given where there are no more.
   *
   * @param there how many sockets there are
   * @returns how many there may be after all
   */
  readonly more?: (there: number) => number;
}

/**
 * How many sockets the limit of open files leaves room for. It is found out by trying, since Deno shows a process's limits only to
 * programs that have every permission.
 *
 * @param open takes one descriptor; throws when there is none left
 */
export function socketsForOpenFiles(open: () => Descriptor = openOwnSource): SocketRoom {
  const tried = tryToOpen(TRIED_AT_START, open);
  const sure = Math.max(1, tried - reserveOf(tried));
  const transfers = Math.max(1, Math.floor(reserveOf(tried) / RESERVED_FOR_A_PAIR));
  if (tried < TRIED_AT_START) return { sure, transfers };
  return {
    sure,
    transfers,
    more: (there) => {
      const left = tryToOpen(AMPLE + RESERVE - there, open);
      return Math.max(sure, there + left - RESERVE);
    },
  };
}

function reserveOf(descriptors: number): number {
  return Math.min(RESERVE, Math.ceil(descriptors / 4));
}

/** How many can be opened at the same time; whatever keeps the next one from it keeps the next socket from it, too. */
function tryToOpen(most: number, open: () => Descriptor): number {
  const taken: Descriptor[] = [];
  try {
    while (taken.length < most) taken.push(open());
    return taken.length;
  } catch {
    return taken.length;
  } finally {
    for (const descriptor of taken) descriptor.close();
  }
}

function openOwnSource(): Descriptor {
  const descriptor = openSync(OWN_SOURCE, "r");
  return { close: () => closeSync(descriptor) };
}

/** A file that is there in any case, and of the file system even in the executable. */
const OWN_SOURCE = Deno.build.standalone ? Deno.execPath() : fileURLToPath(import.meta.url);
