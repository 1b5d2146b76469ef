/** @see https://docs.discord.com/developers/resources/message#create-reaction */
import { GatewayIntentBits as Intent } from "discord-api-types/v10";
import { DiscordError } from "../errors.ts";
import { demand } from "../permissions.ts";
import { renderMember, renderUser } from "../render.ts";
import type { ChannelState, MessageState, ReactionState } from "../state.ts";
import { isThread, type World } from "../world.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

const EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Presentation}|\p{Regional_Indicator}|[0-9#*]\u{FE0F}?\u{20E3})/u;

/** Routes of reactions. */
export const reactionRoutes: readonly Route[] = [
  route("PUT", "/channels/:channel_id/messages/:message_id/reactions/:emoji/@me", add),
  route("DELETE", "/channels/:channel_id/messages/:message_id/reactions/:emoji/@me", remove),
  route("GET", "/channels/:channel_id/messages/:message_id/reactions/:emoji", list),
];

function add(context: RestContext): RestReply {
  const { channel, message, emoji } = target(context);
  const { world } = context;
  demand(world, world.botId, channel, "ReadMessageHistory");
  if (find(message, emoji) === undefined) demand(world, world.botId, channel, "AddReactions");
  react(world, message, world.botId, emoji, true);
  return {};
}

function remove(context: RestContext): RestReply {
  const { message, emoji } = target(context);
  react(context.world, message, context.world.botId, emoji, false);
  return {};
}

function list(context: RestContext): RestReply {
  const { channel, message, emoji } = target(context);
  const { world } = context;
  demand(world, world.botId, channel, "ReadMessageHistory");
  return { body: (find(message, emoji)?.userIds ?? []).map((id) => renderUser(world, id)) };
}

function target(
  context: RestContext,
): { channel: ChannelState; message: MessageState; emoji: ReactionState["emoji"] } {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel);
  const message = world.message(channel.id, param(context, "message_id"));
  if (isThread(channel) && channel.thread.archived && context.method !== "GET") {
    throw new DiscordError("threadArchived");
  }
  const name = param(context, "emoji");
  // The guild has no emoji of its own, so `name:id` is always unknown.
  if (!EMOJI.test(name)) throw new DiscordError("unknownEmoji");
  return { channel, message, emoji: { id: null, name } };
}

/**
 * @param world where
 * @param message to which
 * @param userId who
 * @param emoji with what
 * @param on puts it there, or takes it away
 */
export function react(
  world: World,
  message: MessageState,
  userId: string,
  emoji: ReactionState["emoji"],
  on: boolean,
): void {
  let entry = find(message, emoji);
  if ((entry?.userIds.includes(userId) ?? false) === on) return;
  if (entry === undefined) message.reactions.push(entry = { emoji, userIds: [] });
  if (on) entry.userIds.push(userId);
  else entry.userIds = entry.userIds.filter((id) => id !== userId);
  message.reactions = message.reactions.filter((reaction) => reaction.userIds.length > 0);
  if (world.channels.get(message.channelId)?.thread?.archived) return world.changed();
  const member = world.members.get(userId);
  world.dispatch({
    t: on ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE",
    d: {
      user_id: userId,
      channel_id: message.channelId,
      message_id: message.id,
      guild_id: world.guild.id,
      emoji,
      burst: false,
      type: 0,
      ...(on ? { message_author_id: message.authorId, burst_colors: [] } : {}),
      ...(on && member !== undefined ? { member: renderMember(world, member) } : {}),
    },
    intent: Intent.GuildMessageReactions,
    channelId: message.channelId,
  });
}

function find(message: MessageState, emoji: ReactionState["emoji"]): ReactionState | undefined {
  return message.reactions.find((entry) => entry.emoji.name === emoji.name && entry.emoji.id === emoji.id);
}
