/** @see https://docs.discord.com/developers/resources/webhook */
import { ChannelType, GatewayIntentBits as Intent } from "discord-api-types/v10";
import { createMessage, deleteMessages, editMessage } from "../actions/messages.ts";
import { createThread } from "../actions/threads.ts";
import { DiscordError } from "../errors.ts";
import type { Form } from "../http/form.ts";
import { demand } from "../permissions.ts";
import { renderMessage, renderWebhook } from "../render.ts";
import type { ChannelState, MessageState, WebhookState } from "../state.ts";
import { isThread, type World } from "../world.ts";
import { demandGuild } from "./guilds.ts";
import { followUp, interactionByToken, onResponse } from "./interactions.ts";
import { isEmpty, readMessageParts } from "./message_body.ts";
import { demandTitle } from "./threads.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

const MAX_NAME = 80;
const MAX_PER_CHANNEL = 15;
/**
 * "A webhook name is valid if it does not contain the substrings clyde or discord" and follows the rules for names of users.
 *
 * @see https://docs.discord.com/developers/resources/webhook#create-webhook
 * @see https://docs.discord.com/developers/resources/user#usernames-and-nicknames
 */
const FORBIDDEN_PART = /clyde|discord|[@#:]|```/i;
const FORBIDDEN_NAME = /^(?:everyone|here)$/i;

/** Routes of webhooks, those of an interaction's token included. */
export const webhookRoutes: readonly Route[] = [
  route("POST", "/channels/:channel_id/webhooks", create),
  route("GET", "/channels/:channel_id/webhooks", listOfChannel),
  route("GET", "/guilds/:guild_id/webhooks", listOfGuild),
  route("GET", "/webhooks/:webhook_id", get),
  route("PATCH", "/webhooks/:webhook_id", modify),
  route("DELETE", "/webhooks/:webhook_id", remove),
  route("GET", "/webhooks/:webhook_id/:webhook_token", get, { open: true }),
  route("DELETE", "/webhooks/:webhook_id/:webhook_token", remove, { open: true }),
  route("POST", "/webhooks/:webhook_id/:webhook_token", execute, { open: true }),
  ...["GET", "PATCH", "DELETE"].flatMap((method) => [
    route(method, "/webhooks/:webhook_id/:webhook_token/messages/@original", onMessage, { open: true }),
    route(method, "/webhooks/:webhook_id/:webhook_token/messages/:message_id", onMessage, { open: true }),
  ]),
];

function create(context: RestContext): RestReply {
  const { world, form } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel, "ManageWebhooks");
  if (isThread(channel)) throw new DiscordError("wrongChannelType");
  const name = readName(context);
  form.check();
  if (webhooksOf(world, channel.id).length >= MAX_PER_CHANNEL) throw new DiscordError("tooManyWebhooks");
  const webhook: WebhookState = {
    id: world.ids.next(),
    channelId: channel.id,
    name: name ?? "",
    avatar: null,
    token: `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll("-", ""),
    applicationId: world.applicationId,
    creatorId: world.botId,
  };
  world.webhooks.set(webhook.id, webhook);
  announce(world, channel.id);
  return { body: renderWebhook(world, webhook) };
}

function readName({ form }: RestContext, required = true): string | undefined {
  const name = form.text("name", { min: 1, max: MAX_NAME, required });
  checkName(form, "name", name);
  return name?.trim();
}

function checkName(form: Form, key: string, name: string | undefined): void {
  const [part] = FORBIDDEN_PART.exec(name ?? "") ?? [];
  if (part !== undefined) form.fail(key, "USERNAME_INVALID_CONTAINS", `Username cannot contain "${part}"`);
  const [word] = FORBIDDEN_NAME.exec(name?.trim() ?? "") ?? [];
  if (word !== undefined) form.fail(key, "USERNAME_INVALID_RESERVED", `Username cannot be "${word}"`);
}

function listOfChannel(context: RestContext): RestReply {
  const { world } = context;
  const channel = world.channel(param(context, "channel_id"));
  demand(world, world.botId, channel, "ManageWebhooks");
  return { body: webhooksOf(world, channel.id).map((webhook) => renderWebhook(world, webhook)) };
}

function listOfGuild(context: RestContext): RestReply {
  demandGuild(context);
  const { world } = context;
  return { body: [...world.webhooks.values()].map((webhook) => renderWebhook(world, webhook)) };
}

function get(context: RestContext): RestReply {
  return { body: renderWebhook(context.world, find(context)) };
}

function modify(context: RestContext): RestReply {
  const { world, form } = context;
  const webhook = find(context);
  const name = readName(context, false);
  const channelId = form.snowflake("channel_id");
  form.check();
  if (name !== undefined) webhook.name = name;
  if (channelId !== undefined) webhook.channelId = world.channel(channelId).id;
  announce(world, webhook.channelId);
  return { body: renderWebhook(world, webhook) };
}

function remove(context: RestContext): RestReply {
  const webhook = find(context);
  context.world.webhooks.delete(webhook.id);
  announce(context.world, webhook.channelId);
  return {};
}

/** By its token, or by the bot's right to manage webhooks. */
function find(context: RestContext): WebhookState {
  const { world, params } = context;
  const webhook = world.webhooks.get(param(context, "webhook_id"));
  if (webhook === undefined) throw new DiscordError("unknownWebhook");
  const token = params["webhook_token"];
  if (token === undefined) demand(world, world.botId, world.channel(webhook.channelId), "ManageWebhooks");
  else if (token !== webhook.token) throw new DiscordError("invalidWebhookToken");
  return webhook;
}

function execute(context: RestContext): RestReply {
  const { world, form, files, query } = context;
  if (param(context, "webhook_id") === world.applicationId) {
    return followUp(context, interactionByToken(world, param(context, "webhook_token")));
  }
  const webhook = find(context);
  const parts = readMessageParts(world, form, files);
  const name = form.text("username", { min: 1, max: MAX_NAME });
  checkName(form, "username", name);
  const avatar = form.text("avatar_url", { max: 2048 });
  const threadName = form.text("thread_name", { min: 1, max: 100 });
  form.check();
  if (isEmpty(parts)) throw new DiscordError("emptyMessage");
  const draft = {
    ...parts,
    authorId: webhook.id,
    webhook: {
      id: webhook.id,
      name: name ?? webhook.name,
      avatar: avatar ?? webhook.avatar,
      applicationId: webhook.applicationId,
    },
  };
  const channel = destination(context, webhook);
  let message: MessageState;
  if (threadName !== undefined && isThread(channel)) throw new DiscordError("webhookThreadTwice");
  if (channel.type === ChannelType.GuildForum) {
    if (threadName === undefined) throw new DiscordError("webhookNeedsThread");
    demandTitle(world, threadName);
    const thread = createThread(world, channel, { name: threadName, ownerId: webhook.id }, draft);
    message = world.message(thread.id, thread.id);
  } else {
    if (threadName !== undefined) throw new DiscordError("webhookNoForum");
    if (isThread(channel) && channel.thread.locked) throw new DiscordError("threadLocked");
    message = createMessage(world, channel, draft);
  }
  // Without `wait` the answer says nothing, not even that it failed.
  return query.get("wait") === "true" ? { body: renderMessage(world, message) } : {};
}

function destination({ world, query }: RestContext, webhook: WebhookState): ChannelState {
  const threadId = query.get("thread_id");
  if (threadId === null) return world.channel(webhook.channelId);
  const thread = world.thread(threadId);
  if (thread.parentId !== webhook.channelId) throw new DiscordError("unknownChannel");
  return thread;
}

function onMessage(context: RestContext): RestReply {
  const { world, form, files, method, params } = context;
  const id = params["message_id"] ?? "@original";
  if (param(context, "webhook_id") === world.applicationId) {
    return onResponse(context, interactionByToken(world, param(context, "webhook_token")), id);
  }
  const webhook = find(context);
  const channel = destination(context, webhook);
  const message = world.message(channel.id, id);
  if (message.webhook?.id !== webhook.id) throw new DiscordError("unknownMessage");
  if (method === "DELETE") {
    deleteMessages(world, channel, [message.id]);
    return {};
  }
  if (method === "PATCH") {
    if (isThread(channel) && channel.thread.archived) throw new DiscordError("threadArchived");
    const parts = readMessageParts(world, form, files, message.attachments);
    if (isEmpty({ ...message, ...parts })) throw new DiscordError("emptyMessage");
    editMessage(world, message, parts);
  }
  return { body: renderMessage(world, message) };
}

function webhooksOf(world: World, channelId: string): WebhookState[] {
  return [...world.webhooks.values()].filter((webhook) => webhook.channelId === channelId);
}

function announce(world: World, channelId: string): void {
  world.dispatch({
    t: "WEBHOOKS_UPDATE",
    d: { guild_id: world.guild.id, channel_id: channelId },
    intent: Intent.GuildWebhooks,
    channelId,
  });
}
