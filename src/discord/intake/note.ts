/**
 * Notes: what staff write in a thread for each other. A visitor sees none, however it comes.
 *
 * @module
 */
import { escapeMarkdown } from "../text/escape.ts";
import type { DiscordMessage } from "../ports.ts";

/** How a note begins that the bot writes for somebody. */
const BY_COMMAND = "**Note by ";

/** What the bot writes into a thread when somebody uses `/note`. */
export function noteBy(name: string, text: string): string {
  return `${BY_COMMAND}${escapeMarkdown(name)}:** ${text}`;
}

/**
 * Whether a message is a note, or brings one along: what it forwards is held to the same rule as what it says itself, and the bot's own
 * notes can be forwarded, too.
 *
 * @param prefix how a note begins; where it is empty, there are only the bot's
 */
export function isNote({ content, extras, forwarded }: DiscordMessage, prefix: string): boolean {
  // A message without a text begins with what stands in its place, as the question of a poll.
  const own = content === "" ? extras[0]?.text ?? "" : content;
  if ([own, ...forwarded].some((text) => prefix !== "" && text.trimStart().startsWith(prefix))) return true;
  return forwarded.some((text) => text.trimStart().startsWith(BY_COMMAND));
}
