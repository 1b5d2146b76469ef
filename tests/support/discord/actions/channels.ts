/** What happens to channels, threads being channels, too. */
import { GatewayIntentBits as Intent } from "discord-api-types/v10";
import { DiscordError } from "../errors.ts";
import { renderChannel, renderMember } from "../render.ts";
import type { ChannelState, ThreadState } from "../state.ts";
import { isThread, type ThreadChannel, type World } from "../world.ts";

/**
 * A guild has a limited number of active threads, however one more becomes active: "guilds are capped at a certain number of active
 * threads", and waking is "changing a thread from archived -> active".
 *
 * @see https://docs.discord.com/developers/topics/threads#active--archived-threads
 * @param world where
 * @throws {DiscordError} 160006 when the guild has as many active threads as it may have
 */
export function demandRoomForThread(world: World): void {
  if (world.activeThreads >= world.limits.activeThreads) throw new DiscordError("tooManyActiveThreads");
}

/**
 * @param world where
 * @param channel a thread
 * @param change the new values
 * @throws {DiscordError} 160006 when it is to wake and there is no room, before anything is changed
 */
export function setThread(world: World, channel: ThreadChannel, change: Partial<ThreadState>): void {
  const { thread } = channel;
  if (change.archived === false && thread.archived) demandRoomForThread(world);
  if (change.archived !== undefined && change.archived !== thread.archived) {
    thread.archiveTimestamp = world.timestamp();
    world.transcript.add("state", `thread ${channel.id} ${change.archived ? "archived" : "woken"}`);
  }
  Object.assign(thread, change);
  dispatchChannel(world, "THREAD_UPDATE", channel);
}

/**
 * @param world where
 * @param channel what goes, with its threads, messages and webhooks
 */
export function deleteChannel(world: World, channel: ChannelState): void {
  world.channels.delete(channel.id);
  world.messages.delete(channel.id);
  for (const webhook of world.webhooks.values()) {
    if (webhook.channelId === channel.id) world.webhooks.delete(webhook.id);
  }
  world.transcript.add("state", `channel ${channel.id} deleted`);
  if (isThread(channel)) {
    const { id, type, parentId } = channel;
    const parent = parentId ?? "";
    world.dispatch({
      t: "THREAD_DELETE",
      d: { id, guild_id: world.guild.id, parent_id: parentId, type },
      intent: Intent.Guilds,
      channelId: parent,
    });
    return;
  }
  for (const thread of world.threadsOf(channel.id)) {
    world.channels.delete(thread.id);
    world.messages.delete(thread.id);
  }
  world.dispatch({ t: "CHANNEL_DELETE", d: renderChannel(world, channel), intent: Intent.Guilds });
}

/**
 * @param world where
 * @param t THREAD_CREATE, THREAD_UPDATE, CHANNEL_CREATE or CHANNEL_UPDATE
 * @param channel the channel or thread
 * @param extra fields besides the channel's
 */
export function dispatchChannel(world: World, t: string, channel: ChannelState, extra: object = {}): void {
  world.dispatch({
    t,
    d: { ...renderChannel(world, channel), ...extra },
    intent: Intent.Guilds,
    channelId: channel.id,
  });
}

/**
 * @param world where
 * @param channel in which channel or thread
 * @param userId who begins to write
 */
export function startTyping(world: World, channel: ChannelState, userId: string): void {
  if (channel.thread?.archived) return;
  const member = world.members.get(userId);
  world.dispatch({
    t: "TYPING_START",
    d: {
      channel_id: channel.id,
      guild_id: world.guild.id,
      user_id: userId,
      timestamp: Math.floor(world.clock.now() / 1000),
      ...(member === undefined ? {} : { member: renderMember(world, member) }),
    },
    intent: Intent.GuildMessageTyping,
    channelId: channel.id,
  });
}
