import type { MarkupNode } from "./markup_node.ts";

/** Deeper lists go on at this depth; what they hold is shown all the same. */
const MAX_DEPTH = 8;

/** A line of a list, and its indent. https://support.discord.com/hc/en-us/articles/210298617 */
const LIST_LINE = /^( *)(?:[-*]|(\d{1,9})\.) +(\S.*)$/;

/** A line of a list. */
export interface ListLine {
  /** Spaces before the bullet. */
  readonly indent: number;
  /** The number in front; none for a bullet. */
  readonly number: number | undefined;
  readonly text: string;
}

interface Item {
  readonly text: string;
  readonly lists: List[];
}

interface List {
  indent: number;
  readonly ordered: boolean;
  readonly start: number;
  readonly items: Item[];
}

/** Reads a line of a list; `undefined` when it is none. */
export function listLine(line: string): ListLine | undefined {
  const [, indent = "", number, text = ""] = LIST_LINE.exec(line) ?? [];
  if (text === "") return undefined;
  return { indent: indent.length, number: number === undefined ? undefined : Number(number), text };
}

/** Gathers lines that follow each other into lists, a line with more spaces in front into a list inside the item above. */
export class ListBuilder {
  readonly #lists: List[] = [];
  /** The open lists, the innermost last. */
  #open: List[] = [];

  /** Takes the next line. */
  add({ indent, number, text }: ListLine): void {
    while (this.#open.length > 1 && indent < this.#innermost.indent) this.#open.pop();
    const inside = this.#open.at(-1);
    const item = { text, lists: [] };
    if (inside !== undefined && indent > inside.indent && this.#open.length < MAX_DEPTH) {
      this.#begin(inside.items.at(-1)?.lists ?? this.#lists, indent, number).items.push(item);
      return;
    }
    // The first line may be further in than those after it.
    if (inside !== undefined && this.#open.length === 1) inside.indent = Math.min(inside.indent, indent);
    if (inside?.ordered === (number !== undefined)) {
      inside.items.push(item);
      return;
    }
    this.#open.pop();
    const above = this.#open.at(-1)?.items.at(-1)?.lists ?? this.#lists;
    this.#begin(above, inside?.indent ?? indent, number).items.push(item);
  }

  get #innermost(): { readonly indent: number } {
    return this.#open.at(-1) ?? { indent: 0 };
  }

  #begin(into: List[], indent: number, number: number | undefined): List {
    const list: List = { indent, ordered: number !== undefined, start: number ?? 1, items: [] };
    into.push(list);
    this.#open.push(list);
    return list;
  }

  /** The lists so far, and forgets them. @param inline reads an item's text */
  take(inline: (text: string) => readonly MarkupNode[]): MarkupNode[] {
    const node = ({ ordered, start, items }: List): MarkupNode => ({
      type: "list",
      ordered,
      ...(ordered && { start }),
      items: items.map(({ text, lists }) => [...inline(text), ...lists.map(node)]),
    });
    this.#open = [];
    return this.#lists.splice(0).map(node);
  }
}
