import type { DiscordChannel, DiscordMessage, DiscordRest, NewMessage, NewThread } from "./ports.ts";
import { object, objects, optionalId, type Payload, readChannel, readMessage, text } from "./payloads.ts";
import { RestCaller, type RestCallerOptions } from "./rest_manager.ts";
import { compareSnowflakes, type Snowflake } from "./snowflake.ts";

/** Nobody is ever pinged: on every create and on every edit, which would parse again by default (X1). */
const NO_MENTIONS = { parse: [] };

/** A week, the longest: minutes without a message after which Discord archives a thread. */
const AUTO_ARCHIVE_MINUTES = 10_080;

/** PUBLIC_THREAD, https://discord.com/developers/docs/resources/channel#channel-object-channel-types */
const PUBLIC_THREAD = 11;

/** Opens the only way by which this program calls Discord's REST API. */
export function openRest(options: RestCallerOptions): DiscordRest {
  return new Rest(options);
}

class Rest implements DiscordRest {
  readonly #caller: RestCaller;

  constructor(options: RestCallerOptions) {
    this.#caller = new RestCaller(options);
  }

  async gatewayUrl(): Promise<{ url: string; remaining: number; resetAfterMs: number }> {
    const payload = object(await this.#caller.call("ask for the gateway", "GET", "/gateway/bot"));
    const limit = object(payload.session_start_limit);
    return {
      url: text(payload.url) ?? "wss://gateway.discord.gg",
      remaining: typeof limit.remaining === "number" ? limit.remaining : 1_000,
      resetAfterMs: typeof limit.reset_after === "number" ? limit.reset_after : 0,
    };
  }

  async guildChannels(guildId: Snowflake): Promise<readonly DiscordChannel[]> {
    const payload = await this.#caller.call("list the channels", "GET", `/guilds/${guildId}/channels`);
    return objects(payload).map((channel) => readChannel(channel, guildId));
  }

  async activeThreads(guildId: Snowflake): Promise<readonly DiscordChannel[]> {
    const payload = await this.#caller.call(
      "list active threads",
      "GET",
      `/guilds/${guildId}/threads/active`,
    );
    return objects(object(payload).threads).map((thread) => readChannel(thread, guildId));
  }

  async archivedThreads(
    channelId: Snowflake,
    before?: string,
  ): Promise<{ threads: readonly DiscordChannel[]; more: boolean }> {
    const query = new URLSearchParams({ limit: "100", ...(before !== undefined && { before }) });
    const route = `/channels/${channelId}/threads/archived/public?${query}` as const;
    const payload = object(await this.#caller.call("list archived threads", "GET", route));
    return {
      threads: objects(payload.threads).map((thread) => readChannel(thread)),
      more: payload.has_more === true,
    };
  }

  async createThread(parent: DiscordChannel, thread: NewThread): Promise<DiscordChannel> {
    const body = parent.kind === "forum" ? forumPost(thread) : {
      name: thread.name,
      type: PUBLIC_THREAD,
      auto_archive_duration: AUTO_ARCHIVE_MINUTES,
    };
    const route = `/channels/${parent.id}/threads` as const;
    return readChannel(object(await this.#caller.call("make a thread", "POST", route, { body })));
  }

  async sendMessage(channelId: Snowflake, message: NewMessage): Promise<DiscordMessage> {
    const body = messageBody(message);
    const route = `/channels/${channelId}/messages` as const;
    return readOwn(object(await this.#caller.call("send a message", "POST", route, { body })), channelId);
  }

  async editMessage(channelId: Snowflake, messageId: Snowflake, content: string): Promise<void> {
    const body = { content, allowed_mentions: NO_MENTIONS };
    await this.#caller.call("edit a message", "PATCH", `/channels/${channelId}/messages/${messageId}`, {
      body,
    });
  }

  async deleteMessage(channelId: Snowflake, messageId: Snowflake): Promise<void> {
    await this.#caller.call("delete a message", "DELETE", `/channels/${channelId}/messages/${messageId}`);
  }

  async messagesAfter(
    channelId: Snowflake,
    after: Snowflake,
    limit: number,
  ): Promise<readonly DiscordMessage[]> {
    const route = `/channels/${channelId}/messages?after=${after}&limit=${limit}` as const;
    const messages = objects(await this.#caller.call("read messages", "GET", route))
      .map((message) => readOwn(message, channelId));
    // Servers differ in the order; some ignore `after`.
    return messages.filter((message) => compareSnowflakes(message.id, after) > 0)
      .sort((a, b) => compareSnowflakes(a.id, b.id));
  }

  async unarchive(threadId: Snowflake): Promise<void> {
    await this.#caller.call("wake a thread", "PATCH", `/channels/${threadId}`, { body: { archived: false } });
  }

  close(): Promise<void> {
    return this.#caller.close();
  }
}

function forumPost({ name, content = name, tags = [] }: NewThread): Readonly<Record<string, unknown>> {
  return {
    name,
    auto_archive_duration: AUTO_ARCHIVE_MINUTES,
    message: { content, allowed_mentions: NO_MENTIONS },
    ...(tags.length > 0 && { applied_tags: tags }),
  };
}

function messageBody({ content, nonce, replyTo }: NewMessage): Readonly<Record<string, unknown>> {
  return {
    content,
    allowed_mentions: NO_MENTIONS,
    ...(nonce !== undefined && { nonce, enforce_nonce: true }),
    // A reference to a message that is gone would be refused, and the text with it.
    ...(replyTo !== undefined && { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
  };
}

/** A message in an answer may leave out the channel that was asked. */
function readOwn(payload: Payload, channelId: Snowflake): DiscordMessage {
  return readMessage(
    optionalId(payload.channel_id) === undefined ? { ...payload, channel_id: channelId } : payload,
  );
}
