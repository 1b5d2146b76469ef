import type { PermissionName } from "./permissions.ts";
import type { DiscordChannel } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

/** Where the bot works: who it is, and the channel in which threads are made. */
export interface Home {
  readonly botId: Snowflake;
  readonly guildId: Snowflake;
  readonly channel: DiscordChannel;
  /** Required permissions that the bot is known to lack in the channel. */
  readonly missing: readonly PermissionName[];
}

/** Gives the present home; `undefined` while there is none. */
export type FindHome = () => Home | undefined;
