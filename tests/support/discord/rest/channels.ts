/** @see https://docs.discord.com/developers/resources/channel */
import { ChannelType } from "discord-api-types/v10";
import { deleteChannel, startTyping } from "../actions/channels.ts";
import { type ChannelEdit, editChannel } from "../actions/threads.ts";
import { DiscordError } from "../errors.ts";
import { demand, may, talkPermission } from "../permissions.ts";
import { renderChannel } from "../render.ts";
import type { ChannelState, TagState } from "../state.ts";
import { isThread, type ThreadChannel, type World } from "../world.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";
import { demandTitle, readAppliedTags, THREAD_DURATIONS } from "./threads.ts";

const MAX_NAME = 100;
const MAX_TOPIC = 1024;
const MAX_FORUM_TOPIC = 4096;
const MAX_SLOWMODE_S = 21_600;
const MAX_TAGS = 20;
const MAX_TAG_NAME = 20;

/** Routes of channels, threads being channels, too. */
export const channelRoutes: readonly Route[] = [
  route("GET", "/channels/:channel_id", get),
  route("PATCH", "/channels/:channel_id", edit),
  route("DELETE", "/channels/:channel_id", remove),
  route("POST", "/channels/:channel_id/typing", typing),
];

function get(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel);
  return { body: renderChannel(world, channel) };
}

function edit(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel);
  const change = isThread(channel) ? readThreadEdit(context, channel) : readChannelEdit(context, channel);
  editChannel(world, channel, change, world.botId);
  return { body: renderChannel(world, channel) };
}

function readThreadEdit({ world, form }: RestContext, channel: ThreadChannel): ChannelEdit {
  const name = form.text("name", { min: 1, max: MAX_NAME });
  const archived = form.boolean("archived");
  const locked = form.boolean("locked");
  const invitable = form.boolean("invitable");
  const autoArchiveMinutes = form.choice("auto_archive_duration", THREAD_DURATIONS);
  const rateLimitPerUser = form.integer("rate_limit_per_user", { min: 0, max: MAX_SLOWMODE_S });
  const flags = form.integer("flags", { min: 0, max: 2 ** 31 - 1 });
  const parent = world.channels.get(channel.parentId ?? "");
  const appliedTags = parent === undefined ? undefined : readAppliedTags(form, parent);
  form.check();
  demandThreadEdit(world, channel, {
    onlyWakes: archived === false &&
      [name, locked, invitable, autoArchiveMinutes, rateLimitPerUser, appliedTags].every((value) =>
        value === undefined
      ),
    moderates: [rateLimitPerUser, flags, locked].some((value) => value !== undefined),
  });
  if (channel.thread.archived && archived !== false) throw new DiscordError("threadArchived");
  if (name !== undefined) demandTitle(world, name);
  return {
    ...(name === undefined ? {} : { name: name.trim() }),
    ...(archived === undefined ? {} : { archived }),
    ...(locked === undefined ? {} : { locked }),
    ...(invitable === undefined ? {} : { invitable }),
    ...(autoArchiveMinutes === undefined ? {} : { autoArchiveMinutes }),
    ...(rateLimitPerUser === undefined ? {} : { rateLimitPerUser }),
    ...(flags === undefined ? {} : { flags }),
    ...(appliedTags === undefined ? {} : { appliedTags }),
  };
}

/**
 * Waking needs the right to talk, the maker of a thread may edit it, everything else is moderation: "Editing a thread to change
 * `rate_limit_per_user` or `locked` requires `MANAGE_THREADS`". Where the two pages differ, as on a maker who wakes a locked thread, the
 * stricter one holds.
 *
 * @see https://docs.discord.com/developers/topics/threads#editing--deleting-threads
 * @see https://docs.discord.com/developers/resources/channel#modify-channel-json-params-thread
 */
function demandThreadEdit(
  world: World,
  channel: ThreadChannel,
  { onlyWakes, moderates }: { onlyWakes: boolean; moderates: boolean },
): void {
  const { botId } = world;
  if (may(world, botId, channel, "ManageThreads")) return;
  if (channel.thread.locked) throw new DiscordError("threadLocked");
  if (onlyWakes) return demand(world, botId, channel, talkPermission(channel));
  if (moderates || channel.thread.ownerId !== botId) throw new DiscordError("missingPermissions");
}

function readChannelEdit({ world, form }: RestContext, channel: ChannelState): ChannelEdit {
  demand(world, world.botId, channel, "ManageChannels");
  const isForum = channel.type === ChannelType.GuildForum;
  const name = form.text("name", { min: 1, max: MAX_NAME });
  const topic = form.text("topic", { max: isForum ? MAX_FORUM_TOPIC : MAX_TOPIC });
  const rateLimitPerUser = form.integer("rate_limit_per_user", { min: 0, max: MAX_SLOWMODE_S });
  const tags = isForum ? form.list("available_tags", MAX_TAGS) : undefined;
  for (const [index, tag] of (tags ?? []).entries()) {
    const length = (tag as { name?: string }).name?.length ?? 0;
    if (length < 1 || length > MAX_TAG_NAME) {
      form.fail(
        `available_tags.${index}.name`,
        "BASE_TYPE_BAD_LENGTH",
        `Must be between 1 and ${MAX_TAG_NAME} in length.`,
      );
    }
  }
  form.check();
  return {
    ...(name === undefined ? {} : { name }),
    ...(form.raw("topic") === undefined ? {} : { topic: topic ?? null }),
    ...(rateLimitPerUser === undefined ? {} : { rateLimitPerUser }),
    ...(tags === undefined ? {} : { tags: tags.map((tag) => readTag(world, tag)) }),
  };
}

function readTag(world: World, tag: unknown): TagState {
  const { id, name, moderated } = tag as { id?: string | null; name: string; moderated?: boolean };
  return { id: id ?? world.ids.next(), name, moderated: moderated ?? false };
}

function remove(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel, isThread(channel) ? "ManageThreads" : "ManageChannels");
  const body = renderChannel(world, channel);
  deleteChannel(world, channel);
  return { body };
}

function typing(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel, talkPermission(channel));
  startTyping(world, channel, world.botId);
  return {};
}
