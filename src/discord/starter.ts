import type { Connection, JsonValue, Message, Side } from "../core/mod.ts";
import { escapeMarkdown } from "./escape.ts";
import { MAX_CONTENT } from "./split.ts";

/** How many of the last messages a new thread repeats when the old one is gone. */
const REPEATED = 20;

/** Among how many of the last messages they are looked for. */
const LOOKED_AT = 100;

/** The first message of a thread: who it is, from which page, in which language. */
export async function starterOf(uid: string, connection: Connection): Promise<string> {
  const properties = await connection.properties.all();
  const page = field(properties.page, "url") ?? text(properties.page);
  const title = field(properties.page, "title");
  return [
    `**New conversation** with visitor \`${uid}\``,
    page && `Page: ${title === undefined ? "" : `${escapeMarkdown(clip(title, 200))}, `}${bareLink(page)}`,
    text(properties.locale) && `Language: ${escapeMarkdown(clip(text(properties.locale) ?? "", 35))}`,
  ].filter((line) => line !== undefined && line !== "").join("\n");
}

/** What is said in a thread that takes the place of one that is gone: the end of the history, as much as fits. */
export async function historyOf(connection: Connection, own: Side, delivered: number): Promise<string> {
  const { messages } = await connection.messages({ limit: LOOKED_AT });
  // What the visitor wrote and the old thread has never held comes as messages of its own.
  const lines = messages.filter(({ deletedAt, side, seq }) =>
    deletedAt === undefined && (side === own || seq <= delivered)
  ).slice(-REPEATED).map((message) => quote(message, own));
  const head = "The earlier thread of this conversation is gone. It ended so:";
  let room = MAX_CONTENT - head.length;
  const kept: string[] = [];
  for (const line of lines.reverse()) {
    room -= line.length + 1;
    if (room < 0) break;
    kept.unshift(line);
  }
  return kept.length === 0 ? "The earlier thread of this conversation is gone." : [head, ...kept].join("\n");
}

function quote({ side, author, content }: Message, own: Side): string {
  const name = side === own ? author?.name ?? "Staff" : "Visitor";
  const shown = escapeMarkdown(clip(content, 300)).replaceAll("\n", "\n> ");
  return `> **${escapeMarkdown(name)}:** ${shown}`;
}

/** A link without the preview that Discord would make of it. */
function bareLink(url: string): string {
  return /^https?:\/\/[^\s<>]+$/.test(url) ? `<${clip(url, 500)}>` : escapeMarkdown(clip(url, 500));
}

function clip(value: string, most: number): string {
  if (value.length <= most) return value;
  return `${value.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…`;
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function field(value: JsonValue | undefined, name: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return text(new Map(Object.entries(value)).get(name));
}
