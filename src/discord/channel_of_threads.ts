import type { ServiceWorker, Uuid } from "../core/mod.ts";
import { optional } from "./errors.ts";
import type { GuildBook } from "./guild_book.ts";
import type { DiscordChannel, DiscordRest } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

/** Of so many conversations it is looked where their threads are. */
const LOOKED_AT = 5;

/**
 * Finds the channel in which the threads are where somebody spoke last.
 *
 * @returns `undefined` when there is none that threads can be made in
 * @throws {DiscordUnreachable} when Discord could not be asked
 */
export async function channelOfThreads(
  worker: Pick<ServiceWorker<Snowflake, Uuid>, "recentIds">,
  rest: Pick<DiscordRest, "channel">,
  book: Pick<GuildBook, "channel">,
): Promise<DiscordChannel | undefined> {
  for (const id of await worker.recentIds(LOOKED_AT)) {
    const thread = await optional<DiscordChannel | undefined>(rest.channel(id), undefined);
    const channel = thread?.parentId === undefined ? undefined : book.channel(thread.parentId);
    if (channel?.kind === "forum" || channel?.kind === "text") return channel;
  }
  return undefined;
}
