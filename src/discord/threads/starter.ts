import type { Connection, Message, Side } from "../../core/mod.ts";
import { escapeMarkdown } from "../text/escape.ts";
import { MAX_CONTENT } from "../text/split.ts";
import type { AboutVisitor } from "../visitor.ts";

/** How many of the last messages a new thread repeats when the old one is gone. */
export const REPEATED = 20;

/** Among how many of the last messages they are looked for. */
const LOOKED_AT = 100;

/** The longest name in a thread's, in code points; Discord takes 100 characters, of which an emoji may be two. */
const MAX_NAME = 40;

/** The first message of a thread: who it is, from which page, in which language. */
export function starterOf(uid: string, about: AboutVisitor): string {
  return [`**New conversation** with visitor \`${uid}\``, ...linesAbout(about)].join("\n");
}

/** The same in one line of nothing but our own words, for where Discord refuses a visitor's. */
export function plainStarter(uid: string): string {
  return `**New conversation** with visitor \`${uid}\`; Discord refuses to show what is known of them, /who may tell`;
}

/** What is known of a visitor, a line each; all of them together have less than 1,500 characters. */
export function linesAbout({ name, email, verified, page, title, locale }: AboutVisitor): string[] {
  const who = [name, email].filter((word) => word !== undefined).map((word) => escaped(word, 200));
  return [
    who.length > 0 && `Identified: ${who.join(", ")}${verified ? "" : " (not verified)"}`,
    page && `Page: ${title === undefined ? "" : `${escaped(title, 200)}, `}${bareLink(page)}`,
    locale && `Language: ${escaped(locale, 35)}`,
  ].filter((line): line is string => typeof line === "string" && line !== "");
}

/**
 * The name of a visitor's thread: the UUID, or for somebody who is identified their name and the beginning of the UUID.
 */
export function threadName(uid: string, { name }: AboutVisitor): string {
  if (name === undefined) return uid;
  const points = [...name.replace(/\s+/g, " ")];
  const shown = points.length <= MAX_NAME ? points.join("") : `${points.slice(0, MAX_NAME - 1).join("")}…`;
  return `${shown} (${uid.slice(0, 8)})`;
}

/** What is said in a thread that takes the place of one that is gone: the end of the history, as much as fits. */
export async function historyOf(
  connection: Connection,
  own: Side,
  delivered: number,
  link: string | undefined,
): Promise<string> {
  const { messages } = await connection.messages({ limit: LOOKED_AT });
  // What the visitor wrote and the old thread has never held comes as messages of its own.
  const lines = messages.filter(({ deletedAt, side, seq }) =>
    deletedAt === undefined && (side === own || seq <= delivered)
  ).slice(-REPEATED).map((message) => quote(message, own));
  const gone = link === undefined
    ? "The earlier thread of this conversation is gone."
    : `The earlier thread of this conversation (${link}) is gone.`;
  const head = `${gone} /transcript gives all of it. It ended so:`;
  let room = MAX_CONTENT - head.length;
  const kept: string[] = [];
  for (const line of lines.reverse()) {
    room -= line.length + 1;
    if (room < 0) break;
    kept.unshift(line);
  }
  return kept.length === 0 ? gone : [head, ...kept].join("\n");
}

/** A message as a new thread quotes it. @param own the side that is the staff's */
export function quote({ side, author, content }: Message, own: Side): string {
  const name = side === own ? author?.name ?? "Staff" : "Visitor";
  const shown = escapeMarkdown(clip(content, 300)).replaceAll("\n", "\n> ");
  return `> **${escapeMarkdown(name)}:** ${shown}`;
}

/** A link without the preview that Discord would make of it. */
function bareLink(url: string): string {
  return /^https?:\/\/[^\s<>]+$/.test(url) ? `<${clip(url, 500)}>` : escaped(url, 500);
}

/** As it shows in Discord as text, with at most so many characters: escaping makes some of it twice as long. */
function escaped(value: string, most: number): string {
  for (let room = most;; room--) {
    const text = escapeMarkdown(clip(value, room));
    if (text.length <= most + 1) return text;
    // Each of them gives back two at most.
    room -= Math.floor((text.length - most - 1) / 2);
  }
}

function clip(value: string, most: number): string {
  if (value.length <= most) return value;
  return `${value.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…`;
}
