/** A message's formatting, as far as the staff page shows it. */
import { parse } from "discord-markdown-parser";

/** A stretch of text. */
export interface FormattedPart {
  readonly text: string;
  /** The elements around it, outermost first. */
  readonly as: readonly ("b" | "i" | "u" | "s" | "code")[];
}

const ELEMENTS: ReadonlyMap<unknown, FormattedPart["as"]> = new Map([
  ["text", []],
  ["url", []],
  ["autolink", []],
  ["strong", ["b"]],
  ["em", ["i"]],
  ["underline", ["u"]],
  ["link", ["u"]],
  ["strikethrough", ["s"]],
  ["inlineCode", ["code"]],
]);

/**
 * Reads Discord's markdown.
 *
 * @param source a message's text
 * @returns its parts; one part, the text as it is, where something else is in it than what stands in a line
 */
export function formatted(source: string): readonly FormattedPart[] {
  try {
    return partsOf(parse(source, "extended"), []);
  } catch {
    return [{ text: source, as: [] }];
  }
}

function partsOf(content: unknown, around: FormattedPart["as"]): FormattedPart[] {
  if (typeof content === "string") return [{ text: content, as: around }];
  if (!Array.isArray(content)) throw new TypeError("Cannot show the text: it is neither text nor a list");
  return content.flatMap((node: { readonly type?: unknown; readonly content?: unknown }) => {
    if (node.type === "br") return [{ text: "\n", as: [] }];
    const own = ELEMENTS.get(node.type);
    if (own === undefined) throw new TypeError(`Cannot show the text: it has ${String(node.type)}`);
    return partsOf(node.content, [...around, ...own]);
  });
}
