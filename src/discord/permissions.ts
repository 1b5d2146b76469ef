import type { DiscordChannel, DiscordRole } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

/** What the bot uses. https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags */
export const Permission = {
  "Add Reactions": 1n << 6n,
  "View Channel": 1n << 10n,
  "Send Messages": 1n << 11n,
  "Embed Links": 1n << 14n,
  "Attach Files": 1n << 15n,
  "Read Message History": 1n << 16n,
  "Manage Threads": 1n << 34n,
  "Create Public Threads": 1n << 35n,
  "Send Messages in Threads": 1n << 38n,
} as const;

/** A permission by the name that Discord's settings show. */
export type PermissionName = keyof typeof Permission;

const ADMINISTRATOR = 1n << 3n;
const ALL = (1n << 64n) - 1n;

/** Who the bot is in a guild. */
export interface Membership {
  readonly botId: Snowflake;
  readonly guildId: Snowflake;
  readonly ownerId?: Snowflake;
  /** The bot's roles, without the one that everyone has. */
  readonly roles: readonly Snowflake[];
}

/**
 * Computes what the bot may do in a channel.
 * https://discord.com/developers/docs/topics/permissions#permission-overwrites
 *
 * @param roles the guild's roles
 * @returns permission bits
 */
export function permissionsIn(
  channel: DiscordChannel,
  member: Membership,
  roles: ReadonlyMap<Snowflake, DiscordRole>,
): bigint {
  if (member.ownerId === member.botId) return ALL;
  const mine = [member.guildId, ...member.roles];
  let bits = mine.reduce((sum, id) => sum | (roles.get(id)?.permissions ?? 0n), 0n);
  if ((bits & ADMINISTRATOR) !== 0n) return ALL;
  const everyone = channel.overwrites.find((rule) => rule.id === member.guildId);
  if (everyone !== undefined) bits = bits & ~everyone.deny | everyone.allow;
  const ofRoles = channel.overwrites.filter((rule) => member.roles.includes(rule.id));
  bits = ofRoles.reduce((sum, rule) => sum & ~rule.deny, bits);
  bits = ofRoles.reduce((sum, rule) => sum | rule.allow, bits);
  const own = channel.overwrites.find((rule) => rule.id === member.botId);
  return own === undefined ? bits : bits & ~own.deny | own.allow;
}

/** What carrying a conversation needs; a forum's posts are made by sending, a text channel's threads are not. */
export function requiredIn(channel: DiscordChannel): readonly PermissionName[] {
  return [
    "View Channel",
    channel.kind === "forum" ? "Send Messages" : "Create Public Threads",
    "Send Messages in Threads",
    "Read Message History",
  ];
}

/** Those of the required permissions that `bits` lack. */
export function missingIn(channel: DiscordChannel, bits: bigint): readonly PermissionName[] {
  return requiredIn(channel).filter((name) => (bits & Permission[name]) === 0n);
}

/** The address at which an owner of a guild lets the bot in, with the permissions that it uses. */
export function inviteUrl(applicationId: Snowflake): string {
  const bits = Object.values(Permission).reduce((sum, bit) => sum | bit, 0n);
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: "bot applications.commands",
    permissions: bits.toString(),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
