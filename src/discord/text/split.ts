import { spansOf } from "./code_blocks.ts";

/**
 * The longest message, in UTF-16 code units. Discord's documentation says "2000 characters" and leaves open what a
 * character is; counted so, a message is never too long by any other way of counting.
 * https://discord.com/developers/docs/resources/message#create-message
 */
export const MAX_CONTENT = 2_000;

/** Options of {@link split}. */
export interface SplitOptions {
  /** The longest part, {@link MAX_CONTENT} when left out. */
  readonly limit?: number;
  /** Turns words, not code, into what is sent; may make them longer. Unchanged when left out. */
  readonly render?: (words: string) => string;
}

/** How a stretch of the text is written, and how it goes on after a cut. */
interface Manner {
  readonly write: (piece: string) => string;
  /** What a cut swallows. */
  readonly gap: RegExp;
}

/**
 * Splits a text into parts that fit into a Discord message each: at the end of a line, else of a word, else anywhere but
 * inside a surrogate pair. A complete block of code stays one: nothing has a meaning in there, so it is sent as it is; where it is
 * cut, it is closed in one part and opened again in the next. A fence that belongs to no complete block is text like any other.
 *
 * @returns the parts, none of them blank, none longer than the limit; empty for a blank text
 */
export function split(text: string, options: SplitOptions = {}): string[] {
  const { limit = MAX_CONTENT, render = (words: string): string => words } = options;
  const parts: string[] = [];
  let open = "";
  const close = (): void => {
    if (open.trim() !== "") parts.push(open);
    open = "";
  };
  const append = (whole: string, { write, gap }: Manner): void => {
    let rest = whole;
    while (rest !== "") {
      const before = open === "" ? "" : `${open}\n`;
      const room = limit - before.length;
      const fits = write(rest).length <= room;
      // What does not fit whole begins a part of its own, unless most of the present one would stay empty.
      if (!fits && open !== "" && room < limit / 2) {
        close();
        continue;
      }
      const length = fits ? rest.length : fitting(rest, room, write);
      const piece = rest.slice(0, length);
      if (piece.trim() !== "") open = before + write(piece);
      if (length < rest.length) close();
      rest = rest.slice(length).replace(gap, "");
    }
  };
  for (const span of spansOf(text)) {
    if (span.kind === "words") append(span.text, { write: render, gap: /^[ \t]*\n|^[ \t]+/ });
    else {
      const head = `\`\`\`${span.language}\n`;
      append(span.body, { write: (code) => `${head}${code}\n\`\`\``, gap: /^\n/ });
    }
  }
  close();
  return parts;
}

/** How much of `rest` goes into the next part: as much as fits, cut at the best place. */
function fitting(rest: string, limit: number, write: (piece: string) => string): number {
  let low = 1;
  let high = Math.max(1, Math.min(rest.length, limit));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (write(rest.slice(0, middle)).length <= limit) low = middle;
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
