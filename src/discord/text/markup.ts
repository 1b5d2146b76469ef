import { parse } from "discord-markdown-parser";
import { ListBuilder, listLine } from "./markup_lists.ts";
import type { MarkupNode } from "./markup_node.ts";
import type { DiscordUser } from "../ports.ts";
import { displayName } from "../author.ts";
import { isPayload, objects, type Payload } from "../payloads.ts";
import type { Snowflake } from "../snowflake.ts";

/** Deeper formatting is shown as its text. */
const MAX_DEPTH = 12;

/**
 * Discord's longest text, an embed's description, in characters; a message has 4,000 at most. What is longer is none of Discord's.
 * https://discord.com/developers/docs/resources/message#embed-object-embed-limits
 */
const MAX_PARSED = 4_096;

/** The parser's time grows with the square of what looks like unfinished links. */
const MAX_LINK_STARTS = 50;

/** Behind an unfinished block of code the parser's time grows with the cube of line ends in a row: 400 take two seconds. */
const TOO_MANY_LINE_ENDS = /[\r\n]{50}/;

/** What names the ids in a message. */
export interface MarkupNames {
  readonly users: readonly DiscordUser[];
  role(id: Snowflake): string | undefined;
  channel(id: Snowflake): string | undefined;
}

/** A message for the visitor. */
export interface Markup {
  /** As plain text that can be read. */
  readonly content: string;
  /** As a tree; absent when it says no more than the plain text. */
  readonly nodes?: readonly MarkupNode[];
}

/**
 * Reads Discord's markdown. Mentions, custom emoji, timestamps and command mentions become readable; whatever is unknown
 * stays the text that it is. Never throws.
 */
export function readMarkup(source: string, names: MarkupNames): Markup {
  if (source.length > MAX_PARSED || TOO_MANY_LINE_ENDS.test(source)) return { content: source };
  if ((source.match(/\]\(/g)?.length ?? 0) > MAX_LINK_STARTS) return { content: source };
  const nodes = trimBreaks(blocks(source, names));
  const content = plain(nodes).trim();
  const formatted = nodes.some((node) => node.type !== "text" && node.type !== "break");
  return formatted ? { content, nodes } : { content };
}

/** The parser knows no lists, so lines that are some are taken out first; never inside a block of code. */
function blocks(source: string, names: MarkupNames): MarkupNode[] {
  const nodes: MarkupNode[] = [];
  const lists = new ListBuilder();
  let text: string[] = [];
  const endText = (): void => {
    if (text.length > 0) nodes.push(...inline(text.join("\n"), names));
    text = [];
  };
  let fenced = false;
  for (const line of source.split("\n")) {
    const item = fenced ? undefined : listLine(line);
    if (line.split("```").length % 2 === 0) fenced = !fenced;
    if (item === undefined) {
      nodes.push(...lists.take((words) => inline(words, names)));
      text.push(line);
    } else {
      endText();
      lists.add(item);
    }
  }
  endText();
  nodes.push(...lists.take((words) => inline(words, names)));
  return nodes;
}

function inline(source: string, names: MarkupNames): MarkupNode[] {
  try {
    return join(convert(objects(parse(source, "extended")), names, 0));
  } catch {
    return [{ type: "text", text: source }];
  }
}

const WRAPPERS: ReadonlyMap<unknown, "bold" | "italic" | "underline" | "strike" | "spoiler" | "quote"> =
  new Map([
    ["strong", "bold"],
    ["em", "italic"],
    ["underline", "underline"],
    ["strikethrough", "strike"],
    ["spoiler", "spoiler"],
    ["blockQuote", "quote"],
  ]);

function convert(parsed: readonly Payload[], names: MarkupNames, depth: number): MarkupNode[] {
  return parsed.flatMap((node) => convertOne(node, names, depth));
}

function convertOne(node: Payload, names: MarkupNames, depth: number): MarkupNode[] {
  const inner = (): MarkupNode[] => {
    if (!Array.isArray(node.content)) return [{ type: "text", text: string(node.content) }];
    const children = join(convert(node.content.filter(isPayload), names, depth + 1));
    return depth < MAX_DEPTH ? children : [{ type: "text", text: plain(children) }];
  };
  const wrapper = WRAPPERS.get(node.type);
  if (wrapper !== undefined) return [{ type: wrapper, children: trimBreaks(inner()) }];
  switch (node.type) {
    case "br":
    case "newline":
      return [{ type: "break" }];
    case "inlineCode":
      return [{ type: "code", text: string(node.content) }];
    case "codeBlock": {
      const language = string(node.lang);
      return [{ type: "codeblock", text: string(node.content), ...(language !== "" && { language }) }];
    }
    case "heading": {
      const level = node.level === 1 || node.level === 2 ? node.level : 3;
      return [{ type: "heading", level, children: inner() }];
    }
    case "subtext":
      return [...inner(), { type: "break" }];
    case "link":
      return link(string(node.target), inner(), true);
    case "url":
    case "autolink":
      return link(string(node.target), inner(), false);
    default:
      return reference(node, names);
  }
}

/** Only what a browser can open safely; a masked link of another kind stays as it was written, as in Discord. */
function link(target: string, children: MarkupNode[], masked: boolean): MarkupNode[] {
  if (/^https?:\/\//i.test(target) && URL.canParse(target)) return [{ type: "link", url: target, children }];
  if (!masked) return children;
  return join([{ type: "text", text: "[" }, ...children, { type: "text", text: `](${target})` }]);
}

function reference(node: Payload, names: MarkupNames): MarkupNode[] {
  const id = string(node.id) as Snowflake;
  switch (node.type) {
    case "user": {
      const user = names.users.find((candidate) => candidate.id === id);
      return [{ type: "mention", text: `@${user === undefined ? "someone" : displayName(user)}` }];
    }
    case "role":
      return [{ type: "mention", text: `@${names.role(id) ?? "role"}` }];
    case "channel":
      return [{ type: "mention", text: `#${names.channel(id) ?? "channel"}` }];
    case "everyone":
    case "here":
      return [{ type: "mention", text: `@${node.type}` }];
    case "slashCommand":
      return [{ type: "mention", text: `/${string(node.fullName) || string(node.name) || "command"}` }];
    case "guildNavigation":
      return [{ type: "mention", text: "#server" }];
    case "emoji":
      return [{ type: "text", text: `:${string(node.name) || "emoji"}:` }];
    case "twemoji":
      return [{ type: "text", text: string(node.name) }];
    case "timestamp": {
      const at = Number(string(node.timestamp)) * 1000;
      const style = string(node.format) || "f";
      return Number.isSafeInteger(at) && Math.abs(at) <= 8.64e15 ? [{ type: "timestamp", at, style }] : [];
    }
    default:
      return [{ type: "text", text: string(node.content) }];
  }
}

/** What begins and ends a line of its own. */
const BLOCKS: ReadonlySet<MarkupNode["type"]> = new Set(["codeblock", "list", "heading", "quote"]);

/** What a tree says, without formatting. */
export function plain(nodes: readonly MarkupNode[]): string {
  let said = "";
  let endsLine = false;
  for (const node of nodes) {
    const isBlock = BLOCKS.has(node.type);
    if (endsLine || (isBlock && said !== "" && !said.endsWith("\n"))) said += "\n";
    said += plainNode(node);
    endsLine = isBlock;
  }
  return said.replace(/\n{3,}/g, "\n\n");
}

function plainNode(node: MarkupNode): string {
  switch (node.type) {
    case "text":
    case "code":
    case "codeblock":
    case "mention":
      return node.text;
    case "break":
      return "\n";
    case "timestamp":
      return new Date(node.at).toISOString().replace("T", " ").replace(/:\d\d\.\d+Z$/, " UTC");
    case "list":
      return node.items.map((item, index) => {
        const bullet = node.ordered ? `${(node.start ?? 1) + index}.` : "-";
        return `${bullet} ${plain(item).replaceAll("\n", "\n  ")}`;
      }).join("\n");
    case "link": {
      const label = plain(node.children);
      return label === node.url ? label : `${label} (${node.url})`;
    }
    default:
      return plain(node.children);
  }
}

/** Texts side by side become one; a block of code ends its line by itself, so the line's end after it says nothing more. */
function join(nodes: readonly MarkupNode[]): MarkupNode[] {
  const joined: MarkupNode[] = [];
  for (const [index, node] of nodes.entries()) {
    const last = joined.at(-1);
    if (node.type === "text" && last?.type === "text") {
      joined[joined.length - 1] = { type: "text", text: last.text + node.text };
    } else if (node.type === "text" && node.text === "") {
      continue;
    } else if (node.type !== "break" || nodes[index - 1]?.type !== "codeblock") {
      joined.push(node);
    }
  }
  return joined;
}

function trimBreaks(nodes: readonly MarkupNode[]): MarkupNode[] {
  const isBreak = (node: MarkupNode | undefined): boolean => node?.type === "break";
  let from = 0;
  let to = nodes.length;
  while (from < to && isBreak(nodes[from])) from++;
  while (to > from && isBreak(nodes[to - 1])) to--;
  return nodes.slice(from, to);
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
