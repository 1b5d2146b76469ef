import type { APIMessage } from "discord-api-types/v10";
import type { StoredMessage } from "../../src/client/mod.ts";
import type { Conversation } from "./conversation.ts";
import { differencesInThread } from "./compare_thread.ts";
import { readBack } from "./words.ts";

/** Posts that may stand twice at the most in a comparison; each doubles the ways to look at a thread. */
const MAY_DOUBLE = 5;

/**
 * Compares both sides of a conversation: the same messages, in order, once.
 *
 * @returns what differs, in words; nothing when all is well
 */
export function differences(conversation: Conversation): string[] {
  const { visitor, threads } = conversation;
  const { connection, pending, more } = visitor.state;
  if (connection.status !== "open") return [`the visitor is ${connection.status}`];
  if (more) return ["the visitor has not read everything"];
  if (threads.length > 1) return [`the visitor has the threads ${threads.join(", ")}`];
  return [
    ...pending.map(({ content }) => `not acknowledged: ${content}`),
    ...saidOnce(conversation, visitor.own),
    ...visitorsSide(conversation),
    ...staffsSide(conversation, conversation.postedByStaff),
    ...commandsSide(conversation),
    ...straysSide(conversation),
  ];
}

/** What the visitor wrote is stored once, in the order in which it was written. */
function saidOnce({ said }: Conversation, own: readonly StoredMessage[]): string[] {
  if (own.length !== said.length) {
    return [`the visitor wrote ${said.length} messages, ${own.length} are stored`];
  }
  return said.flatMap(({ mark, mayFail }, index) => {
    const { content = "", deleted, failed, seq } = own[index] ?? {};
    if (failed !== undefined && !mayFail) return [`${seq} was given up: ${failed}`];
    if (deleted === true) return [];
    const [found, ...others] = readBack([content]).keys();
    return found === mark && others.length === 0 ? [] : [`${seq} should be ${mark}: ${content}`];
  });
}

/**
 * The thread holds what the visitor wrote, once. Where Discord offers no nonce, only a request that was carried out late may have
 * doubled a post: then the thread is right when it is right without that.
 */
function visitorsSide(conversation: Conversation): string[] {
  const posted = conversation.postedForVisitor;
  const found = differencesInThread(conversation, posted);
  if (found.length === 0) return [];
  const { late } = conversation;
  const mayDouble = posted.filter(({ webhook_id: webhook, content }) =>
    webhook !== undefined && late.includes(content)
  ).slice(-MAY_DOUBLE);
  const isRight = subsets(mayDouble).some((dropped) =>
    differencesInThread(conversation, posted.filter((message) => !dropped.includes(message))).length === 0
  );
  return isRight ? [] : found;
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<readonly (readonly T[])[]>(
    (known, item) => [...known, ...known.map((subset) => [...subset, item])],
    [[]],
  );
}

/** The visitor sees what staff said, and nothing that they took back. */
function staffsSide(conversation: Conversation, posted: readonly APIMessage[]): string[] {
  const { visitor, staff, answers } = conversation;
  const found: string[] = [];
  const heard = new Map<string, StoredMessage>();
  for (const message of visitor.heard) {
    const [mark] = readBack([message.content]).keys();
    if (mark === undefined || heard.has(mark)) found.push(`heard twice, or never said: ${message.content}`);
    else heard.set(mark, message);
  }
  for (const message of staff) {
    const shown = heard.get(message.mark);
    if (!message.allows(shown?.content)) {
      found.push(
        `the visitor sees ${shown?.content}; ${message.deleted ? "taken back" : "said"}: ${message.text}`,
      );
    }
    const files = (shown?.files ?? []).map(({ name, size }) => `${name} of ${size}`).join();
    const { file } = message;
    const wanted = file === undefined ? "" : `${file.name} of ${file.bytes.length}`;
    if (shown !== undefined && files !== wanted) found.push(`${message.mark} has ${files}, not ${wanted}`);
  }
  const there = posted.map(({ content }) => content);
  if (there.join("\n\n") !== answers.map(({ text }) => text).join("\n\n")) {
    found.push("Discord itself has lost what staff said");
  }
  const marks = staff.map(({ mark }) => mark);
  const order = [...heard.keys()];
  const right = marks.filter((mark) => heard.has(mark));
  if (order.join(" ") !== right.join(" ")) found.push(`the visitor heard ${order.join(" ")}`);
  return found;
}

/** Who was answered that a conversation is closed can rely on the visitor having been told, once. */
function commandsSide({ closings, visitor }: Conversation): string[] {
  return closings.flatMap(({ reason, use }) => {
    const told = visitor.told.filter(({ content }) => content.split(/\s/).includes(reason)).length;
    const isAnswered = use.responses.some(({ content }) => content.startsWith("Closed, and the visitor"));
    return told > 1 || isAnswered && told === 0 ? [`the visitor was told ${told} times of ${reason}`] : [];
  });
}

/** Who writes in a thread that was made twice can read there, once, that nobody hears it. */
function straysSide(conversation: Conversation): string[] {
  return conversation.strays.filter((stray) => conversation.noticesIn(stray) !== 1)
    .map((stray) => `thread ${stray} was made twice and does not say so, once`);
}
