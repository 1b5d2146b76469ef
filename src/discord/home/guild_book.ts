import { LruMap } from "../../core/mod.ts";
import { type Membership, permissionsIn } from "./permissions.ts";
import type {
  ChannelKind,
  DiscordChannel,
  DiscordEvent,
  DiscordGuild,
  DiscordGuildChange,
  DiscordRole,
  DiscordUser,
} from "../ports.ts";
import { compareSnowflakes, type Snowflake } from "../snowflake.ts";

/** The name by which the channel is found when no id is configured. */
export const CHANNEL_NAME = "chatbox50";

interface GuildPage {
  readonly id: Snowflake;
  name: string;
  ownerId: Snowflake | undefined;
  readonly channels: Map<Snowflake, DiscordChannel>;
  readonly roles: Map<Snowflake, DiscordRole>;
  fileBytes: number;
  ownRoles: readonly Snowflake[] | undefined;
  /** `awaited`: known from an earlier session, and Discord is to tell it anew. `away`: Discord has an outage of it. */
  state: "told" | "awaited" | "away";
}

/** Threads whose channel is remembered. */
const THREADS_KEPT = 20_000;

/** The channel in which threads are made, or why there is none. */
export type ChannelSearch =
  | { readonly channel: DiscordChannel; readonly guildId: Snowflake }
  | { readonly channel: undefined; readonly reason: string };

/** Keeps the guilds that the bot is in, as the gateway tells them, and finds the channel among theirs. */
export class GuildBook {
  readonly #guilds = new Map<Snowflake, GuildPage>();
  /** Those that this session has not told yet. */
  readonly #awaited = new Set<Snowflake>();
  /** Those that have had an outage since this session began, so that nothing is known of them. */
  readonly #unseen = new Set<Snowflake>();
  readonly #parents = new LruMap<Snowflake, Snowflake>(THREADS_KEPT);
  #botId: Snowflake | undefined;

  /** How many guilds the bot is in. */
  get size(): number {
    return this.#guilds.size;
  }

  /** Whether this session has told all of its guilds, and none of them has an outage. */
  get isComplete(): boolean {
    return this.#awaited.size === 0 && this.#unseen.size === 0 &&
      [...this.#guilds.values()].every((page) => page.state === "told");
  }

  /** Learns from an event. @returns whether it may have changed the outcome of {@link GuildBook.find} */
  apply(event: DiscordEvent): boolean {
    switch (event.type) {
      case "ready":
        this.#botId = event.bot.id;
        this.#newSession(event.guildIds);
        return true;
      case "guild":
        this.#awaited.delete(event.guild.id);
        this.#unseen.delete(event.guild.id);
        this.#guilds.set(event.guild.id, pageOf(event.guild));
        this.#heard(event.guild.threads);
        return true;
      case "guild-gone":
        return this.#guildGone(event.id, event.outage);
      case "channel-opened":
        this.#heard(event.threads);
        return false;
      case "thread":
        this.#heard([event.channel]);
        return false;
      case "channel": {
        const page = event.channel.guildId && this.#guilds.get(event.channel.guildId);
        page?.channels.set(event.channel.id, event.channel);
        return page !== undefined;
      }
      case "channel-gone":
        return [...this.#guilds.values()].some((page) => page.channels.delete(event.id));
      case "role":
        this.#guilds.get(event.guildId)?.roles.set(event.role.id, event.role);
        return true;
      case "role-gone":
        return this.#roleGone(event.guildId, event.id);
      case "guild-update":
        return this.#guildUpdate(event.change);
      case "own-roles": {
        const page = this.#guilds.get(event.guildId);
        if (page !== undefined) page.ownRoles = event.roles;
        return true;
      }
      default:
        return false;
    }
  }

  #heard(threads: readonly DiscordChannel[]): void {
    for (const { id, parentId } of threads) if (parentId !== undefined) this.#parents.set(id, parentId);
  }

  /** The channel of a thread; `undefined` where the gateway has not told. */
  parentOf(thread: Snowflake): Snowflake | undefined {
    return this.#parents.get(thread);
  }

  /** What is known of the guilds stays until each of them tells anew: names of roles are needed meanwhile, too. */
  #newSession(guildIds: readonly Snowflake[]): void {
    this.#awaited.clear();
    this.#unseen.clear();
    for (const id of guildIds) this.#awaited.add(id);
    for (const page of this.#guilds.values()) {
      if (guildIds.includes(page.id)) page.state = "awaited";
      else this.#guilds.delete(page.id);
    }
  }

  /** Those that have not been told by now have an outage. @returns whether there are any */
  waitNoLonger(): boolean {
    const any = this.#awaited.size > 0;
    for (const id of this.#awaited) this.#guildGone(id, true);
    return any;
  }

  #guildGone(id: Snowflake, outage: boolean): boolean {
    const wasAwaited = this.#awaited.delete(id);
    const wasUnseen = this.#unseen.delete(id);
    const page = this.#guilds.get(id);
    if (page === undefined) {
      if (outage) this.#unseen.add(id);
      return wasAwaited || wasUnseen !== outage;
    }
    if (outage) page.state = "away";
    else this.#guilds.delete(id);
    return true;
  }

  #roleGone(guildId: Snowflake, id: Snowflake): boolean {
    const page = this.#guilds.get(guildId);
    if (page === undefined || !page.roles.delete(id)) return false;
    page.ownRoles = page.ownRoles?.filter((role) => role !== id);
    return true;
  }

  #guildUpdate({ id, name, ownerId, fileBytes }: DiscordGuildChange): boolean {
    const page = this.#guilds.get(id);
    if (page === undefined) return false;
    Object.assign(page, { name, fileBytes, ...(ownerId !== undefined && { ownerId }) });
    return true;
  }

  /** A channel that is no thread; `undefined` for a thread and for what is not known. */
  channel(id: Snowflake): DiscordChannel | undefined {
    for (const page of this.#guilds.values()) {
      const channel = page.channels.get(id);
      if (channel !== undefined) return channel;
    }
    return undefined;
  }

  /** The roles of a guild as it told them last, none where it hides them; `undefined` where it never did. */
  roles(guildId: Snowflake): readonly DiscordRole[] | undefined {
    const page = this.#guilds.get(guildId);
    return page && [...page.roles.values()];
  }

  /** A role's name. */
  roleName(id: Snowflake): string | undefined {
    for (const page of this.#guilds.values()) {
      const role = page.roles.get(id);
      if (role !== undefined) return role.name;
    }
    return undefined;
  }

  /**
   * Finds the channel: the one with this id, or else the one that was found before, whatever it is called now, or else the forum, or
   * else the text channel, named {@link CHANNEL_NAME}. Nothing is said of a channel that is not there before all guilds are known, and
   * none is found by its name: the first guild to come may not be the right one.
   */
  find(channelId: Snowflake | undefined, kept?: Snowflake): ChannelSearch {
    const known = channelId === undefined ? this.#byId(kept) : this.#byId(channelId, ["forum", "text"]);
    if (known !== undefined) return known;
    if (this.#awaited.size > 0) {
      return { channel: undefined, reason: "Waiting for Discord to tell about the server" };
    }
    const pages = [...this.#guilds.values()].filter((page) => page.state === "told")
      .sort((a, b) => compareSnowflakes(a.id, b.id));
    const found = channelId === undefined ? byName(pages) : undefined;
    return found ?? { channel: undefined, reason: this.#whyNone(channelId, pages) };
  }

  #byId(id: Snowflake | undefined, kinds?: readonly ChannelKind[]): ChannelSearch | undefined {
    for (const page of this.#guilds.values()) {
      const channel = id === undefined ? undefined : page.channels.get(id);
      if (channel === undefined || kinds?.includes(channel.kind) === false) continue;
      return page.state === "away"
        ? { channel: undefined, reason: `Discord reports an outage of ${page.name}` }
        : { channel, guildId: page.id };
    }
    return undefined;
  }

  #whyNone(channelId: Snowflake | undefined, pages: readonly GuildPage[]): string {
    if (this.#guilds.size === 0 && this.#unseen.size === 0) return "The bot is in no Discord server yet";
    const away = [
      ...[...this.#guilds.values()].filter((page) => page.state === "away").map((page) => page.name),
      ...[...this.#unseen].map((id) => `the server ${id}`),
    ];
    if (away.length > 0) return `Discord reports an outage of ${away.join(", ")}`;
    const wanted = channelId === undefined
      ? `forum or text channel named ${CHANNEL_NAME}`
      : `forum or text channel with the id ${channelId}`;
    const visible = pages.flatMap((page) =>
      [...page.channels.values()].filter(({ kind }) => kind === "forum" || kind === "text")
        .map(({ name }) => `#${name} (${page.name})`)
    );
    const seen = visible.length === 0 ? "no such channel at all" : visible.slice(0, 20).join(", ");
    return `There is no ${wanted}; the bot sees ${seen}`;
  }

  /** What the bot may do in a channel; everything where the guild did not tell enough to know. */
  ownBits(channel: DiscordChannel): bigint {
    const page = channel.guildId && this.#guilds.get(channel.guildId);
    if (!page || this.#botId === undefined || page.ownRoles === undefined) return UNKNOWN;
    return bitsOf(page, channel, this.#botId, page.ownRoles);
  }

  /** What a member may do in a channel; nothing where their roles are not known. */
  memberBits(channel: DiscordChannel, { id, roles }: DiscordUser): bigint {
    const page = channel.guildId && this.#guilds.get(channel.guildId);
    return !page || roles === undefined ? 0n : bitsOf(page, channel, id, roles);
  }

  /** The bytes that a file of the bot's may have in a guild. */
  fileBytes(guildId: Snowflake): number {
    return this.#guilds.get(guildId)?.fileBytes ?? 0;
  }
}

function byName(pages: readonly GuildPage[]): ChannelSearch | undefined {
  for (const kind of ["forum", "text"] as const) {
    for (const page of pages) {
      const channel = [...page.channels.values()].find((candidate) =>
        candidate.kind === kind && candidate.name.toLowerCase() === CHANNEL_NAME
      );
      if (channel !== undefined) return { channel, guildId: page.id };
    }
  }
  return undefined;
}

const UNKNOWN = (1n << 64n) - 1n;

function bitsOf(
  page: GuildPage,
  channel: DiscordChannel,
  id: Snowflake,
  roles: readonly Snowflake[],
): bigint {
  if (page.roles.size === 0) return UNKNOWN;
  const member: Membership = {
    memberId: id,
    guildId: page.id,
    roles,
    ...(page.ownerId !== undefined && { ownerId: page.ownerId }),
  };
  return permissionsIn(channel, member, page.roles);
}

function pageOf(guild: DiscordGuild): GuildPage {
  return {
    id: guild.id,
    name: guild.name,
    ownerId: guild.ownerId,
    channels: new Map(guild.channels.map((channel) => [channel.id, channel])),
    roles: new Map(guild.roles.map((role) => [role.id, role])),
    fileBytes: guild.fileBytes,
    ownRoles: guild.ownRoles,
    state: "told",
  };
}
