import type { Message } from "./protocol.ts";

/**
 * The most that one frame of history holds, in bytes of JSON: 50 messages of 4,000 emoji fit, and it stays below what a socket may
 * have unsent, so that a page of long messages cannot make a reader look slow.
 */
const MAX_PAGE_BYTES = 832 * 1024;

/** A letter takes at most six bytes in JSON, `\u0001` for example; the rest is names of fields, numbers, an author. */
const MOST_BYTES_A_LETTER = 6;
const FIELDS_BYTES = 512;

/** How many of the newest messages of a page fit into a frame; at least one. */
export function newestThatFit(messages: readonly Message[]): number {
  // Nearly every page is far below; only a long one is measured.
  const letters = messages.reduce(
    (sum, { content }) => sum + content.length * MOST_BYTES_A_LETTER + FIELDS_BYTES,
    0,
  );
  if (letters <= MAX_PAGE_BYTES && messages.every(({ nodes }) => nodes === undefined)) return messages.length;
  const encoder = new TextEncoder();
  let bytes = 0;
  for (let count = 0; count < messages.length; count++) {
    bytes += encoder.encode(JSON.stringify(messages[messages.length - 1 - count])).length;
    if (bytes > MAX_PAGE_BYTES) return Math.max(1, count);
  }
  return messages.length;
}
