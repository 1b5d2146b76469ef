import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Descriptors for the database, Discord, uploads, downloads and requests that are no sockets; of a small limit a quarter. */
const RESERVE = 512;

/** What is allowed where the limit is not near: one process carries as many. */
const AMPLE = 10_000;

/** So many are tried: systemd's hard limit, to which Deno raises its own, is 524,288. Trying takes about 40 ms. */
const MOST_TRIED = AMPLE + RESERVE;

/** A descriptor that can be given back. */
export interface Descriptor {
  close(): void;
}

/**
 * How many sockets the limit of open files leaves room for. It is found out by trying, since Deno shows a process's limits only to
 * programs that have every permission.
 *
 * @param open takes one descriptor; throws when there is none left
 */
export function socketsForOpenFiles(open: () => Descriptor = openOwnSource): number {
  const taken: Descriptor[] = [];
  try {
    while (taken.length < MOST_TRIED) taken.push(open());
    return AMPLE;
  } catch {
    // Whatever keeps the next one from being opened keeps the next socket from it, too.
    return Math.max(1, taken.length - Math.min(RESERVE, Math.ceil(taken.length / 4)));
  } finally {
    for (const descriptor of taken) descriptor.close();
  }
}

/** By Node's API, which takes a third of the time. */
function openOwnSource(): Descriptor {
  const descriptor = openSync(OWN_SOURCE, "r");
  return { close: () => closeSync(descriptor) };
}

/** A file that is there in any case, and of the file system even in the executable. */
const OWN_SOURCE = Deno.build.standalone ? Deno.execPath() : fileURLToPath(import.meta.url);
