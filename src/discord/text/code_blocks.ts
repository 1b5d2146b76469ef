/** A stretch of a text: words, or a complete block of code. */
export type Span =
  | { readonly kind: "words"; readonly text: string }
  | { readonly kind: "code"; readonly language: string; readonly body: string };

/**
 * A fence on a line of its own, code below it, and a fence on a line of its own. What names the language is as Discord takes it;
 * anything else there makes it no block.
 */
const BLOCK = /^ {0,3}```([a-z0-9_+\-.#]{0,20})[ \t\r]*\n([^]*?)\n {0,3}```[ \t\r]*$/gim;

/**
 * Finds the complete blocks of code in what a visitor wrote. A fence that is never closed, or that encloses another, is words.
 *
 * @returns the stretches in order, each from the start of a line to the end of one
 */
export function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const { 0: block, 1: language = "", 2: body = "", index } of text.matchAll(BLOCK)) {
    if (body.includes("```") || body.trim() === "") continue;
    if (index > from) spans.push({ kind: "words", text: text.slice(from, index).replace(/\n$/, "") });
    spans.push({ kind: "code", language, body });
    // Past the end of the line, where the text goes on.
    from = Math.min(index + block.length + 1, text.length);
  }
  if (from < text.length) spans.push({ kind: "words", text: text.slice(from) });
  return spans;
}
