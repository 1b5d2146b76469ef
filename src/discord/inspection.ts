import { Code, DiscordRefusal, refusedWith } from "./errors.ts";
import { GuildBook } from "./guild_book.ts";
import { object, objects, type Payload, readGuild, readUser, text } from "./payloads.ts";
import { inviteUrl, lackingOf, type PersonaUse, requiredIn, wantedIn } from "./permissions.ts";
import type { DiscordUser } from "./ports.ts";
import { INTENTS_PROBLEM, TOKEN_PROBLEM } from "./problems.ts";
import { RestCaller, type RestCallerOptions } from "./rest_manager.ts";
import { isSnowflake, type Snowflake } from "./snowflake.ts";

/** GATEWAY_MESSAGE_CONTENT and its form for bots in few servers: either lets the bot read messages. */
const MESSAGE_CONTENT_FLAGS = 1 << 18 | 1 << 19;

/** A bot for one team is in one server; more are looked at up to this number. */
const MOST_GUILDS = 20;

/** One thing that was looked at. */
export interface Finding {
  readonly subject: "Token" | "Message content" | "Channel" | "Permissions";
  readonly ok: boolean;
  /** What was found or, when it is not ok, what to do. */
  readonly detail: string;
}

/** Looks at Discord with the eyes of the bot, by REST alone: a server that is running does not notice. */
export class DiscordInspection implements Disposable {
  readonly #rest: RestCaller;

  constructor(options: RestCallerOptions) {
    this.#rest = new RestCaller(options);
  }

  /**
   * Looks at token, intent, channel and permissions, in this order, and ends at what makes the rest pointless.
   *
   * @param channelId the configured channel; the one named `chatbox50` when left out
   * @param use what the bot is to do, which takes permissions of its own
   * @throws {DiscordUnreachable} when Discord cannot be asked
   */
  async *inspect(channelId?: Snowflake, use: PersonaUse = { webhooks: false }): AsyncGenerator<Finding> {
    const bot = await this.#bot();
    if (bot === undefined) {
      yield { subject: "Token", ok: false, detail: TOKEN_PROBLEM.message };
      return;
    }
    yield { subject: "Token", ok: true, detail: `the bot is ${bot.username}` };
    const application = object(await this.#rest.call("read the application", "GET", "/applications/@me"));
    yield (Number(application.flags) & MESSAGE_CONTENT_FLAGS) === 0
      ? { subject: "Message content", ok: false, detail: INTENTS_PROBLEM.message }
      : { subject: "Message content", ok: true, detail: "the bot may read messages" };
    const invite = inviteUrl(isSnowflake(application.id) ? application.id : bot.id, use);
    const book = await this.#guilds(bot);
    const { channel, ...search } = book.find(channelId);
    if (channel === undefined) {
      const reason = "reason" in search ? search.reason : "There is no channel";
      yield { subject: "Channel", ok: false, detail: `${reason}. To let the bot into a server: ${invite}` };
      return;
    }
    yield { subject: "Channel", ok: true, detail: `#${channel.name} (${channel.kind} ${channel.id})` };
    const missing = lackingOf(requiredIn(channel), book.ownBits(channel));
    const lacking = lackingOf(wantedIn(use), book.ownBits(channel));
    yield missing.length === 0
      ? {
        subject: "Permissions",
        ok: true,
        detail: `the bot has what it needs in #${channel.name}${
          lacking.length === 0 ? "" : `; not everything will work without: ${lacking.join(", ")}`
        }`,
      }
      : {
        subject: "Permissions",
        ok: false,
        detail: `the bot lacks in #${channel.name}: ${
          missing.join(", ")
        }. Give them to its role, or open ${invite}`,
      };
  }

  /**
   * Deletes a thread with everything in it.
   *
   * @returns false when it was gone already
   * @throws {DiscordRefusal} when the bot may not; it needs Manage Threads
   * @throws {DiscordUnreachable} when Discord cannot be asked
   */
  async deleteThread(id: Snowflake): Promise<boolean> {
    try {
      await this.#rest.call("delete a thread", "DELETE", `/channels/${id}`);
      return true;
    } catch (error) {
      if (refusedWith(error, Code.unknownChannel)) return false;
      throw error;
    }
  }

  /** Lets go of timers. */
  [Symbol.dispose](): void {
    this.#rest.close();
  }

  async #bot(): Promise<DiscordUser | undefined> {
    try {
      return readUser(object(await this.#rest.call("read the bot's name", "GET", "/users/@me")));
    } catch (error) {
      if (error instanceof DiscordRefusal && error.status === 401) return undefined;
      throw error;
    }
  }

  /** The servers as the gateway would tell them. */
  async #guilds(bot: DiscordUser): Promise<GuildBook> {
    const book = new GuildBook();
    const list = objects(await this.#rest.call("list the servers", "GET", "/users/@me/guilds"));
    const guildIds = list.map(({ id }) => id).filter(isSnowflake).slice(0, MOST_GUILDS);
    book.apply({ type: "ready", bot, applicationId: bot.id, guildIds });
    for (const id of guildIds) {
      book.apply({ type: "guild", guild: readGuild(await this.#guild(id, bot), bot.id) });
    }
    return book;
  }

  async #guild(id: Snowflake, bot: DiscordUser): Promise<Payload> {
    const read = async (action: string, route: `/${string}`): Promise<unknown> =>
      await this.#rest.call(action, "GET", `/guilds/${id}${route === "/" ? "" : route}`);
    const guild = object(await read("read a server", "/"));
    const member = object(await read("read the bot's roles", `/members/${bot.id}`));
    return {
      id,
      name: text(guild.name) ?? id,
      owner_id: guild.owner_id,
      roles: guild.roles,
      channels: await read("list the channels", "/channels"),
      members: [{ user: { id: bot.id }, roles: member.roles }],
    };
  }
}
