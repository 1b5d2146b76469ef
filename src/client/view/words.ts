/**
 * Messages as words: for announcements, quotes and names.
 *
 * @module
 */
import type { Sender } from "../../web/protocol.ts";
import type { StoredMessage } from "../timeline.ts";
import type { ViewContext } from "./context.ts";
import { plainText } from "./markup.ts";

/** How long a quoted line may be before it is cut, in code points. */
const QUOTE_LENGTH = 140;

/** The words of a message and the names of its files. */
export function wordsOf(message: Pick<StoredMessage, "content" | "nodes" | "files">): string {
  const words = message.nodes === undefined ? message.content : plainText(message.nodes);
  const files = (message.files ?? []).map((file) => file.name);
  return [words.trim(), ...files].filter((part) => part !== "").join(", ");
}

/** Who wrote a message, by name. */
export function authorName(from: Sender, name: string | undefined, { strings }: ViewContext): string {
  if (from === "visitor") return strings.you;
  if (name !== undefined && name !== "") return name;
  return from === "agent" ? strings.staff : strings.system;
}

/** The beginning of a message, on one line. */
export function quotedLine(message: StoredMessage, context: ViewContext): string {
  if (message.deleted === true) return context.strings.deleted;
  return shortened(wordsOf(message).replaceAll(/\s+/g, " "), QUOTE_LENGTH);
}

/** Cuts a text at whole characters. */
export function shortened(text: string, length: number): string {
  return text.length > length ? `${[...text].slice(0, length).join("")}…` : text;
}

/** Keeps a name's own direction from turning the sentence around it. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}
