import type { Logger } from "../../core/mod.ts";
import {
  id,
  isPayload,
  object,
  objects,
  optionalId,
  type Payload,
  readChannel,
  readGuild,
  readRole,
  readUser,
} from "../payloads.ts";
import { readMessage } from "../message_payload.ts";
import { readInteraction } from "../commands/interaction.ts";
import type { DiscordEvent } from "../ports.ts";
import { isSnowflake, type Snowflake } from "../snowflake.ts";

/** Turns dispatches of the gateway into events. Knows who the bot is once READY has come. */
export class EventReader {
  readonly #logger: Logger;
  #botId: Snowflake | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Reads one dispatch.
   *
   * @param name the packet's `t`
   * @param data the packet's `d`
   * @returns no event for what does not matter or cannot be read
   */
  read(name: string | null | undefined, data: unknown): readonly DiscordEvent[] {
    if (typeof name !== "string") return [];
    try {
      return this.#events(name, object(data));
    } catch (error) {
      this.#logger.warn("Cannot read an event of Discord's", { event: name, error });
      return [];
    }
  }

  #events(name: string, data: Payload): readonly DiscordEvent[] {
    switch (name) {
      case "READY": {
        const bot = readUser(object(data.user));
        this.#botId = bot.id;
        const applicationId = optionalId(object(data.application).id) ?? bot.id;
        const guildIds = objects(data.guilds).map((guild) => guild.id).filter(isSnowflake);
        return [{ type: "ready", bot, applicationId, guildIds }];
      }
      case "RESUMED":
        return [{ type: "resumed" }];
      case "GUILD_CREATE":
        return data.unavailable === true ? [] : [{ type: "guild", guild: readGuild(data, this.#botId) }];
      case "GUILD_DELETE":
        return [{ type: "guild-gone", id: id(data, "id"), outage: data.unavailable === true }];
      case "CHANNEL_CREATE":
      case "CHANNEL_UPDATE":
        return [{ type: "channel", channel: readChannel(data) }];
      case "CHANNEL_DELETE":
        return [{ type: "channel-gone", id: id(data, "id") }];
      case "THREAD_CREATE":
      case "THREAD_UPDATE":
        return [{ type: "thread", channel: readChannel(data), isNew: data.newly_created === true }];
      case "THREAD_DELETE":
        return [{ type: "thread-gone", id: id(data, "id") }];
      case "THREAD_LIST_SYNC":
        return [this.#threadList(data)];
      case "GUILD_ROLE_CREATE":
      case "GUILD_ROLE_UPDATE":
        return [{ type: "role", guildId: id(data, "guild_id"), role: readRole(object(data.role)) }];
      case "GUILD_ROLE_DELETE":
        return [{ type: "role-gone", guildId: id(data, "guild_id"), id: id(data, "role_id") }];
      case "GUILD_UPDATE":
        return [{ type: "guild-update", change: readGuild(data, this.#botId) }];
      case "GUILD_MEMBER_UPDATE":
        return this.#memberUpdate(data);
      case "INTERACTION_CREATE": {
        const interaction = readInteraction(data);
        return interaction === undefined ? [] : [{ type: "interaction", interaction }];
      }
      default:
        return this.#messageEvents(name, data);
    }
  }

  #threadList(data: Payload): DiscordEvent {
    const guildId = id(data, "guild_id");
    return {
      type: "channel-opened",
      guildId,
      threads: objects(data.threads).map((thread) => readChannel(thread, guildId)),
    };
  }

  #memberUpdate(data: Payload): readonly DiscordEvent[] {
    if (object(data.user).id !== this.#botId || !Array.isArray(data.roles)) return [];
    return [{ type: "own-roles", guildId: id(data, "guild_id"), roles: data.roles.filter(isSnowflake) }];
  }

  #messageEvents(name: string, data: Payload): readonly DiscordEvent[] {
    switch (name) {
      case "MESSAGE_CREATE":
        return [{ type: "message", message: readMessage(data) }];
      case "MESSAGE_UPDATE": {
        // Discord sends whole messages; older servers send what has changed only.
        const whole = isPayload(data.author) && typeof data.content === "string";
        const edit = { id: id(data, "id"), channelId: id(data, "channel_id") };
        return [{ type: "message-edit", edit: whole ? { ...edit, message: readMessage(data) } : edit }];
      }
      case "MESSAGE_DELETE":
        return [{ type: "messages-gone", channelId: id(data, "channel_id"), ids: [id(data, "id")] }];
      case "MESSAGE_DELETE_BULK": {
        const ids = Array.isArray(data.ids) ? data.ids.filter(isSnowflake) : [];
        return [{ type: "messages-gone", channelId: id(data, "channel_id"), ids }];
      }
      case "TYPING_START": {
        const member = object(data.member);
        const user = isPayload(member.user) ? member.user : { id: data.user_id };
        const guildId = optionalId(data.guild_id);
        return [{
          type: "typing",
          channelId: id(data, "channel_id"),
          user: readUser(user, member),
          ...(guildId !== undefined && { guildId }),
        }];
      }
      default:
        return [];
    }
  }
}
