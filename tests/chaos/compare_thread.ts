import type { APIMessage } from "discord-api-types/v10";
import type { StoredMessage } from "../../src/client/mod.ts";
import type { Conversation } from "./conversation.ts";
import { findDisorder } from "./order.ts";
import type { VisitorMessage } from "./visitor_message.ts";
import { readBack, type Reading, unescape } from "./words.ts";

/** How a post begins that tells of a change which the bot may not make. */
const NOTICE =
  /^(?:\*\*[^*]+\*\* )?\*The visitor has (?:changed|deleted) this message, which is refused here/;

/**
 * Compares what a visitor wrote with what stands in the thread.
 *
 * @param posted for the visitor
 * @returns what differs, in words
 */
export function differencesInThread(conversation: Conversation, posted: readonly APIMessage[]): string[] {
  const { visitor: { own }, said } = conversation;
  const posts = posted.filter(({ content }) => !NOTICE.test(content));
  const noticed = readBack(noticedBy(posted).map(unescape));
  const written = readBack(own.map(({ content }) => content));
  const read = readBack(posts.map(({ content }) => unescape(content)));
  // What failed, or could not be changed, stands as it happened to be: the visitor, or the thread, says so.
  const strict = said.filter((message, index) => !isExcused(message, own[index], noticed));
  const found = [
    ...strict.flatMap((message) => ofMessage(message, written, read)),
    ...[...read.keys()].filter((mark) => said.every((message) => message.mark !== mark))
      .map((mark) => `${mark} stands in Discord and was never said`),
    ...strict.flatMap((message) => ofFile(message, own[said.indexOf(message)], conversation, posts)),
    ...ofQuotes(conversation, written, strict),
  ];
  const marks = new Set(strict.map(({ mark }) => mark));
  const disorder = findDisorder(
    posts.map(({ content }) => unescape(content)),
    [...written.keys()].filter((mark) => marks.has(mark)),
  );
  if (conversation.hasClearOrder && disorder !== undefined && found.length === 0) found.push(disorder);
  return found;
}

function isExcused(message: VisitorMessage, stored: StoredMessage | undefined, noticed: Reading): boolean {
  if (!message.mayFail) return false;
  return stored?.failed !== undefined || stored?.deleted === true || noticed.has(message.mark);
}

/** What the notices say, and what they answer. */
function noticedBy(posted: readonly APIMessage[]): string[] {
  return posted.filter(({ content }) => NOTICE.test(content)).flatMap((
    { content, message_reference: about },
  ) => [
    content,
    ...posted.filter(({ id }) => id === about?.message_id).map((answered) => answered.content),
  ]);
}

/** Every word stands there, once, in its newest version; nothing of what was taken back. */
function ofMessage({ mark, buried }: VisitorMessage, written: Reading, read: Reading): string[] {
  const words = written.get(mark)?.join(" ");
  const there = read.get(mark)?.join(" ");
  if (words === there || there === undefined && buried) return [];
  if (words === undefined) return [`${mark} stands in Discord and was taken back`];
  return [`${mark} in Discord: ${there}; written: ${words}`];
}

/** The file stands there, once and whole. */
function ofFile(
  { mark, file, buried, mayLackFile }: VisitorMessage,
  stored: StoredMessage | undefined,
  conversation: Conversation,
  posts: readonly APIMessage[],
): string[] {
  if (file === undefined) return [];
  const there = posts.flatMap(({ attachments }) =>
    attachments.filter(({ filename }) => filename === file.name)
  );
  const [first, ...others] = there.map(({ id }) => conversation.bytesOf(id));
  if (stored?.deleted === true) {
    return there.length === 0 ? [] : [`${mark}'s file stands in Discord and was taken back`];
  }
  if (first === undefined) {
    const isNamed = posts.some(({ content }) => unescape(content).includes(file.name));
    return buried || mayLackFile && isNamed ? [] : [`${mark}'s file ${file.name} is not in Discord`];
  }
  if (others.length > 0) return [`${mark}'s file ${file.name} stands in Discord ${there.length} times`];
  return isSame(first, file.bytes) ? [] : [`${mark}'s file ${file.name} has other bytes in Discord`];
}

/** A thread that took the place of one that is gone quotes nothing that was taken back. */
function ofQuotes(
  { starter }: Conversation,
  written: Reading,
  strict: readonly VisitorMessage[],
): string[] {
  const lines = (starter?.content ?? "").split("\n").filter((line) => line.startsWith("> "));
  const quoted = readBack(lines.map(unescape));
  return strict.filter(({ mark }) => quoted.has(mark) && !written.has(mark))
    .map(({ mark }) => `${mark} is quoted in Discord and was taken back`);
}

/** Whether two files are the same. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
