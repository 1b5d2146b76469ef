import { DeliveryError } from "../../core/mod.ts";
import type { PermissionName } from "./permissions.ts";
import type { DiscordChannel } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";

/** Who the bot is. */
export interface Bot {
  readonly id: Snowflake;
  readonly applicationId: Snowflake;
}

/** Where the bot works: who it is, and the channel in which threads are made. */
export interface Home {
  readonly botId: Snowflake;
  readonly applicationId: Snowflake;
  readonly guildId: Snowflake;
  readonly channel: DiscordChannel;
  /** Required permissions that the bot is known to lack in the channel. */
  readonly missing: readonly PermissionName[];
  /** Others that parts of the service want. */
  readonly lacking: readonly PermissionName[];
  /** The bytes that a file may have there. */
  readonly fileBytes: number;
}

/** Gives the present home; `undefined` while there is none. */
export type FindHome = () => Home | undefined;

/** Whether somebody who knows all of `before` sees no more in `home`. */
export function seesAll(before: Home | undefined, home: Home | undefined): boolean {
  if (home === undefined) return true;
  if (before === undefined || before.channel.id !== home.channel.id) return false;
  return before.missing.every((name) => home.missing.includes(name));
}

/**
 * Gives the channel in which conversations have their threads.
 *
 * @throws {DeliveryError} while it is not there: what is to be delivered waits
 */
export function demandHome(find: FindHome): Home {
  const home = find();
  if (home === undefined) throw new DeliveryError("Cannot deliver: Discord is not there");
  return home;
}
