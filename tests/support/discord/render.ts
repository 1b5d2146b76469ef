/** State to the objects of Discord's API. */
import {
  type APIAttachment,
  type APIChannel,
  type APIGuildMember,
  type APIMessage,
  type APIReaction,
  type APIRole,
  type APIUser,
  type APIWebhook,
  ChannelType,
  type GuildMemberFlags,
  type RoleFlags,
  type UserFlags,
} from "discord-api-types/v10";
import { signedUrl } from "./cdn.ts";
import { permissionsOf } from "./permissions.ts";
import type {
  AttachmentState,
  ChannelState,
  MemberState,
  MessageState,
  RoleState,
  WebhookState,
} from "./state.ts";
import { isThread, type World } from "./world.ts";

/**
 * @param world where
 * @param id whose
 * @returns the user object; for someone who is gone, Discord's placeholder
 */
export function renderUser(world: World, id: string): APIUser {
  const user = world.users.get(id);
  return {
    id,
    username: user?.username ?? "deleted_user",
    discriminator: user?.bot ? "0001" : "0",
    global_name: user?.globalName ?? null,
    avatar: user?.avatar ?? null,
    public_flags: 0 as UserFlags,
    flags: 0 as UserFlags,
    ...(user?.bot ? { bot: true } : {}),
  };
}

/**
 * @param member a member
 * @returns the member object without its user, as events carry it
 */
export function renderPartialMember(member: MemberState): Omit<APIGuildMember, "user"> {
  return {
    nick: member.nick,
    avatar: member.avatar ?? null,
    banner: null,
    roles: member.roles,
    joined_at: member.joinedAt,
    premium_since: null,
    communication_disabled_until: member.timedOutUntil,
    deaf: false,
    mute: false,
    flags: 0 as GuildMemberFlags,
    pending: false,
  };
}

/**
 * @param world where
 * @param member a member
 * @returns the member object
 */
export function renderMember(world: World, member: MemberState): APIGuildMember {
  return { ...renderPartialMember(member), user: renderUser(world, member.userId) };
}

/**
 * @param role a role
 * @returns the role object
 */
export function renderRole(role: RoleState): APIRole {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    position: role.position,
    permissions: role.permissions,
    managed: role.botId !== undefined,
    mentionable: role.mentionable,
    flags: 0 as RoleFlags,
    ...(role.botId === undefined ? {} : { tags: { bot_id: role.botId } }),
  };
}

/**
 * @param world where
 * @param channel a channel or thread
 * @param viewerId adds the viewer's own thread membership
 * @returns the channel object
 */
export function renderChannel(world: World, channel: ChannelState, viewerId = world.botId): APIChannel {
  const base = {
    id: channel.id,
    type: channel.type,
    guild_id: world.guild.id,
    name: channel.name,
    parent_id: channel.parentId,
    last_message_id: channel.lastMessageId,
    rate_limit_per_user: channel.rateLimitPerUser,
    flags: channel.flags,
  };
  if (isThread(channel)) {
    const { thread } = channel;
    return {
      ...base,
      owner_id: thread.ownerId,
      message_count: Math.max(0, thread.messageCount),
      member_count: Math.min(50, thread.memberIds.length),
      total_message_sent: thread.totalMessageSent,
      thread_metadata: {
        archived: thread.archived,
        auto_archive_duration: thread.autoArchiveMinutes,
        archive_timestamp: thread.archiveTimestamp,
        locked: thread.locked,
        create_timestamp: thread.createTimestamp,
        ...(channel.type === ChannelType.PrivateThread ? { invitable: thread.invitable } : {}),
      },
      ...(world.channels.get(channel.parentId ?? "")?.type === ChannelType.GuildForum
        ? { applied_tags: thread.appliedTags }
        : {}),
      ...(thread.memberIds.includes(viewerId)
        ? { member: renderThreadMember(channel.id, viewerId, thread) }
        : {}),
    } as APIChannel;
  }
  return {
    ...base,
    position: channel.position,
    nsfw: channel.nsfw,
    topic: channel.topic,
    permission_overwrites: channel.overwrites,
    ...(channel.type === ChannelType.GuildForum ? forumParts(channel) : {}),
  } as unknown as APIChannel;
}

/**
 * @param threadId the thread
 * @param userId its member
 * @param thread for the time
 * @returns the thread member object
 */
export function renderThreadMember(
  threadId: string,
  userId: string,
  thread: { createTimestamp: string },
): { id: string; user_id: string; join_timestamp: string; flags: number } {
  return { id: threadId, user_id: userId, join_timestamp: thread.createTimestamp, flags: 1 };
}

function forumParts(channel: ChannelState): Record<string, unknown> {
  return {
    available_tags: channel.tags.map((tag) => ({ ...tag, emoji_id: null, emoji_name: null })),
    default_reaction_emoji: null,
    default_sort_order: null,
    default_forum_layout: 0,
    template: "",
  };
}

/**
 * @param world where
 * @param message a message
 * @param options `nested` leaves out the message it refers to
 * @returns the message object as REST gives it, with freshly signed attachment URLs
 */
export function renderMessage(
  world: World,
  message: MessageState,
  options: { nested?: boolean } = {},
): APIMessage {
  const { webhook, reference } = message;
  const starterOf = world.channels.get(message.id);
  return {
    id: message.id,
    channel_id: message.channelId,
    type: message.type,
    author: webhook === undefined ? renderUser(world, message.authorId) : {
      ...renderUser(world, webhook.id),
      username: webhook.name,
      avatar: webhook.avatar,
      discriminator: "0000",
      bot: true,
    },
    content: message.content,
    timestamp: message.timestamp,
    edited_timestamp: message.editedTimestamp,
    tts: message.tts,
    mention_everyone: message.mentionEveryone,
    mentions: message.mentionIds.map((id) => renderUser(world, id)),
    mention_roles: message.mentionRoleIds,
    attachments: message.attachments.map((file) => renderAttachment(world, message.channelId, file)),
    embeds: message.embeds,
    pinned: false,
    flags: message.flags,
    components: [],
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map((entry) => reaction(world, entry)) }),
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
    ...(webhook === undefined ? {} : { webhook_id: webhook.id }),
    ...(webhook?.applicationId ? { application_id: webhook.applicationId } : {}),
    ...(message.stickers === undefined ? {} : { sticker_items: message.stickers }),
    ...(reference === undefined ? {} : {
      message_reference: {
        type: reference.type,
        channel_id: reference.channelId,
        guild_id: world.guild.id,
        ...(reference.messageId === undefined ? {} : { message_id: reference.messageId }),
      },
    }),
    ...(options.nested ? {} : referenced(world, message)),
    ...(starterOf?.thread === undefined || message.channelId === starterOf.id
      ? {}
      : { thread: renderChannel(world, starterOf) }),
    ...(message.extra ?? {}),
  } as APIMessage;
}

/** A reply carries what it answers: null when that was deleted, nothing when it is of another type. */
function referenced(world: World, message: MessageState): { referenced_message?: APIMessage | null } {
  const { reference } = message;
  if (reference?.messageId === undefined || (message.type !== 19 && message.type !== 21)) return {};
  const target = world.messages.get(reference.channelId)?.get(reference.messageId);
  return { referenced_message: target === undefined ? null : renderMessage(world, target, { nested: true }) };
}

function reaction(world: World, entry: MessageState["reactions"][number]): APIReaction {
  const count = entry.userIds.length;
  return {
    emoji: entry.emoji,
    count,
    count_details: { burst: 0, normal: count },
    me: entry.userIds.includes(world.botId),
    me_burst: false,
    burst_colors: [],
  };
}

function renderAttachment(world: World, channelId: string, file: AttachmentState): APIAttachment {
  const url = signedUrl(world, `/attachments/${channelId}/${file.id}/${file.filename}`);
  return {
    id: file.id,
    filename: file.filename,
    size: file.size,
    url,
    proxy_url: url,
    content_type: file.contentType,
    ...(file.title === undefined ? {} : { title: file.title }),
    ...(file.description === undefined ? {} : { description: file.description }),
    ...(file.width === undefined ? {} : { width: file.width, height: file.height ?? null }),
  } as APIAttachment;
}

/**
 * @param world where
 * @param webhook a webhook
 * @returns the webhook object, with its token
 */
export function renderWebhook(world: World, webhook: WebhookState): APIWebhook {
  return {
    id: webhook.id,
    type: 1,
    guild_id: world.guild.id,
    channel_id: webhook.channelId,
    name: webhook.name,
    avatar: webhook.avatar,
    token: webhook.token,
    application_id: webhook.applicationId,
    user: renderUser(world, webhook.creatorId),
  };
}

/**
 * @param world where
 * @param forBot computes the permissions that REST lists for it
 * @returns what `GET /guilds/:id` and GUILD_CREATE share
 */
export function renderGuild(world: World, forBot = world.botId): Record<string, unknown> {
  const { guild } = world;
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    owner_id: guild.ownerId,
    permissions: permissionsOf(world, forBot).toString(),
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: [...world.roles.values()].map(renderRole),
    emojis: [],
    stickers: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    preferred_locale: "en-US",
    public_updates_channel_id: null,
    nsfw_level: 0,
    premium_progress_bar_enabled: false,
    safety_alerts_channel_id: null,
  };
}
