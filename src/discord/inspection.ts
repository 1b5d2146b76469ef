import type { Logger } from "../core/mod.ts";
import { Code, DiscordRefusal, optional, refusedWith } from "./errors.ts";
import { GuildBook } from "./home/guild_book.ts";
import {
  mayReadMessages,
  object,
  objects,
  type Payload,
  readChannel,
  readGuild,
  readUser,
  text,
} from "./payloads.ts";
import { inviteUrl, lackingOf, type PersonaUse, requiredIn, wantedIn } from "./home/permissions.ts";
import type { DiscordChannel, DiscordRole, DiscordUser } from "./ports.ts";
import { INTENTS_PROBLEM, TOKEN_PROBLEM } from "./home/problems.ts";
import { RestCaller, type RestCallerOptions } from "./rest/rest_manager.ts";
import { isSnowflake, type Snowflake } from "./snowflake.ts";
import { isRole } from "./staff.ts";

/** A bot for one team is in one server; more are looked at up to this number. */
const MOST_GUILDS = 20;

/** https://discord.com/developers/docs/resources/message#message-object-message-types */
const THREAD_CREATED = 18;

/** Among so many messages the one is looked for that tells of a thread. */
const NOTICE_AMONG = 50;

/** One thing that was looked at. */
export interface Finding {
  readonly subject: "Token" | "Message content" | "Channel" | "Permissions" | "Staff role";
  readonly ok: boolean;
  /** What was found or, when it is not ok, what to do. */
  readonly detail: string;
}

/** Options of {@link DiscordInspection}. */
export interface InspectionOptions extends RestCallerOptions {
  /** Gives it up, also while Discord does not answer; every call rejects with its reason then. */
  readonly signal?: AbortSignal;
}

/** Looks at Discord with the eyes of the bot, by REST alone: a server that is running does not notice. */
export class DiscordInspection implements Disposable {
  readonly #rest: RestCaller;
  readonly #logger: Logger;
  readonly #signal: AbortSignal | undefined;
  readonly #giveUp = (): void => void this.#rest.close();

  constructor(options: InspectionOptions) {
    this.#rest = new RestCaller(options);
    this.#logger = options.logger;
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#giveUp);
  }

  /**
   * Looks at token, intent, channel, permissions and the role of staff, in this order, and ends at what makes the rest pointless.
   *
   * @param channelId the configured channel; the one named `chatbox50` when left out
   * @param use what the bot is to do, which takes permissions of its own
   * @param staffRole the role of those who answer, by id or by name; not looked at when left out
   * @throws {DiscordUnreachable} when Discord cannot be asked; the signal's reason
   */
  async *inspect(
    channelId?: Snowflake,
    use: PersonaUse = { webhooks: false },
    staffRole?: string,
  ): AsyncGenerator<Finding> {
    const bot = await this.#bot();
    if (bot === undefined) {
      yield { subject: "Token", ok: false, detail: TOKEN_PROBLEM.message };
      return;
    }
    yield { subject: "Token", ok: true, detail: `the bot is ${bot.username}` };
    const application = object(await this.#call("read the application", "GET", "/applications/@me"));
    yield mayReadMessages(application) === true
      ? { subject: "Message content", ok: true, detail: "the bot may read messages" }
      : { subject: "Message content", ok: false, detail: INTENTS_PROBLEM.message };
    const invite = inviteUrl(isSnowflake(application.id) ? application.id : bot.id, use);
    const book = await this.#guilds(bot);
    const search = book.find(channelId);
    if (search.channel === undefined) {
      const { reason } = search;
      yield { subject: "Channel", ok: false, detail: `${reason}. To let the bot into a server: ${invite}` };
      return;
    }
    const { channel, guildId } = search;
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
    if (staffRole !== undefined) yield findRole(staffRole, book.roles(guildId) ?? []);
  }

  /**
   * Deletes a thread with everything in it, and what Discord itself has said of it in its text channel: that names the visitor.
   *
   * @returns false when it was gone already
   * @throws {DiscordRefusal} when the bot may not; it needs Manage Threads
   * @throws {DiscordUnreachable} when Discord cannot be asked; the signal's reason
   */
  async deleteThread(id: Snowflake): Promise<boolean> {
    const thread = await this.#channel(id);
    try {
      await this.#call("delete a thread", "DELETE", `/channels/${id}`);
    } catch (error) {
      if (refusedWith(error, Code.unknownChannel)) return false;
      throw error;
    }
    // A forum has no messages of its own.
    const parent = thread?.parentId === undefined ? undefined : await this.#channel(thread.parentId);
    if (parent?.kind === "text") await this.#deleteNotice(parent.id, id);
    return true;
  }

  /** A channel or thread; `undefined` when it is gone, or hidden. */
  async #channel(id: Snowflake): Promise<DiscordChannel | undefined> {
    const payload = await optional(this.#call("read a channel", "GET", `/channels/${id}`), undefined);
    return payload === undefined ? undefined : readChannel(object(payload));
  }

  /** Deletes the line "started a thread", which stands in the parent channel and is called like the thread. */
  async #deleteNotice(parent: Snowflake, thread: Snowflake): Promise<void> {
    try {
      // It was written in the moment in which the thread was made, and has an id of its own.
      const route = `/channels/${parent}/messages?around=${thread}&limit=${NOTICE_AMONG}` as const;
      const around = objects(await this.#call("read messages", "GET", route));
      const notices = around.filter((message) =>
        message.type === THREAD_CREATED && object(message.message_reference).channel_id === thread
      );
      for (const { id } of notices) {
        if (!isSnowflake(id)) continue;
        await this.#call("delete a message", "DELETE", `/channels/${parent}/messages/${id}`);
      }
    } catch (error) {
      if (!(error instanceof DiscordRefusal)) throw error;
      // The thread itself is gone, which is what was asked for; this line holds no more than its name.
      this.#logger.warn(
        "The line that tells of a deleted thread still stands in its channel, delete it there",
        {
          channel: parent,
          thread,
          reason: error.message,
        },
      );
    }
  }

  /** Lets go of timers. */
  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#giveUp);
    this.#rest.close();
  }

  async #call(...call: Parameters<RestCaller["call"]>): Promise<unknown> {
    this.#signal?.throwIfAborted();
    try {
      return await this.#rest.call(...call);
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw error;
    }
  }

  async #bot(): Promise<DiscordUser | undefined> {
    try {
      return readUser(object(await this.#call("read the bot's name", "GET", "/users/@me")));
    } catch (error) {
      if (error instanceof DiscordRefusal && error.status === 401) return undefined;
      throw error;
    }
  }

  /** The servers as the gateway would tell them. */
  async #guilds(bot: DiscordUser): Promise<GuildBook> {
    const book = new GuildBook();
    const list = objects(await this.#call("list the servers", "GET", "/users/@me/guilds"));
    const guildIds = list.map(({ id }) => id).filter(isSnowflake).slice(0, MOST_GUILDS);
    book.apply({ type: "ready", bot, applicationId: bot.id, guildIds });
    for (const id of guildIds) {
      book.apply({ type: "guild", guild: readGuild(await this.#guild(id, bot), bot.id) });
    }
    return book;
  }

  async #guild(id: Snowflake, bot: DiscordUser): Promise<Payload> {
    const read = async (action: string, route: `/${string}`): Promise<unknown> =>
      await this.#call(action, "GET", `/guilds/${id}${route === "/" ? "" : route}`);
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

function findRole(wanted: string, roles: readonly DiscordRole[]): Finding {
  const role = roles.find((candidate) => isRole(candidate, wanted));
  if (role !== undefined) {
    return { subject: "Staff role", ok: true, detail: `visitors hear those with the role ${role.name}` };
  }
  const known = roles.map(({ name }) => name).slice(0, 20).join(", ");
  return {
    subject: "Staff role",
    ok: false,
    detail:
      `STAFF_ROLE is ${wanted}, which is no role of this server, so visitors hear nobody; there are ${known}`,
  };
}
