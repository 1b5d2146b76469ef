/** How threads are made and edited. */
import { ChannelType, GatewayIntentBits as Intent, MessageFlags, MessageType } from "discord-api-types/v10";
import { renderChannel, renderThreadMember } from "../render.ts";
import { snowflakeTime } from "../snowflake.ts";
import type { ChannelState, MessageState } from "../state.ts";
import { isThread, type ThreadChannel, type World } from "../world.ts";
import { demandRoomForThread, dispatchChannel, setThread } from "./channels.ts";
import { createMessage, dispatchMessage, type MessageDraft } from "./messages.ts";

/** A thread before it is made. */
export interface ThreadDraft {
  readonly name: string;
  readonly ownerId: string;
  readonly type?: ChannelType.PublicThread | ChannelType.PrivateThread | ChannelType.AnnouncementThread;
  readonly autoArchiveMinutes?: number;
  readonly appliedTags?: string[];
  readonly invitable?: boolean;
  readonly rateLimitPerUser?: number;
  /** The message it hangs on, whose id it takes. */
  readonly startedFrom?: MessageState;
}

/** What of a thread or channel a PATCH changes. */
export interface ChannelEdit {
  readonly name?: string;
  readonly archived?: boolean;
  readonly locked?: boolean;
  readonly invitable?: boolean;
  readonly autoArchiveMinutes?: number;
  readonly appliedTags?: string[];
  readonly rateLimitPerUser?: number;
  readonly topic?: string | null;
  readonly nsfw?: boolean;
  readonly position?: number;
  readonly parentId?: string | null;
  readonly overwrites?: ChannelState["overwrites"];
  readonly tags?: ChannelState["tags"];
  readonly flags?: number;
}

/** Three days, which Discord takes when nobody chooses. */
const DEFAULT_AUTO_ARCHIVE_MINUTES = 4320;

/**
 * @param world where
 * @param parent the forum or text channel
 * @param draft the thread
 * @param starter the first message of a forum post
 * @returns the thread, after THREAD_CREATE was dispatched
 * @throws {DiscordError} 160006
 */
export function createThread(
  world: World,
  parent: ChannelState,
  draft: ThreadDraft,
  starter?: MessageDraft,
): ThreadChannel {
  demandRoomForThread(world);
  const now = world.timestamp();
  const thread: ThreadChannel = {
    id: draft.startedFrom?.id ?? world.ids.next(),
    type: draft.type ?? ChannelType.PublicThread,
    name: draft.name,
    parentId: parent.id,
    position: 0,
    topic: null,
    nsfw: false,
    overwrites: [],
    rateLimitPerUser: draft.rateLimitPerUser ?? 0,
    lastMessageId: null,
    flags: 0,
    tags: [],
    thread: {
      ownerId: draft.ownerId,
      archived: false,
      locked: false,
      invitable: draft.invitable ?? true,
      autoArchiveMinutes: draft.autoArchiveMinutes ?? DEFAULT_AUTO_ARCHIVE_MINUTES,
      archiveTimestamp: now,
      createTimestamp: now,
      appliedTags: draft.appliedTags ?? [],
      messageCount: 0,
      totalMessageSent: 0,
      memberIds: [draft.ownerId],
    },
  };
  world.channels.set(thread.id, thread);
  if (starter !== undefined) thread.lastMessageId = parent.lastMessageId = thread.id;
  world.transcript.add("state", `thread ${thread.id} "${thread.name}" in ${parent.id}`);
  dispatchChannel(world, "THREAD_CREATE", thread, { newly_created: true });
  if (starter !== undefined) createMessage(world, thread, { ...starter, id: thread.id });
  else if (parent.type !== ChannelType.GuildForum) announceThread(world, parent, thread, draft);
  return thread;
}

/** Text channels show a new thread: by a system message, or on the message it hangs on. */
function announceThread(world: World, parent: ChannelState, thread: ThreadChannel, draft: ThreadDraft): void {
  const { startedFrom } = draft;
  if (startedFrom !== undefined) {
    startedFrom.flags |= MessageFlags.HasThread;
    dispatchMessage(world, "MESSAGE_UPDATE", startedFrom);
    createMessage(world, thread, {
      authorId: draft.ownerId,
      type: MessageType.ThreadStarterMessage,
      reference: { type: 0, channelId: parent.id, messageId: startedFrom.id },
    });
  } else if (thread.type === ChannelType.PublicThread) {
    createMessage(world, parent, {
      authorId: draft.ownerId,
      type: MessageType.ThreadCreated,
      content: thread.name,
      reference: { type: 0, channelId: thread.id },
    });
  }
}

/**
 * @param world where
 * @param channel a channel or thread
 * @param edit the new values
 * @param editorId who does it, named in the message that a renamed thread gets
 * @throws {DiscordError} 160006 when a thread is to wake and there is no room, before anything is changed
 */
export function editChannel(world: World, channel: ChannelState, edit: ChannelEdit, editorId: string): void {
  const { name, archived, locked, invitable, autoArchiveMinutes, appliedTags, ...rest } = edit;
  if (archived === false && channel.thread?.archived) demandRoomForThread(world);
  Object.assign(channel, rest);
  const renamed = name !== undefined && name !== channel.name;
  if (renamed) channel.name = name;
  if (!isThread(channel)) return dispatchChannel(world, "CHANNEL_UPDATE", channel);
  setThread(world, channel, {
    ...(archived === undefined ? {} : { archived }),
    ...(locked === undefined ? {} : { locked }),
    ...(invitable === undefined ? {} : { invitable }),
    ...(autoArchiveMinutes === undefined ? {} : { autoArchiveMinutes }),
    ...(appliedTags === undefined ? {} : { appliedTags }),
  });
  if (renamed && !channel.thread.archived) {
    createMessage(world, channel, { authorId: editorId, type: MessageType.ChannelNameChange, content: name });
  }
}

/**
 * @param world where
 * @param userId whose memberships are listed
 * @param threads the threads
 * @returns a list as the thread list endpoints and GUILD_CREATE give it
 */
export function threadMembers(world: World, userId: string, threads: ThreadChannel[]): unknown[] {
  return threads.filter(({ thread }) => world.users.has(userId) && thread.memberIds.includes(userId))
    .map(({ id, thread }) => renderThreadMember(id, userId, thread));
}

/**
 * Archives threads in which nothing was said for their auto-archive duration.
 *
 * @see https://docs.discord.com/developers/topics/threads#active--archived-threads
 * @param world where
 */
export function archiveIdle(world: World): void {
  const now = world.clock.now();
  for (const channel of world.threadsOf()) {
    const { archived, autoArchiveMinutes, archiveTimestamp } = channel.thread;
    const last = Math.max(
      Date.parse(archiveTimestamp),
      channel.lastMessageId === null ? 0 : snowflakeTime(channel.lastMessageId),
    );
    if (!archived && now - last >= autoArchiveMinutes * 60_000) setThread(world, channel, { archived: true });
  }
}

/**
 * Tells sessions about the active threads of a channel which they may see now.
 *
 * @see https://docs.discord.com/developers/events/gateway-events#thread-list-sync
 * @param world where
 * @param channelId the threads' parent
 */
export function syncThreads(world: World, channelId: string): void {
  const threads = world.threadsOf(channelId).filter(({ thread }) => !thread.archived);
  world.dispatch({
    t: "THREAD_LIST_SYNC",
    d: {
      guild_id: world.guild.id,
      channel_ids: [channelId],
      threads: threads.map((thread) => renderChannel(world, thread)),
      members: threadMembers(world, world.botId, threads),
    },
    intent: Intent.Guilds,
    channelId,
  });
}
