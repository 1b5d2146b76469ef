import { systemClock, type Uuid } from "../core/mod.ts";
import {
  DiscordInspection,
  DiscordRefusal,
  DiscordUnreachable,
  isSnowflake,
  type Snowflake,
} from "../discord/mod.ts";
import { StartError } from "../start_error.ts";
import { type CommandContext, type CommandOutcome, openArchive } from "./command.ts";

/**
 * Erases one visitor: the thread on Discord, then the conversation with its messages, files and sessions. When the thread cannot be
 * deleted nothing is erased here either, so that the command can be given again.
 *
 * @throws {StartError} when the database cannot be used, there is no such conversation, or Discord does not do it
 */
export async function erase(context: CommandContext, uid: Uuid): CommandOutcome {
  using archive = openArchive(context.config, "change");
  const [conversation] = archive.conversations(uid);
  if (conversation === undefined) {
    throw new StartError(`Cannot erase ${uid}: there is no such conversation`, "noInput");
  }
  const threads = new Set<string>();
  const deleteThread = async (id: string | null): Promise<void> => {
    if (id === null || threads.has(id) || !isSnowflake(id)) return;
    await deleteRemote(context, uid, id);
    threads.add(id);
  };
  await deleteThread(conversation.ids[2]);
  const erased = archive.erase(uid);
  // A running server may have made another thread after the first was deleted.
  await deleteThread(erased?.ids[2] ?? null);
  const remote = threads.size === 0 ? "it had no thread" : `thread ${[...threads].join(", ")}`;
  context.print(`Erased ${uid}: ${erased?.messages ?? 0} messages, ${remote}\n`);
  return undefined;
}

async function deleteRemote({ config, logger }: CommandContext, uid: Uuid, id: Snowflake): Promise<void> {
  if (config.discordToken === undefined) {
    throw new StartError(
      `Cannot erase ${uid}: it has the thread ${id} on Discord, and DISCORD_TOKEN is not set`,
      "config",
    );
  }
  using discord = new DiscordInspection({
    token: config.discordToken,
    apiUrl: config.discordApiUrl,
    clock: systemClock,
    logger,
  });
  try {
    await discord.deleteThread(id);
  } catch (error) {
    if (error instanceof DiscordRefusal) {
      throw new StartError(
        `Cannot erase ${uid}: ${error.message}; the bot needs the permission Manage Threads to delete the thread ${id}`,
        "config",
        { cause: error },
      );
    }
    if (error instanceof DiscordUnreachable) {
      throw new StartError(`Cannot erase ${uid}: ${error.message}; try again later`, "unavailable", {
        cause: error,
      });
    }
    throw error;
  }
}
