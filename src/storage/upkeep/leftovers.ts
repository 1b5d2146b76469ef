import { Buffer } from "node:buffer";

/** How much of the file is looked at at once, in bytes. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Looks whether a text stands anywhere in a file, in parts of a database that nothing uses as well: while rows grow SQLite moves their
 * neighbours from page to page and clears not everything where they stood.
 *
 * Only for a process that is done with the database: closing the file lets go of the process's locks on it.
 */
export async function holds(path: string, text: string): Promise<boolean> {
  using file = await Deno.open(path);
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let kept = 0;;) {
    const count = await file.read(buffer.subarray(kept));
    if (count === null) return false;
    const length = kept + count;
    if (buffer.subarray(0, length).includes(text)) return true;
    // What began at the end goes on in the next chunk.
    kept = Math.min(length, Buffer.byteLength(text) - 1);
    buffer.copyWithin(0, length - kept, length);
  }
}
