/** What Discord links by itself; inside it nothing is escaped, so that it stays clickable. */
const LINK = /https?:\/\/[^\s<>\\`|]+/g;

/** Marks that begin a heading, a quote, a list or small text, but only at the start of a line. */
const LINE_START = /^([ \t]*)(#{1,3}(?=\s)|-#(?=\s)|>{1,3}|[-+](?=\s)|\d{1,9}(?=\.\s))/gm;

/**
 * Marks with a meaning anywhere. An underscore between two letters or digits has none, so `snake_case` stays readable;
 * a colon only where it could close or open the name of an emoji.
 */
const INLINE = /[\\*~`|<[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=\w+:)|@(?=everyone|here)/g;

/**
 * Makes a visitor's text show in Discord as the text it is: no formatting, no mention, no custom emoji, while links stay
 * clickable. Nobody is pinged anyway (`allowed_mentions`); this is about the look.
 *
 * @param text as the visitor wrote it, from the start of a line
 * @returns Discord markdown, at most twice as long
 */
export function escapeMarkdown(text: string): string {
  let escaped = "";
  let from = 0;
  // Line starts are told by the whole text, since a link may stand between a line's start and its end.
  const marked = markLineStarts(text);
  for (const link of text.matchAll(LINK)) {
    escaped += escapeSpan(text, from, link.index, marked) + link[0];
    from = link.index + link[0].length;
  }
  return escaped + escapeSpan(text, from, text.length, marked);
}

/** The positions in front of which a line-start mark needs a backslash. */
function markLineStarts(text: string): ReadonlySet<number> {
  const marked = new Set<number>();
  for (const match of text.matchAll(LINE_START)) {
    const [, indent = "", mark = ""] = match;
    const start = match.index + indent.length;
    // "1." is a list by its dot, everything else by its first character.
    marked.add(/^\d/.test(mark) ? start + mark.length : start);
  }
  return marked;
}

function escapeSpan(text: string, from: number, to: number, marked: ReadonlySet<number>): string {
  const inline = new Set<number>();
  INLINE.lastIndex = from;
  for (let match = INLINE.exec(text); match !== null && match.index < to; match = INLINE.exec(text)) {
    inline.add(match.index);
  }
  let escaped = "";
  for (let index = from; index < to; index++) {
    if (inline.has(index) || marked.has(index)) escaped += "\\";
    escaped += text[index];
  }
  return escaped;
}
