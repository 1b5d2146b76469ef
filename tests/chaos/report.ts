import { differences } from "./compare.ts";
import type { Conversation } from "./conversation.ts";
import type { UnsteadyDiscord } from "./unsteady_discord.ts";
import type { UnsteadyServer } from "./unsteady_server.ts";

/** How many lines of the transcript about the thread are told. */
const LINES = 40;

/** Says all there is to know about a conversation whose sides differ. */
export function describe(
  conversation: Conversation,
  discord: UnsteadyDiscord,
  server: UnsteadyServer,
): string {
  const { visitor, thread, posted, index } = conversation;
  const { uid, messages, connection } = visitor.state;
  const ids = [...conversation.threads, ...uid === null ? [] : [uid]];
  const about = (lines: readonly string[]): readonly string[] =>
    lines.filter((line) => ids.some((id) => line.includes(id))).slice(-LINES);
  return [
    `Conversation ${index}, visitor ${uid}, thread ${thread}:`,
    `connection: ${JSON.stringify(connection)}`,
    ...differences(conversation).map((line) => `- ${line}`),
    "--- the visitor sees",
    ...messages.map(({ seq, rev, from, content, deleted, failed }) =>
      `${seq} (${rev}) ${from}: ${deleted ? "(taken back)" : JSON.stringify(content)}${
        failed ? " (failed)" : ""
      }`
    ),
    "--- the thread holds",
    ...posted.map(({ id, author, content }) => `${id} ${author.username}: ${JSON.stringify(content)}`),
    "--- what Discord saw of it",
    ...about(discord.transcript),
    "--- what the server said of it",
    ...about(server.log),
  ].join("\n");
}
