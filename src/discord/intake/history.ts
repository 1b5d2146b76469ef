import { DiscordRefusal } from "../errors.ts";
import type { DiscordMessage, DiscordRest } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";

/**
 * Reads a page of a thread, oldest first; none where the thread is gone, or the server does not know how to list messages: nobody will
 * ever read there.
 *
 * Discord shows an empty thread to whoever may not read its history, so an empty page alone proves nothing.
 * https://discord.com/developers/docs/resources/message#get-channel-messages
 *
 * @param limit 1 to 100
 * @throws {DiscordRefusal} 403 when the bot may not read there
 * @throws {DiscordUnreachable} when it cannot be found out now
 */
export async function readHistory(
  rest: Pick<DiscordRest, "messagesAfter" | "message">,
  thread: Snowflake,
  after: Snowflake,
  limit: number,
): Promise<readonly DiscordMessage[]> {
  try {
    const messages = await rest.messagesAfter(thread, after, limit);
    // Asked for one message, Discord does say no. Whether there is one with this id does not matter.
    if (messages.length === 0) await rest.message(thread, thread);
    return messages;
  } catch (error) {
    if (error instanceof DiscordRefusal && error.status === 404) return [];
    throw error;
  }
}
