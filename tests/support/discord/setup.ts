/** What a fresh guild holds: its owner, the roles, and the bot as an invite would have added it. */
import type { ChannelType } from "discord-api-types/v10";
import { dispatchChannel } from "./actions/channels.ts";
import { bits, BOT_PERMISSIONS, EVERYONE_PERMISSIONS, type PermissionName } from "./permissions.ts";
import { SnowflakeSource } from "./snowflake.ts";
import type { ChannelState, GuildData, MemberState } from "./state.ts";
import type { World } from "./world.ts";

/** What differs from one test's guild to another's. */
export interface SetupOptions {
  readonly guildName: string;
  readonly botName: string;
  readonly botPermissions?: readonly PermissionName[];
}

/** A channel to be made. */
export interface ChannelOptions {
  readonly topic?: string;
  /** Names of a forum's tags. */
  readonly tags?: readonly string[];
  /** `ChannelFlags.RequireTag`, for one. */
  readonly flags?: number;
  readonly parentId?: string;
  readonly overwrites?: ChannelState["overwrites"];
}

/** The role that the simulator's staff gets. */
export const STAFF_ROLE = "Staff";

/**
 * @param now the time in Unix milliseconds
 * @param options names and the bot's permissions
 * @returns a guild without channels
 */
export function freshGuild(now: () => number, options: SetupOptions): GuildData {
  const ids = new SnowflakeSource(now);
  const [botId, guildId, ownerId, botRoleId, staffRoleId] = [
    ids.next(),
    ids.next(),
    ids.next(),
    ids.next(),
    ids.next(),
  ];
  const joinedAt = new Date(now()).toISOString();
  const role = (id: string, name: string, permissions: bigint, position: number) => ({
    id,
    name,
    permissions: permissions.toString(),
    position,
    mentionable: false,
  });
  const member = (userId: string, roles: string[]): MemberState => ({
    userId,
    nick: null,
    roles,
    joinedAt,
    timedOutUntil: null,
  });
  const botPermissions = options.botPermissions === undefined
    ? BOT_PERMISSIONS
    : bits(options.botPermissions);
  return {
    version: 1,
    lastId: ids.last,
    guild: { id: guildId, name: options.guildName, ownerId, unavailable: false, botPresent: true },
    applicationId: botId,
    botId,
    users: [
      { id: botId, username: options.botName, globalName: null, bot: true, avatar: null },
      { id: ownerId, username: "owner", globalName: "Owner", bot: false, avatar: null },
    ],
    roles: [
      role(guildId, "@everyone", EVERYONE_PERMISSIONS, 0),
      { ...role(botRoleId, options.botName, botPermissions, 2), botId },
      role(staffRoleId, STAFF_ROLE, bits(["ManageThreads", "ManageMessages"]), 1),
    ],
    members: [member(botId, [botRoleId]), member(ownerId, [])],
    channels: [],
    messages: [],
    webhooks: [],
    commands: [],
    interactions: [],
    files: {},
  };
}

/**
 * @param world where
 * @param type forum, text channel or category
 * @param name what it is called
 * @param options the rest
 * @returns the channel, after CHANNEL_CREATE was dispatched
 */
export function addChannel(
  world: World,
  type: ChannelType.GuildForum | ChannelType.GuildText | ChannelType.GuildCategory,
  name: string,
  options: ChannelOptions = {},
): ChannelState {
  const channel: ChannelState = {
    id: world.ids.next(),
    type,
    name,
    parentId: options.parentId ?? null,
    position: world.channels.size,
    topic: options.topic ?? null,
    nsfw: false,
    overwrites: options.overwrites ?? [],
    rateLimitPerUser: 0,
    lastMessageId: null,
    flags: options.flags ?? 0,
    tags: (options.tags ?? []).map((tag) => ({ id: world.ids.next(), name: tag, moderated: false })),
  };
  world.channels.set(channel.id, channel);
  dispatchChannel(world, "CHANNEL_CREATE", channel);
  return channel;
}

/**
 * @param world where
 * @param name the display name
 * @param roleNames roles by name
 * @param options `bot`: it is a bot
 * @returns the new member
 */
export function addMember(
  world: World,
  name: string,
  roleNames: readonly string[],
  options: { readonly bot?: boolean } = {},
): MemberState {
  const id = world.ids.next();
  world.users.set(id, {
    id,
    username: name.toLowerCase().replace(/[^a-z0-9_.]+/g, "_"),
    globalName: name,
    bot: options.bot ?? false,
    avatar: null,
  });
  const roles = [...world.roles.values()].filter((role) => roleNames.includes(role.name)).map((role) =>
    role.id
  );
  const member: MemberState = {
    userId: id,
    nick: null,
    roles,
    joinedAt: world.timestamp(),
    timedOutUntil: null,
  };
  world.members.set(id, member);
  world.changed();
  return member;
}
