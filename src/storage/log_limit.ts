import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** SQLite's own limit, 4 MiB (https://www.sqlite.org/pragma.html#pragma_wal_autocheckpoint). */
const USUAL_PAGES = 1_000;

/** 8 MiB. */
const MORE_PAGES = 2_000;

/** On a disk with less free, in bytes, the log must not take what the database will need. */
const AMPLE_BYTES = 256 * 1024 * 1024;

/**
 * Tells how many pages the log of a database may hold before they go into the database. A page that is written again and again meanwhile, as
 * those of the indexes are, goes there once, so a longer log saves work (https://www.sqlite.org/wal.html#performance_considerations);
 * but it is never given back while the database is open, and a disk that it fills has no room to carry it over.
 *
 * @param path of the database
 */
export function logPages(path: string): number {
  return freeBytes(dirname(path)) >= AMPLE_BYTES ? MORE_PAGES : USUAL_PAGES;
}

/** None where the file system does not say, or the program may not ask. */
function freeBytes(folder: string): number {
  // Asking without the permission would ask whoever sits at the terminal.
  if (Deno.permissions.querySync({ name: "sys", kind: "statfs" }).state !== "granted") return 0;
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Then the log stays short: that costs time, and nothing else.
    return 0;
  }
}
