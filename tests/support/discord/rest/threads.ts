/** @see https://docs.discord.com/developers/topics/threads */
import { ChannelFlags, ChannelType } from "discord-api-types/v10";
import { createThread, type ThreadDraft, threadMembers } from "../actions/threads.ts";
import { DiscordError } from "../errors.ts";
import { Form } from "../http/form.ts";
import { canSee, demand, may } from "../permissions.ts";
import { renderChannel } from "../render.ts";
import type { ChannelState, MessageState } from "../state.ts";
import type { ThreadChannel, World } from "../world.ts";
import { demandGuild } from "./guilds.ts";
import { isEmpty, readMessageParts } from "./message_body.ts";
import { messageForBot } from "./messages.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

/** Minutes after which an idle thread may archive itself. */
export const THREAD_DURATIONS = [60, 1440, 4320, 10080] as const;
const MAX_NAME = 100;
const MAX_APPLIED_TAGS = 5;
const MAX_SLOWMODE_S = 21_600;
const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;

/** Routes that make and list threads. */
export const threadRoutes: readonly Route[] = [
  route("POST", "/channels/:channel_id/threads", create),
  route("POST", "/channels/:channel_id/messages/:message_id/threads", createFromMessage),
  route("GET", "/channels/:channel_id/threads/archived/public", listArchived),
  route("GET", "/channels/:channel_id/threads/archived/private", listArchived),
  route("GET", "/guilds/:guild_id/threads/active", listActive),
  route("PUT", "/channels/:channel_id/thread-members/@me", join),
  route("DELETE", "/channels/:channel_id/thread-members/@me", leave),
];

/**
 * @param form a thread
 * @param parent its forum
 * @returns the tags to apply, if it names any
 */
export function readAppliedTags(form: Form, parent: ChannelState): string[] | undefined {
  const tags = form.list("applied_tags", MAX_APPLIED_TAGS)?.map(String);
  for (const [index, id] of (tags ?? []).entries()) {
    if (!parent.tags.some((tag) => tag.id === id)) {
      form.fail(
        `applied_tags.${index}`,
        "FORUM_TAG_INVALID",
        `Tag with id ${id} does not exist in this channel.`,
      );
    }
  }
  return tags;
}

/**
 * @param world whose AutoMod looks at it
 * @param name of a thread
 * @throws {DiscordError} 200001 when it holds a blocked word
 */
export function demandTitle(world: World, name: string): void {
  if (world.isBlocked(name)) throw new DiscordError("titleBlockedByAutomod");
}

function create(context: RestContext): RestReply {
  const { world, form } = context;
  const parent = world.channel(param(context, "channel_id"));
  demand(world, world.botId, parent);
  if (parent.type === ChannelType.GuildForum) return createPost(context, parent);
  if (parent.type !== ChannelType.GuildText && parent.type !== ChannelType.GuildAnnouncement) {
    throw new DiscordError("wrongChannelType");
  }
  const draft = readDraft(world, form);
  const type = form.choice("type", [
    ChannelType.AnnouncementThread,
    ChannelType.PublicThread,
    ChannelType.PrivateThread,
  ]) ??
    ChannelType.PrivateThread; // Documented default, for old times' sake.
  form.check();
  demandTitle(world, draft.name);
  const isPrivate = type === ChannelType.PrivateThread;
  demand(world, world.botId, parent, isPrivate ? "CreatePrivateThreads" : "CreatePublicThreads");
  return { status: 201, body: renderChannel(world, createThread(world, parent, { ...draft, type })) };
}

function createPost({ world, form, files }: RestContext, forum: ChannelState): RestReply {
  demand(world, world.botId, forum, "SendMessages");
  const draft = readDraft(world, form);
  const appliedTags = readAppliedTags(form, forum) ?? [];
  if (!form.has("message")) form.fail("message", "BASE_TYPE_REQUIRED", "This field is required");
  form.check();
  demandTitle(world, draft.name);
  const needsTag = (forum.flags & ChannelFlags.RequireTag) !== 0;
  if (needsTag && appliedTags.length === 0) throw new DiscordError("tagRequired");
  const parts = readMessageParts(world, form.part("message"), files);
  if (isEmpty(parts)) throw new DiscordError("emptyMessage");
  if ((parts.attachments ?? []).length > 0) demand(world, world.botId, forum, "AttachFiles");
  const thread = createThread(world, forum, { ...draft, appliedTags }, { ...parts, authorId: world.botId });
  const starter = world.message(thread.id, thread.id);
  return { status: 201, body: { ...renderChannel(world, thread), message: messageForBot(world, starter) } };
}

function createFromMessage(context: RestContext): RestReply {
  const { world, form } = context;
  const parent = world.channel(param(context, "channel_id"));
  demand(world, world.botId, parent);
  if (parent.type !== ChannelType.GuildText && parent.type !== ChannelType.GuildAnnouncement) {
    throw new DiscordError("wrongChannelType");
  }
  demand(world, world.botId, parent, "CreatePublicThreads", "ReadMessageHistory");
  const startedFrom: MessageState = world.message(parent.id, param(context, "message_id"));
  const draft = readDraft(world, form);
  form.check();
  demandTitle(world, draft.name);
  if (world.channels.has(startedFrom.id)) throw new DiscordError("alreadyHasThread");
  return { status: 201, body: renderChannel(world, createThread(world, parent, { ...draft, startedFrom })) };
}

function readDraft(world: World, form: Form): ThreadDraft {
  const name = form.text("name", { min: 1, max: MAX_NAME, required: true });
  const autoArchiveMinutes = form.choice("auto_archive_duration", THREAD_DURATIONS);
  const rateLimitPerUser = form.integer("rate_limit_per_user", { min: 0, max: MAX_SLOWMODE_S });
  const invitable = form.boolean("invitable");
  return {
    name: (name ?? "").trim(),
    ownerId: world.botId,
    ...(autoArchiveMinutes === undefined ? {} : { autoArchiveMinutes }),
    ...(rateLimitPerUser === undefined ? {} : { rateLimitPerUser }),
    ...(invitable === undefined ? {} : { invitable }),
  };
}

function listArchived(context: RestContext): RestReply {
  const { world, route: template } = context;
  const parent = world.channel(param(context, "channel_id"));
  demand(world, world.botId, parent, "ReadMessageHistory");
  const isPrivate = template.endsWith("/private");
  if (isPrivate) demand(world, world.botId, parent, "ManageThreads");
  const page = new Form(Object.fromEntries(context.query));
  const limit = page.integer("limit", { min: 2, max: MAX_PAGE }) ?? DEFAULT_PAGE;
  const before = Date.parse(context.query.get("before") ?? "");
  page.check();
  const matching = world.threadsOf(parent.id)
    .filter(({ thread, type }) => thread.archived && (type === ChannelType.PrivateThread) === isPrivate)
    .filter(({ thread }) => Number.isNaN(before) || Date.parse(thread.archiveTimestamp) < before)
    .sort((left, right) =>
      Date.parse(right.thread.archiveTimestamp) - Date.parse(left.thread.archiveTimestamp)
    );
  return { body: { ...threadList(world, matching.slice(0, limit)), has_more: matching.length > limit } };
}

function listActive(context: RestContext): RestReply {
  const { world } = context;
  demandGuild(context);
  const active = world.threadsOf()
    .filter((channel) => !channel.thread.archived && canSee(world, world.botId, channel));
  return { body: threadList(world, active.reverse()) };
}

function threadList(world: World, threads: ThreadChannel[]): Record<string, unknown> {
  return {
    threads: threads.map((thread) => renderChannel(world, thread)),
    members: threadMembers(world, world.botId, threads),
  };
}

function join(context: RestContext): RestReply {
  return setMembership(context, true);
}

function leave(context: RestContext): RestReply {
  return setMembership(context, false);
}

function setMembership(context: RestContext, member: boolean): RestReply {
  const { world } = context;
  const channel = world.thread(param(context, "channel_id"));
  demand(world, world.botId, channel);
  if (channel.thread.archived) throw new DiscordError("threadArchived");
  if (
    channel.type === ChannelType.PrivateThread && member && !may(world, world.botId, channel, "ManageThreads")
  ) {
    throw new DiscordError("missingAccess");
  }
  const others = channel.thread.memberIds.filter((id) => id !== world.botId);
  channel.thread.memberIds = member ? [...others, world.botId] : others;
  world.changed();
  return {};
}
