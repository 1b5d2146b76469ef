/**
 * Formatted text as DOM nodes: what anybody wrote gets in as text nodes, never as HTML.
 *
 * @module
 */
import type { MarkupNode } from "../../web/protocol.ts";
import { linkify, safeUrl, shownTarget } from "../linkify.ts";
import type { ViewContext } from "./context.ts";
import { element, spoken } from "./dom.ts";

/** Trees deeper than this are shown as plain text. */
const MAX_DEPTH = 24;
/** What stands on lines of its own. */
const BLOCKS: ReadonlySet<MarkupNode["type"]> = new Set(["codeblock", "quote", "list", "heading"]);

/**
 * Plain text with its addresses clickable. Line breaks are the style sheet's matter.
 *
 * @param text The text.
 * @returns The nodes.
 */
export function plainContent(text: string): Node[] {
  return linkify(text).map(({ text, url }) =>
    url === undefined ? document.createTextNode(text) : link(url, text)
  );
}

/**
 * Formatted text.
 *
 * @param nodes The tree.
 * @param context For times and labels.
 * @returns The nodes.
 */
export function markupContent(nodes: readonly MarkupNode[], context: ViewContext): Node[] {
  const inside = (children: readonly MarkupNode[], depth: number): Node[] =>
    withoutEndOfBlocks(children).map((child) => render(child, depth + 1));
  const render = (node: MarkupNode, depth: number): Node => {
    if (depth > MAX_DEPTH) return document.createTextNode(plainText([node]));
    switch (node.type) {
      case "text":
        return document.createTextNode(node.text);
      case "break":
        return element("br");
      case "bold":
        return element("strong", {}, ...inside(node.children, depth));
      case "italic":
        return element("em", {}, ...inside(node.children, depth));
      case "underline":
        return element("u", {}, ...inside(node.children, depth));
      case "strike":
        return element("s", {}, ...inside(node.children, depth));
      case "quote":
        return element("blockquote", {}, ...inside(node.children, depth));
      case "spoiler":
        return spoiler(inside(node.children, depth), context.strings.spoiler);
      case "code":
        return element("code", { attributes: { dir: "ltr" } }, node.text);
      case "codeblock":
        return element("pre", { attributes: { dir: "ltr", tabindex: 0 } }, element("code", {}, node.text));
      case "heading":
        // Headings of a message are no headings of the page.
        return element("p", { class: `heading heading-${node.level}` }, ...inside(node.children, depth));
      case "list":
        return element(
          node.ordered ? "ol" : "ul",
          { attributes: { start: node.ordered ? node.start ?? null : null } },
          ...node.items.map((item) => element("li", {}, ...inside(item, depth))),
        );
      case "link":
        return maskedLink(node.url, inside(node.children, depth), plainText(node.children));
      case "mention":
        return element("span", { class: "mention" }, node.text);
      case "timestamp":
        return element(
          "time",
          { attributes: { datetime: isoTime(node.at), title: context.formats.full(node.at) } },
          context.formats.timestamp(node.at, node.style, context.now()),
        );
      default:
        return document.createTextNode("");
    }
  };
  return withoutEndOfBlocks(nodes).map((node) => render(node, 0));
}

/**
 * The words of formatted text, for announcements and quotes.
 *
 * @param nodes The tree.
 * @returns Its text; spoilers stay hidden.
 */
export function plainText(nodes: readonly MarkupNode[]): string {
  return nodes.map((node): string => {
    switch (node.type) {
      case "text":
      case "code":
      case "codeblock":
      case "mention":
        return node.text;
      case "break":
        return "\n";
      case "spoiler":
        return "…";
      case "list":
        return node.items.map((item) => `${plainText(item)}\n`).join("");
      case "timestamp":
        return "";
      default:
        return "children" in node ? plainText(node.children) : "";
    }
  }).join("");
}

function link(url: string, ...children: (Node | string)[]): HTMLAnchorElement {
  return element(
    "a",
    { attributes: { href: url, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto" } },
    ...children,
  );
}

/** The line end after a block is the block's own; shown as a break it would be an empty line. */
function withoutEndOfBlocks(nodes: readonly MarkupNode[]): MarkupNode[] {
  return nodes.filter((node, index) =>
    node.type !== "break" || !BLOCKS.has(nodes[index - 1]?.type ?? "text")
  );
}

/** A link whose words are not its address says where it leads. */
function maskedLink(url: string, children: Node[], words: string): Node {
  const safe = safeUrl(url);
  if (safe === null) return element("span", {}, ...children);
  const anchor = link(safe, ...children);
  if (words === url || safeUrl(words) === safe) return anchor;
  anchor.title = safe;
  const target = element(
    "span",
    { class: "link-target", attributes: { dir: "ltr", title: safe } },
    ` (${shownTarget(safe)})`,
  );
  return element("span", {}, anchor, target);
}

function spoiler(children: Node[], label: string): Node {
  const inside = element("span", { attributes: { inert: true } }, ...children);
  const button = element(
    "button",
    { class: "spoiler", attributes: { type: "button" } },
    spoken(label),
    inside,
  );
  button.addEventListener("click", () => {
    const shown = element(
      "span",
      { class: "spoiler-shown", attributes: { tabindex: -1 } },
      ...inside.childNodes,
    );
    button.replaceWith(shown);
    shown.focus({ preventScroll: true });
  }, { once: true });
  return button;
}

function isoTime(at: number): string | null {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
