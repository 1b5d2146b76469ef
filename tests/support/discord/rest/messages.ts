/** @see https://docs.discord.com/developers/resources/message */
import { ChannelType, MessageReferenceType } from "discord-api-types/v10";
import { createMessage, deleteMessages, editMessage } from "../actions/messages.ts";
import { DiscordError } from "../errors.ts";
import { withContentPrivilege } from "../gateway/intents.ts";
import { Form } from "../http/form.ts";
import { demand, may, talkPermission } from "../permissions.ts";
import { renderMessage } from "../render.ts";
import { compareSnowflakes, snowflakeTime } from "../snowflake.ts";
import type { ChannelState, MessageState } from "../state.ts";
import { isThread, type World } from "../world.ts";
import { isEmpty, readMessageParts } from "./message_body.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

/** "Past few minutes", in which a nonce is remembered. */
export const NONCE_WINDOW_MS = 5 * 60_000;
const MAX_NONCE = 25;
const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;
const BULK_DELETE_AGE_MS = 14 * 24 * 60 * 60_000;
/** Message types a person wrote and may reply to: default, reply, command, context menu. */
const WRITTEN_TYPES = [0, 19, 20, 23];

/** Routes of messages. */
export const messageRoutes: readonly Route[] = [
  route("GET", "/channels/:channel_id/messages", list),
  route("GET", "/channels/:channel_id/messages/:message_id", get),
  route("POST", "/channels/:channel_id/messages", send),
  route("PATCH", "/channels/:channel_id/messages/:message_id", edit),
  route("DELETE", "/channels/:channel_id/messages/:message_id", remove),
  route("POST", "/channels/:channel_id/messages/bulk-delete", bulkDelete),
];

/**
 * REST hides text from applications without the privilege, whatever intents they identified with.
 *
 * @param world where
 * @param message which
 * @returns the message object as the bot may see it
 */
export function messageForBot(world: World, message: MessageState): unknown {
  return withContentPrivilege(world, world.privileged.messageContent, message, renderMessage(world, message));
}

function list(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel);
  const page = new Form(Object.fromEntries(context.query));
  const limit = page.integer("limit", { min: 1, max: MAX_PAGE }) ?? DEFAULT_PAGE;
  const [before, after, around] = ["before", "after", "around"].map((key) => page.snowflake(key));
  page.check();
  if (!may(world, world.botId, channel, "ReadMessageHistory")) return { body: [] };
  const all = [...world.messagesOf(channel.id).values()];
  return {
    body: pageOf(all, limit, { before, after, around }).reverse().map((item) => messageForBot(world, item)),
  };
}

/** Oldest first; Discord answers the reverse. */
function pageOf(
  all: MessageState[],
  limit: number,
  { before, after, around }: {
    before: string | undefined;
    after: string | undefined;
    around: string | undefined;
  },
): MessageState[] {
  if (around !== undefined) {
    const older = all.filter(({ id }) => compareSnowflakes(id, around) < 0).slice(-Math.floor(limit / 2));
    const rest = all.filter(({ id }) => compareSnowflakes(id, around) >= 0);
    return [...older, ...rest.slice(0, limit - older.length)];
  }
  if (after !== undefined) return all.filter(({ id }) => compareSnowflakes(id, after) > 0).slice(0, limit);
  if (before !== undefined) return all.filter(({ id }) => compareSnowflakes(id, before) < 0).slice(-limit);
  return all.slice(-limit);
}

function get(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel, "ReadMessageHistory");
  return { body: messageForBot(world, world.message(channel.id, param(context, "message_id"))) };
}

function send(context: RestContext): RestReply {
  const { world, form, files } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel);
  if (channel.type === ChannelType.GuildForum) throw new DiscordError("notInForums");
  if (channel.type === ChannelType.GuildCategory) throw new DiscordError("cannotSendHere");
  demand(world, world.botId, channel, talkPermission(channel));
  const nonce = readNonce(form);
  const enforced = form.boolean("enforce_nonce") ?? false;
  form.check();
  if (enforced && nonce !== undefined) {
    const earlier = earlierMessage(world, nonce);
    if (earlier !== undefined) {
      world.transcript.add("state", `nonce ${nonce} was used: message ${earlier.id} answered again`);
      return { body: renderMessage(world, earlier) };
    }
  }
  const parts = readMessageParts(world, form, files);
  const reference = readReference(world, form, channel);
  if (reference?.type !== MessageReferenceType.Forward && isEmpty(parts)) {
    throw new DiscordError("emptyMessage");
  }
  if (reference !== undefined && !may(world, world.botId, channel, "ReadMessageHistory")) {
    throw new DiscordError("cannotReplyBlindly");
  }
  if ((parts.attachments ?? []).length > 0) demand(world, world.botId, channel, "AttachFiles");
  demandOpenThread(world, channel);
  const message = createMessage(world, channel, {
    ...parts,
    authorId: world.botId,
    ...(nonce === undefined ? {} : { nonce }),
    ...(reference === undefined ? {} : { reference }),
  });
  return { body: renderMessage(world, message) };
}

function readNonce(form: Form): string | number | undefined {
  const nonce = form.raw("nonce");
  if (nonce === undefined || nonce === null) return undefined;
  if (typeof nonce !== "string" && typeof nonce !== "number") {
    form.fail("nonce", "NONCE_TYPE", "Nonce must be a string or an integer");
    return undefined;
  }
  if (String(nonce).length > MAX_NONCE) {
    form.fail("nonce", "BASE_TYPE_MAX_LENGTH", `Must be ${MAX_NONCE} or fewer in length.`);
  }
  return nonce;
}

/**
 * By author, not by channel: a nonce used elsewhere swallows the message. One that was deleted meanwhile is not made
 * again but answered as unknown, as Discord's people say is meant (discord/discord-api-docs pull request 6647).
 */
function earlierMessage(world: World, nonce: string | number): MessageState | undefined {
  const message = world.nonces.get(`${world.botId} ${nonce}`);
  if (message === undefined || Date.parse(message.timestamp) < world.clock.now() - NONCE_WINDOW_MS) {
    return undefined;
  }
  return world.message(message.channelId, message.id);
}

/**
 * @param world where
 * @param form the message
 * @param channel where it goes
 * @returns what it answers or forwards
 * @throws {DiscordError} 50035
 */
export function readReference(world: World, form: Form, channel: ChannelState): MessageState["reference"] {
  if (!form.has("message_reference")) return undefined;
  const part = form.part("message_reference");
  const messageId = part.snowflake("message_id");
  const type = part.choice("type", [MessageReferenceType.Default, MessageReferenceType.Forward]) ??
    MessageReferenceType.Default;
  const channelId = part.snowflake("channel_id") ?? channel.id;
  const must = part.boolean("fail_if_not_exists") ?? true;
  if (messageId === undefined) part.fail("message_id", "BASE_TYPE_REQUIRED", "This field is required");
  form.check();
  const target = world.messages.get(channelId)?.get(messageId ?? "");
  if (target === undefined) {
    if (!must && type === MessageReferenceType.Default) return undefined;
    form.fail("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message");
  } else if (type === MessageReferenceType.Default) {
    if (channelId !== channel.id) {
      form.fail(
        "message_reference",
        "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL",
        "Cannot reply to a message in a different channel",
      );
    } else if (!WRITTEN_TYPES.includes(target.type)) {
      form.fail(
        "message_reference",
        "REPLIES_CANNOT_REFERENCE_SYSTEM_MESSAGE",
        "Cannot reply to a system message",
      );
    }
  }
  form.check();
  return { type, channelId, messageId: messageId ?? "" };
}

/**
 * @param world where
 * @param channel a channel or thread the bot wants to write in
 * @throws {DiscordError} 160005 when it is locked and the bot may not manage threads
 */
export function demandOpenThread(world: World, channel: ChannelState): void {
  if (!isThread(channel)) return;
  if (channel.thread.locked && !may(world, world.botId, channel, "ManageThreads")) {
    throw new DiscordError("threadLocked");
  }
}

function edit(context: RestContext): RestReply {
  const { world, form, files } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel);
  const message = world.message(channel.id, param(context, "message_id"));
  if (message.authorId !== world.botId || message.webhook !== undefined) {
    throw new DiscordError("notTheAuthor");
  }
  if (!WRITTEN_TYPES.includes(message.type)) throw new DiscordError("systemMessage");
  if (isThread(channel) && channel.thread.archived) throw new DiscordError("threadArchived");
  const parts = readMessageParts(world, form, files, message.attachments);
  if (isEmpty({ ...message, ...parts })) throw new DiscordError("emptyMessage");
  editMessage(world, message, parts);
  return { body: renderMessage(world, message) };
}

function remove(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel);
  const message = world.message(channel.id, param(context, "message_id"));
  if (message.authorId !== world.botId) demand(world, world.botId, channel, "ManageMessages");
  if (message.type === 21) throw new DiscordError("systemMessage");
  deleteMessages(world, channel, [message.id]);
  return {};
}

function bulkDelete(context: RestContext): RestReply {
  const { world, form } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel, "ManageMessages");
  const ids = (form.list("messages", MAX_PAGE) ?? []).map(String);
  form.check();
  if (ids.length < 2) throw new DiscordError("bulkDeleteCount");
  const oldest = world.clock.now() - BULK_DELETE_AGE_MS;
  if (ids.some((id) => snowflakeTime(id) < oldest)) throw new DiscordError("tooOldToBulkDelete");
  deleteMessages(world, channel, ids, true);
  return {};
}
