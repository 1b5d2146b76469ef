/**
 * Permission bits, computed as Discord documents it.
 *
 * @see https://docs.discord.com/developers/topics/permissions
 */
import { PermissionFlagsBits as P } from "discord-api-types/v10";
import { DiscordError } from "./errors.ts";
import type { ChannelState, OverwriteState } from "./state.ts";
import type { World } from "./world.ts";

/** The name of a permission, as `SendMessages`. */
export type PermissionName = keyof typeof P;

/** Every bit there is. */
export const ALL_PERMISSIONS: bigint = Object.values(P).reduce((all, bit) => all | bit, 0n);

/** What `@everyone` may do in a freshly made guild. */
export const EVERYONE_PERMISSIONS: bigint = bits([
  "ViewChannel",
  "CreateInstantInvite",
  "ChangeNickname",
  "SendMessages",
  "SendMessagesInThreads",
  "CreatePublicThreads",
  "CreatePrivateThreads",
  "EmbedLinks",
  "AttachFiles",
  "AddReactions",
  "UseExternalEmojis",
  "MentionEveryone",
  "ReadMessageHistory",
  "UseApplicationCommands",
]);

/** What the simulator's invite gives the bot unless the test says otherwise. */
export const BOT_PERMISSIONS: bigint = bits([
  "ViewChannel",
  "SendMessages",
  "SendMessagesInThreads",
  "CreatePublicThreads",
  "ReadMessageHistory",
  "AttachFiles",
  "EmbedLinks",
  "AddReactions",
  "ManageThreads",
  "ManageWebhooks",
]);

/** A member in time-out keeps only these. */
const TIMED_OUT_PERMISSIONS = P.ViewChannel | P.ReadMessageHistory;

/**
 * @param names permissions by name
 * @returns their bits
 */
export function bits(names: readonly PermissionName[]): bigint {
  return names.reduce((all, name) => all | P[name], 0n);
}

/**
 * @param world where
 * @param userId whose
 * @param channel in which channel; the guild's own permissions when left out
 * @returns the bits that hold there; for a thread those of its parent channel
 */
export function permissionsOf(world: World, userId: string, channel?: ChannelState): bigint {
  if (userId === world.guild.ownerId) return ALL_PERMISSIONS;
  // Whoever is no member sees nothing; the bot's member is kept for the day on which it is invited again.
  if (userId === world.botId && !world.guild.botPresent) return 0n;
  const member = world.members.get(userId);
  if (member === undefined) return 0n;
  let allowed = roleBits(world, world.guild.id);
  for (const roleId of member.roles) allowed |= roleBits(world, roleId);
  if ((allowed & P.Administrator) !== 0n) return ALL_PERMISSIONS;
  const holder = channel?.thread === undefined ? channel : world.channels.get(channel.parentId ?? "");
  if (holder !== undefined) {
    const { overwrites } = holder;
    allowed = applied(allowed, overwrites.filter((entry) => entry.id === world.guild.id));
    allowed = applied(
      allowed,
      overwrites.filter((entry) => entry.type === 0 && member.roles.includes(entry.id)),
    );
    allowed = applied(allowed, overwrites.filter((entry) => entry.type === 1 && entry.id === userId));
  }
  if (member.timedOutUntil !== null && Date.parse(member.timedOutUntil) > world.clock.now()) {
    allowed &= TIMED_OUT_PERMISSIONS;
  }
  return channel === undefined ? allowed : withoutImplied(allowed, channel);
}

/**
 * @param world where
 * @param userId who
 * @param channel the channel or thread
 * @param names what is needed
 * @returns whether all of them hold
 */
export function may(
  world: World,
  userId: string,
  channel: ChannelState,
  ...names: PermissionName[]
): boolean {
  const needed = bits(names);
  return (permissionsOf(world, userId, channel) & needed) === needed;
}

/**
 * @param world where
 * @param userId who
 * @param channel the channel or thread
 * @param names what is needed besides seeing the channel
 * @throws {DiscordError} 50001 when it can't be seen, 50013 when something is missing
 */
export function demand(
  world: World,
  userId: string,
  channel: ChannelState,
  ...names: PermissionName[]
): void {
  if (!canSee(world, userId, channel)) throw new DiscordError("missingAccess");
  if (!may(world, userId, channel, ...names)) throw new DiscordError("missingPermissions");
}

/**
 * @param world where
 * @param userId who
 * @param channel the channel or thread
 * @returns whether it can be seen; a private thread by its members and by those who manage threads
 */
export function canSee(world: World, userId: string, channel: ChannelState): boolean {
  if (!may(world, userId, channel, "ViewChannel")) return false;
  if (channel.thread === undefined || channel.type !== 12) return true;
  return channel.thread.memberIds.includes(userId) || may(world, userId, channel, "ManageThreads");
}

/** The permission to talk, which is another one inside threads. */
export function talkPermission(channel: ChannelState): PermissionName {
  return channel.thread === undefined ? "SendMessages" : "SendMessagesInThreads";
}

function roleBits(world: World, roleId: string): bigint {
  return BigInt(world.roles.get(roleId)?.permissions ?? "0");
}

function applied(allowed: bigint, overwrites: OverwriteState[]): bigint {
  // All denies of one level come before all its allows.
  for (const { deny } of overwrites) allowed &= ~BigInt(deny);
  for (const { allow } of overwrites) allowed |= BigInt(allow);
  return allowed;
}

/** Who can't see a channel can do nothing there; who can't talk there can't decorate what they say either. */
function withoutImplied(allowed: bigint, channel: ChannelState): bigint {
  if ((allowed & P.ViewChannel) === 0n) return 0n;
  if ((allowed & P[talkPermission(channel)]) !== 0n) return allowed;
  return allowed & ~(P.MentionEveryone | P.SendTTSMessages | P.AttachFiles | P.EmbedLinks);
}
