import type { APIMessage } from "discord-api-types/v10";
import type { StoredMessage } from "../../src/client/mod.ts";
import type { Conversation } from "./conversation.ts";
import { readBack, unescape } from "./words.ts";

/**
 * Compares both sides of a conversation: the same messages, in order, once.
 *
 * @param botId whose messages in the thread are the visitor's
 * @returns what differs, in words; nothing when all is well
 */
export function differences(conversation: Conversation, botId: string): string[] {
  const { visitor } = conversation;
  const { connection, pending, more } = visitor.state;
  if (connection.status !== "open") return [`the visitor is ${connection.status}`];
  if (more) return ["the visitor has not read everything"];
  const posted = conversation.posted;
  return [
    ...pending.map(({ content }) => `not acknowledged: ${content}`),
    ...saidOnce(conversation.said, visitor.own),
    ...visitorsSide(conversation, posted.filter(({ author }) => author.id === botId)),
    ...staffsSide(conversation, posted.filter(({ author }) => author.id !== botId)),
  ];
}

/** What the visitor wrote is stored once, in the order in which it was written. */
function saidOnce(said: readonly string[], own: readonly StoredMessage[]): string[] {
  if (own.length !== said.length) {
    return [`the visitor wrote ${said.length} messages, ${own.length} are stored`];
  }
  return said.flatMap((mark, index) => {
    const { content = "", deleted, failed, seq } = own[index] ?? {};
    if (failed !== undefined) return [`${seq} was given up: ${failed}`];
    if (deleted === true) return [];
    const [found, ...others] = readBack([content]).keys();
    return found === mark && others.length === 0 ? [] : [`${seq} should be ${mark}: ${content}`];
  });
}

/** The thread holds what the visitor wrote, word for word. */
function visitorsSide({ visitor, grown }: Conversation, posted: readonly APIMessage[]): string[] {
  const written = readBack(visitor.own.map(({ content }) => content));
  const read = readBack(posted.map(({ content }) => unescape(content)));
  const found: string[] = [];
  for (const [mark, words] of written) {
    const there = read.get(mark)?.join(" ");
    if (there !== words.join(" ")) found.push(`${mark} in Discord: ${there}; written: ${words.join(" ")}`);
  }
  for (const mark of read.keys()) {
    if (!written.has(mark)) found.push(`${mark} stands in Discord and was taken back`);
  }
  const order = [...read.keys()].join(" ");
  if (!grown && found.length === 0 && order !== [...written.keys()].join(" ")) {
    found.push(`order in Discord: ${order}; written: ${[...written.keys()].join(" ")}`);
  }
  return found;
}

/** The visitor sees what staff said, and nothing that they took back. */
function staffsSide({ visitor, staff }: Conversation, posted: readonly APIMessage[]): string[] {
  const found: string[] = [];
  const heard = new Map<string, string>();
  for (const { content } of visitor.heard) {
    const [mark] = readBack([content]).keys();
    if (mark === undefined || heard.has(mark)) found.push(`heard twice, or never said: ${content}`);
    else heard.set(mark, content);
  }
  for (const message of staff) {
    const shown = heard.get(message.mark);
    if (!message.allows(shown)) {
      found.push(`the visitor sees ${shown}; ${message.deleted ? "taken back" : "said"}: ${message.text}`);
    }
  }
  const there = posted.map(({ content }) => content);
  const expected = staff.filter(({ deleted }) => !deleted).map(({ text }) => text);
  if (there.join("\n\n") !== expected.join("\n\n")) found.push("Discord itself has lost what staff said");
  const marks = staff.map(({ mark }) => mark);
  const order = [...heard.keys()];
  const right = marks.filter((mark) => heard.has(mark));
  if (order.join(" ") !== right.join(" ")) found.push(`the visitor heard ${order.join(" ")}`);
  return found;
}
