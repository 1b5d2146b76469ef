/** What happens to messages, whoever makes it happen: the bot by REST, a webhook, or the staff. */
import { GatewayIntentBits as Intent, MessageFlags, MessageType } from "discord-api-types/v10";
import { type AllowedMentions, mentionsOf } from "../mentions.ts";
import { may } from "../permissions.ts";
import { renderMessage, renderPartialMember } from "../render.ts";
import type { ChannelState, MessageState } from "../state.ts";
import { isThread, type World } from "../world.ts";
import { setThread } from "./channels.ts";

/** A message before it has an id. */
export interface MessageDraft {
  readonly authorId: string;
  readonly content?: string;
  readonly type?: MessageType;
  readonly webhook?: MessageState["webhook"];
  readonly attachments?: MessageState["attachments"];
  readonly embeds?: MessageState["embeds"];
  readonly flags?: number;
  readonly tts?: boolean;
  readonly nonce?: string | number;
  readonly reference?: MessageState["reference"];
  readonly stickers?: MessageState["stickers"];
  readonly extra?: MessageState["extra"];
  readonly interactionId?: string;
  readonly allowedMentions?: AllowedMentions | undefined;
  /** Instead of a new id: the starter of a forum post has its thread's. */
  readonly id?: string;
}

/** What an edit changes; what is left out stays. */
export interface MessageEdit {
  readonly content?: string;
  readonly embeds?: MessageState["embeds"];
  readonly attachments?: MessageState["attachments"];
  readonly flags?: number;
  readonly extra?: MessageState["extra"];
  readonly allowedMentions?: AllowedMentions | undefined;
}

/** A link that gets a preview: not one in angle brackets. */
const LINK = /(?<!<)https?:\/\/[^\s<>]+/;

/**
 * Builds a message without putting it anywhere.
 *
 * @param world where
 * @param channel for whom it is meant
 * @param draft what it says
 * @returns the message
 */
export function buildMessage(world: World, channel: ChannelState, draft: MessageDraft): MessageState {
  const content = (draft.content ?? "").trim();
  const { reference } = draft;
  const target = reference?.type === 0 && reference.messageId !== undefined
    ? world.messages.get(reference.channelId)?.get(reference.messageId)
    : undefined;
  const type = draft.type ?? (target === undefined ? MessageType.Default : MessageType.Reply);
  const author = { id: draft.authorId, channel, isWebhook: draft.webhook !== undefined };
  const repliedTo = type === MessageType.Reply ? target?.authorId : undefined;
  return {
    id: draft.id ?? world.ids.next(),
    channelId: channel.id,
    type,
    authorId: draft.authorId,
    content,
    timestamp: world.timestamp(),
    editedTimestamp: null,
    ...mentionsOf(world, content, author, draft.allowedMentions, repliedTo),
    attachments: draft.attachments ?? [],
    embeds: draft.embeds ?? [],
    reactions: [],
    flags: draft.flags ?? 0,
    tts: draft.tts ?? false,
    ...(draft.webhook === undefined ? {} : { webhook: draft.webhook }),
    ...(draft.nonce === undefined ? {} : { nonce: draft.nonce }),
    ...(reference === undefined ? {} : { reference }),
    ...(draft.stickers === undefined ? {} : { stickers: draft.stickers }),
    ...(draft.extra === undefined ? {} : { extra: draft.extra }),
    ...(draft.interactionId === undefined ? {} : { interactionId: draft.interactionId }),
  };
}

/**
 * Puts a message into a channel. An archived thread wakes up; whether that is allowed is the caller's question.
 *
 * @param world where
 * @param channel the channel or thread
 * @param draft what it says
 * @returns the message, after MESSAGE_CREATE was dispatched
 * @throws {DiscordError} 160006 when the thread has to wake and the guild has no room for one more that is active
 */
export function createMessage(world: World, channel: ChannelState, draft: MessageDraft): MessageState {
  if (isThread(channel)) {
    const { thread } = channel;
    if (thread.archived) setThread(world, channel, { archived: false });
    if (draft.webhook === undefined && !thread.memberIds.includes(draft.authorId)) {
      thread.memberIds.push(draft.authorId);
    }
    if (draft.id === undefined) {
      thread.messageCount++;
      thread.totalMessageSent++;
    }
  }
  const message = buildMessage(world, channel, draft);
  world.addMessage(message);
  channel.lastMessageId = message.id;
  world.transcript.add("state", `message ${message.id} in ${channel.id} by ${authorName(world, message)}`);
  dispatchMessage(world, "MESSAGE_CREATE", message);
  unfurlSoon(world, channel, message);
  return message;
}

/**
 * @param world where
 * @param message what is edited
 * @param edit the new parts
 * @returns the message, after MESSAGE_UPDATE was dispatched
 */
export function editMessage(world: World, message: MessageState, edit: MessageEdit): MessageState {
  applyEdit(world, message, edit);
  dispatchMessage(world, "MESSAGE_UPDATE", message);
  if (edit.content !== undefined) unfurlSoon(world, world.channel(message.channelId), message);
  return message;
}

/**
 * Changes a message that may be in no channel, as an ephemeral one.
 *
 * @param world where
 * @param message what is edited
 * @param edit the new parts
 */
export function applyEdit(world: World, message: MessageState, edit: MessageEdit): void {
  const channel = world.channel(message.channelId);
  if (edit.content !== undefined) {
    message.content = edit.content.trim();
    const author = { id: message.authorId, channel, isWebhook: message.webhook !== undefined };
    Object.assign(message, mentionsOf(world, message.content, author, edit.allowedMentions));
  }
  if (edit.embeds !== undefined) message.embeds = edit.embeds;
  if (edit.attachments !== undefined) message.attachments = edit.attachments;
  if (edit.flags !== undefined) message.flags = edit.flags;
  if (edit.extra !== undefined) message.extra = { ...message.extra, ...edit.extra };
  message.editedTimestamp = world.timestamp();
}

/**
 * @param world where
 * @param channel the channel
 * @param ids its messages to delete; what is not there is passed over
 * @param bulk one MESSAGE_DELETE_BULK instead of a MESSAGE_DELETE each
 */
export function deleteMessages(
  world: World,
  channel: ChannelState,
  ids: readonly string[],
  bulk = false,
): void {
  const messages = world.messagesOf(channel.id);
  const gone = ids.filter((id) => messages.delete(id));
  if (channel.thread !== undefined) {
    channel.thread.messageCount -= gone.filter((id) => id !== channel.id).length;
  }
  const place = { channel_id: channel.id, guild_id: world.guild.id };
  const events = bulk
    ? [{ t: "MESSAGE_DELETE_BULK", d: { ids: gone, ...place } }]
    : gone.map((id) => ({ t: "MESSAGE_DELETE", d: { id, ...place } }));
  if (channel.thread?.archived) return world.changed();
  for (const event of events) {
    world.dispatch({ ...event, intent: Intent.GuildMessages, channelId: channel.id });
  }
}

/**
 * Dispatches a message event, unless its thread is archived: the gateway knows active threads only.
 *
 * @param world where
 * @param t MESSAGE_CREATE or MESSAGE_UPDATE
 * @param message which
 */
export function dispatchMessage(
  world: World,
  t: "MESSAGE_CREATE" | "MESSAGE_UPDATE",
  message: MessageState,
): void {
  const channel = world.channels.get(message.channelId);
  if (channel?.thread?.archived) return world.changed();
  const member = message.webhook === undefined ? world.members.get(message.authorId) : undefined;
  world.dispatch({
    t,
    d: {
      ...renderMessage(world, message),
      guild_id: world.guild.id,
      ...(member === undefined ? {} : { member: renderPartialMember(member) }),
      ...(channel === undefined ? {} : { channel_type: channel.type }),
    },
    intent: Intent.GuildMessages,
    channelId: message.channelId,
    message,
  });
}

/**
 * Adds the preview of the first link, as Discord does a moment after a message: an update that is no edit.
 *
 * @param world where
 * @param message which
 */
export function unfurl(world: World, message: MessageState): void {
  const url = LINK.exec(message.content)?.[0];
  if (url === undefined || world.messages.get(message.channelId)?.get(message.id) !== message) return;
  message.embeds = [
    ...message.embeds.filter((embed) => embed.url !== url),
    {
      type: "link",
      url,
      title: URL.parse(url)?.hostname ?? url,
    } as MessageState["embeds"][number],
  ];
  dispatchMessage(world, "MESSAGE_UPDATE", message);
}

function unfurlSoon(world: World, channel: ChannelState, message: MessageState): void {
  if (!LINK.test(message.content) || (message.flags & MessageFlags.SuppressEmbeds) !== 0) return;
  if (message.webhook === undefined && !may(world, message.authorId, channel, "EmbedLinks")) return;
  queueMicrotask(() => unfurl(world, message));
}

function authorName(world: World, message: MessageState): string {
  return message.webhook?.name ?? world.users.get(message.authorId)?.username ?? message.authorId;
}
