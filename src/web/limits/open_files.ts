import { fileURLToPath } from "node:url";

/** Descriptors for the database, Discord, uploads and requests that are no sockets; of a small limit a quarter. */
const RESERVE = 256;

/**
 * How many descriptors are tried. A limit beyond is large by any measure (systemd's hard limit, to which Deno raises its own, is 524,288),
 * and trying as many takes about 20 ms.
 */
const MOST_TRIED = 1_280;

/** What is allowed where the limit is not near. */
const AMPLE = 10_000;

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

function openOwnSource(): Descriptor {
  return Deno.openSync(OWN_SOURCE);
}

/** A file that is there in any case, and of the file system even in the executable. */
const OWN_SOURCE = Deno.build.standalone ? Deno.execPath() : fileURLToPath(import.meta.url);
