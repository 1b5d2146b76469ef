import { Code, optional, refusedWith } from "../errors.ts";
import { readMessage } from "../message_payload.ts";
import type {
  DiscordChannel,
  DiscordMessage,
  DiscordRest,
  NewMessage,
  NewThread,
  ThreadChange,
} from "../ports.ts";
import {
  mayReadMessages,
  object,
  objects,
  optionalId,
  type Payload,
  readChannel,
  text,
} from "../payloads.ts";
import type { RestCaller } from "./rest_manager.ts";
import { compareSnowflakes, isSnowflake, type Snowflake } from "../snowflake.ts";

/** Nobody is ever pinged: on every create and on every edit, which would parse again by default (X1). */
export const NO_MENTIONS = { parse: [] };

/** A week, the longest: minutes without a message after which Discord archives a thread. */
const AUTO_ARCHIVE_MINUTES = 10_080;

/** PUBLIC_THREAD, https://discord.com/developers/docs/resources/channel#channel-object-channel-types */
const PUBLIC_THREAD = 11;

/** Makes the calls for conversations, by the only way on which this program calls Discord's REST API. */
export function openRest(caller: RestCaller): DiscordRest {
  return new Rest(caller);
}

class Rest implements DiscordRest {
  readonly #caller: RestCaller;

  constructor(caller: RestCaller) {
    this.#caller = caller;
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
    const { files = [] } = message;
    const route = `/channels/${channelId}/messages` as const;
    const options = { body: messageBody(message), ...(files.length > 0 && { files }) };
    return readOwn(object(await this.#caller.call("send a message", "POST", route, options)), channelId);
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

  async message(channelId: Snowflake, messageId: Snowflake): Promise<DiscordMessage> {
    const route = `/channels/${channelId}/messages/${messageId}` as const;
    return readOwn(object(await this.#caller.call("read a message", "GET", route)), channelId);
  }

  async channel(channelId: Snowflake): Promise<DiscordChannel> {
    return readChannel(object(await this.#caller.call("read a channel", "GET", `/channels/${channelId}`)));
  }

  async changeThread(threadId: Snowflake, { archived, locked, tags }: ThreadChange): Promise<void> {
    const body = {
      ...(archived !== undefined && { archived }),
      ...(locked !== undefined && { locked }),
      ...(tags !== undefined && { applied_tags: tags }),
    };
    await this.#caller.call("change a thread", "PATCH", `/channels/${threadId}`, { body });
  }

  async showTyping(channelId: Snowflake): Promise<void> {
    await this.#caller.call("show that the visitor is typing", "POST", `/channels/${channelId}/typing`);
  }

  async react(channelId: Snowflake, messageId: Snowflake, emoji: string): Promise<void> {
    const name = encodeURIComponent(emoji);
    const route = `/channels/${channelId}/messages/${messageId}/reactions/${name}/@me` as const;
    await this.#caller.call("react to a message", "PUT", route);
  }

  async memberRoles(guildId: Snowflake, userId: Snowflake): Promise<readonly Snowflake[] | undefined> {
    const route = `/guilds/${guildId}/members/${userId}` as const;
    try {
      const { roles } = object(await this.#caller.call("read a member", "GET", route));
      return Array.isArray(roles) ? roles.filter(isSnowflake) : [];
    } catch (error) {
      if (refusedWith(error, Code.unknownMember, Code.unknownUser)) return undefined;
      throw error;
    }
  }

  async mayReadMessages(): Promise<boolean | undefined> {
    const application = this.#caller.call("read the application", "GET", "/applications/@me");
    return mayReadMessages(object(await optional(application, {})));
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
