import { systemClock, type Uuid } from "../core/mod.ts";
import { DiscordInspection, DiscordRefusal, DiscordUnreachable, type Snowflake } from "../discord/mod.ts";
import { StartError } from "../start_error.ts";
import type { CommandContext } from "./command.ts";

/** How to go on without Discord; what stays there then is said at the end. */
const WITHOUT = "with --leave-thread it is erased here alone";

/**
 * Deletes a visitor's thread on Discord.
 *
 * @throws {StartError} when it is still there, with what to do; the signal's reason, after which it may be there or not
 */
export async function deleteThread(
  { config, logger, signal }: CommandContext,
  uid: Uuid,
  id: Snowflake,
): Promise<void> {
  if (config.discordToken === undefined) {
    throw new StartError(
      `Cannot erase ${uid}: it has the thread ${id} on Discord, and DISCORD_TOKEN is not set; ${WITHOUT}`,
      "config",
    );
  }
  using discord = new DiscordInspection({
    token: config.discordToken,
    apiUrl: config.discordApiUrl,
    clock: systemClock,
    logger,
    signal,
  });
  try {
    await discord.deleteThread(id);
  } catch (error) {
    if (error instanceof DiscordRefusal) {
      throw new StartError(
        `Cannot erase ${uid}: ${error.message}; the bot needs the permission Manage Threads to delete the thread ${id}; ${WITHOUT}`,
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
