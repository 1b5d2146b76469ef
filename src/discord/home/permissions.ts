import type { DiscordChannel, DiscordRole } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";

/** What the bot uses. https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags */
export const Permission = {
  "Add Reactions": 1n << 6n,
  "View Channel": 1n << 10n,
  "Send Messages": 1n << 11n,
  "Attach Files": 1n << 15n,
  "Read Message History": 1n << 16n,
  "Manage Webhooks": 1n << 29n,
  "Manage Threads": 1n << 34n,
  "Create Public Threads": 1n << 35n,
  "Send Messages in Threads": 1n << 38n,
} as const;

/** A permission by the name that Discord's settings show. */
export type PermissionName = keyof typeof Permission;

const ADMINISTRATOR = 1n << 3n;
const ALL = (1n << 64n) - 1n;

/** Who somebody is in a guild. */
export interface Membership {
  readonly memberId: Snowflake;
  readonly guildId: Snowflake;
  readonly ownerId?: Snowflake;
  /** Their roles, without the one that everyone has. */
  readonly roles: readonly Snowflake[];
}

/**
 * Computes what a member may do in a channel.
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
  if (member.ownerId === member.memberId) return ALL;
  const mine = [member.guildId, ...member.roles];
  let bits = mine.reduce((sum, id) => sum | (roles.get(id)?.permissions ?? 0n), 0n);
  if ((bits & ADMINISTRATOR) !== 0n) return ALL;
  const everyone = channel.overwrites.find((rule) => rule.id === member.guildId);
  if (everyone !== undefined) bits = bits & ~everyone.deny | everyone.allow;
  const ofRoles = channel.overwrites.filter((rule) => member.roles.includes(rule.id));
  bits = ofRoles.reduce((sum, rule) => sum & ~rule.deny, bits);
  bits = ofRoles.reduce((sum, rule) => sum | rule.allow, bits);
  const own = channel.overwrites.find((rule) => rule.id === member.memberId);
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

/** What parts of the service need: without it conversations flow, but files, marks of what was read, or closed threads do not. */
export function wantedIn({ webhooks }: PersonaUse): readonly PermissionName[] {
  const wanted = ["Attach Files", "Add Reactions", "Manage Threads"] as const;
  return webhooks ? [...wanted, "Manage Webhooks"] : wanted;
}

/** How visitors are shown. */
export interface PersonaUse {
  /** By webhooks under their own names. */
  readonly webhooks: boolean;
}

/** Those of some permissions that `bits` lack. */
export function lackingOf(names: readonly PermissionName[], bits: bigint): readonly PermissionName[] {
  return names.filter((name) => (bits & Permission[name]) === 0n);
}

/** The address at which an owner of a guild lets the bot in, with the permissions that it uses. */
export function inviteUrl(applicationId: Snowflake, use: PersonaUse): string {
  // Everybody may be given these; which of them a kind of channel needs is seen when it is there.
  const names: readonly PermissionName[] = [
    "View Channel",
    "Send Messages",
    "Create Public Threads",
    "Send Messages in Threads",
    "Read Message History",
    ...wantedIn(use),
  ];
  const bits = names.reduce((sum, name) => sum | Permission[name], 0n);
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: "bot applications.commands",
    permissions: bits.toString(),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
