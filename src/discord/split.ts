/**
 * The longest message, in UTF-16 code units. Discord's documentation says "2000 characters" and leaves open what a
 * character is; counted so, a message is never too long by any other way of counting.
 * https://discord.com/developers/docs/resources/message#create-message
 */
export const MAX_CONTENT = 2_000;

/** A line that opens or closes a block of code, and the language it names. */
const FENCE = /^ {0,3}```([^\s`]*)/;

/** Options of {@link split}. */
export interface SplitOptions {
  /** The longest part, {@link MAX_CONTENT} when left out. */
  readonly limit?: number;
  /** Turns a piece of the text into what is sent; may make it longer. Unchanged when left out. */
  readonly render?: (piece: string) => string;
}

/**
 * Splits a text into parts that fit into a Discord message each: at the end of a line, else of a word, else anywhere but
 * inside a surrogate pair. A block of code that is cut is closed in one part and opened again in the next.
 *
 * @returns the rendered parts, none of them blank, none longer than the limit; empty for a blank text
 */
export function split(text: string, options: SplitOptions = {}): string[] {
  const { limit = MAX_CONTENT, render = (piece: string): string => piece } = options;
  const parts: string[] = [];
  let rest = text;
  let fence: string | undefined;
  while (rest !== "") {
    const opening = fence === undefined ? "" : `${fence}\n`;
    const finish = (piece: string): string => {
      const after = fenceAfter(piece, fence);
      return opening + render(piece) + (after === undefined ? "" : "\n```");
    };
    const length = fitting(rest, limit, finish);
    const piece = rest.slice(0, length);
    const part = finish(piece);
    if (piece.trim() !== "") parts.push(part);
    fence = fenceAfter(piece, fence);
    rest = rest.slice(length).replace(fence === undefined ? /^[ \t]*\n|^[ \t]+/ : /^\n/, "");
  }
  return parts;
}

/** How much of `rest` goes into the next part: as much as fits, cut at the best place. */
function fitting(rest: string, limit: number, finish: (piece: string) => string): number {
  if (rest.length <= limit && finish(rest).length <= limit) return rest.length;
  let low = 1;
  let high = Math.min(rest.length, limit);
  // Longer pieces render longer, but for a fence that closes; then the cut is merely a little early.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (finish(rest.slice(0, middle)).length <= limit) low = middle;
    else high = middle - 1;
  }
  return cutAt(rest, low);
}

function cutAt(rest: string, most: number): number {
  const head = rest.slice(0, most + 1);
  // A line's end in the first half would leave the part half empty, a word's end in there more than half.
  const line = head.lastIndexOf("\n");
  if (line > most / 2) return line;
  const word = Math.max(head.lastIndexOf(" "), head.lastIndexOf("\t"), line);
  if (word > most / 4) return word;
  return most > 1 && isHighSurrogate(rest.charCodeAt(most - 1)) ? most - 1 : most;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** The line that has opened a block of code and not been closed by the end of `piece`. */
function fenceAfter(piece: string, before: string | undefined): string | undefined {
  let fence = before;
  for (const line of piece.split("\n")) {
    const match = FENCE.exec(line);
    if (match === null) continue;
    // A block on one line opens and closes itself.
    if (fence === undefined && line.indexOf("```", match[0].length) !== -1) continue;
    fence = fence === undefined ? `\`\`\`${(match[1] ?? "").slice(0, 20)}` : undefined;
  }
  return fence;
}
