/**
 * Finds the addresses in plain text.
 *
 * @module
 */

/** How much of a path is shown, and how much of that is its end, in characters. */
const LONGEST_PATH = 48;
const PATH_END = 12;

/** A piece of text, with the address it stands for if it is a link. */
export interface TextPiece {
  readonly text: string;
  readonly url?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,:;!?…、。！？」』）]+$/;

/**
 * Splits text into plain pieces and links. Joined again they are the text.
 *
 * @param text Plain text.
 * @returns The pieces, in order.
 */
export function linkify(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const url = safeUrl(address);
    if (url === null) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: address, url });
    end = match.index + address.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/**
 * Lets only web addresses through.
 *
 * @param address What somebody wrote.
 * @returns The address in normal form; null when it isn't `http` or `https`.
 */
export function safeUrl(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
}

/**
 * An address as a reader checks it: its host first and whole, a long path cut in its middle, nothing that only looks
 * like a host before it.
 *
 * @param address An `http` or `https` address in normal form.
 * @returns The words for beside a link.
 */
export function shownTarget(address: string): string {
  const { protocol, host, pathname, search, hash } = new URL(address);
  const rest = `${pathname === "/" && search + hash === "" ? "" : pathname}${search}${hash}`;
  const path = rest.length <= LONGEST_PATH
    ? rest
    : `${rest.slice(0, LONGEST_PATH - PATH_END)}…${rest.slice(-PATH_END)}`;
  // What isn't encrypted is worth a word.
  return `${protocol === "https:" ? "" : "http://"}${host}${path}`;
}

/** Leaves out what follows the address: the end of the sentence, the bracket around it. */
function trimmed(address: string): string {
  let result = address.replace(TRAILING, "");
  for (const [open, close] of [["(", ")"], ["[", "]"]] as const) {
    while (result.endsWith(close) && count(result, close) > count(result, open)) {
      result = result.slice(0, -1).replace(TRAILING, "");
    }
  }
  return result;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
