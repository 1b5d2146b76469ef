/**
 * Reads Discord's JSON into the plain values of `ports.ts`. Only ids and what the path needs are demanded; everything else
 * may be missing, as it is on servers that speak a part of Discord's protocol.
 *
 * @module
 */
import type {
  ChannelKind,
  DiscordChannel,
  DiscordGuild,
  DiscordRole,
  DiscordUser,
  PermissionOverwrite,
} from "./ports.ts";
import { isSnowflake, type Snowflake } from "./snowflake.ts";

/** A JSON object of unknown content. */
export type Payload = Readonly<Record<string, unknown>>;

/** A payload that lacks what cannot be done without. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
}

/** Whether a value is a JSON object. */
export function isPayload(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as an object; an empty one when it is something else. */
export function object(value: unknown): Payload {
  return isPayload(value) ? value : {};
}

/** The objects of a list; none when it is something else. */
export function objects(value: unknown): readonly Payload[] {
  return Array.isArray(value) ? value.filter(isPayload) : [];
}

/** A text; `undefined` when it is something else or empty. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A snowflake; `undefined` when it is something else. */
export function optionalId(value: unknown): Snowflake | undefined {
  return isSnowflake(value) ? value : undefined;
}

/** @throws {PayloadError} when the field is no snowflake */
export function id(payload: Payload, field: string): Snowflake {
  const value = payload[field];
  if (!isSnowflake(value)) {
    throw new PayloadError(`Cannot read ${field}: it is ${typeof value}, not a snowflake`);
  }
  return value;
}

/** Leaves out what is `undefined`: by `exactOptionalPropertyTypes` a field is there with a value, or not at all. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Reads a user and, where the payload has it, their membership of the guild. */
export function readUser(user: Payload, member: Payload = object(user.member)): DiscordUser {
  const userId = id(user, "id");
  return {
    id: userId,
    username: text(user.username) ?? userId,
    bot: user.bot === true,
    ...defined({
      globalName: text(user.global_name),
      nick: text(member.nick),
      avatar: text(user.avatar),
      guildAvatar: text(member.avatar),
      roles: Array.isArray(member.roles) ? member.roles.filter(isSnowflake) : undefined,
    }),
  };
}

/** Reads those whom a message mentions. */
export function readMentions(payload: Payload): readonly DiscordUser[] {
  return objects(payload.mentions).filter((user) => isSnowflake(user.id)).map((user) => readUser(user));
}

/** https://discord.com/developers/docs/resources/channel#channel-object-channel-types */
function kindOf(type: unknown): ChannelKind {
  if (type === 0) return "text";
  if (type === 15) return "forum";
  return type === 10 || type === 11 || type === 12 ? "thread" : "other";
}

/** REQUIRE_TAG, https://discord.com/developers/docs/resources/channel#channel-object-channel-flags */
const REQUIRE_TAG = 1 << 4;

function permissionBits(value: unknown): bigint {
  return typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : 0n;
}

function readOverwrite(payload: Payload): PermissionOverwrite {
  return { id: id(payload, "id"), allow: permissionBits(payload.allow), deny: permissionBits(payload.deny) };
}

/** Reads a channel or a thread. */
export function readChannel(payload: Payload, guildId?: Snowflake): DiscordChannel {
  const thread = object(payload.thread_metadata);
  return {
    id: id(payload, "id"),
    kind: kindOf(payload.type),
    name: text(payload.name) ?? "",
    overwrites: objects(payload.permission_overwrites).map(readOverwrite),
    tags: objects(payload.available_tags).map((tag) => ({ id: id(tag, "id"), name: text(tag.name) ?? "" })),
    tagRequired: typeof payload.flags === "number" && (payload.flags & REQUIRE_TAG) !== 0,
    archived: thread.archived === true,
    locked: thread.locked === true,
    appliedTags: Array.isArray(payload.applied_tags) ? payload.applied_tags.filter(isSnowflake) : [],
    ...defined({
      guildId: optionalId(payload.guild_id) ?? guildId,
      parentId: optionalId(payload.parent_id),
      ownerId: optionalId(payload.owner_id),
      lastMessageId: optionalId(payload.last_message_id),
      archiveTimestamp: text(thread.archive_timestamp),
    }),
  };
}

/**
 * GATEWAY_MESSAGE_CONTENT and its form for bots in few servers: either lets the bot read messages.
 * https://discord.com/developers/docs/resources/application#application-object-application-flags
 */
const MESSAGE_CONTENT_FLAGS = 1 << 18 | 1 << 19;

/** Whether an application may read what messages say; `undefined` where it has no flags. */
export function mayReadMessages({ flags }: Payload): boolean | undefined {
  return typeof flags === "number" ? (flags & MESSAGE_CONTENT_FLAGS) !== 0 : undefined;
}

/** Reads a role. */
export function readRole(payload: Payload): DiscordRole {
  return {
    id: id(payload, "id"),
    name: text(payload.name) ?? "",
    permissions: permissionBits(payload.permissions),
  };
}

/** Reads a guild. `botId` tells which of its members is the bot. */
export function readGuild(payload: Payload, botId: Snowflake | undefined): DiscordGuild {
  const guildId = id(payload, "id");
  const own = objects(payload.members).find((member) => object(member.user).id === botId);
  const ownRoles = Array.isArray(own?.roles) ? own.roles.filter(isSnowflake) : undefined;
  return {
    id: guildId,
    name: text(payload.name) ?? guildId,
    channels: objects(payload.channels).map((channel) => readChannel(channel, guildId)),
    threads: objects(payload.threads).map((thread) => readChannel(thread, guildId)),
    roles: objects(payload.roles).map(readRole),
    fileBytes: fileBytesOf(payload.premium_tier),
    ...defined({ ownerId: optionalId(payload.owner_id), ownRoles }),
  };
}

/** https://support.discord.com/hc/en-us/articles/360028038352, bytes by the level to which a server is boosted */
const MEBIBYTE = 1024 * 1024;

function fileBytesOf(premiumTier: unknown): number {
  if (premiumTier === 3) return 100 * MEBIBYTE;
  return premiumTier === 2 ? 50 * MEBIBYTE : 10 * MEBIBYTE;
}
