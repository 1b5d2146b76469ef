/** The one guild as tests play in it, with no network in between. */
import {
  type APIMessage,
  type APIThreadChannel,
  ChannelType,
  GatewayIntentBits as Intent,
} from "discord-api-types/v10";
import { deleteChannel } from "./actions/channels.ts";
import { unfurl } from "./actions/messages.ts";
import { archiveIdle, syncThreads } from "./actions/threads.ts";
import { bits, canSee, type PermissionName } from "./permissions.ts";
import { renderChannel, renderMessage } from "./render.ts";
import { addChannel, addMember, type ChannelOptions, STAFF_ROLE } from "./setup.ts";
import { StaffMember } from "./staff.ts";
import type { Transcript } from "./transcript.ts";
import type { World } from "./world.ts";

/** Channels, people, messages and permissions: what can be done to them, and what there is. */
export class SimulatedGuild {
  readonly #world: World;
  readonly #staff = new Map<string, StaffMember>();

  /** @param world that holds it */
  constructor(world: World) {
    this.#world = world;
  }

  /** The bot's user id, which is the application's id as well. */
  get botId(): string {
    return this.#world.botId;
  }

  /** The id of the one guild. */
  get guildId(): string {
    return this.#world.guild.id;
  }

  /** What happened, in order. */
  get transcript(): Transcript {
    return this.#world.transcript;
  }

  /** The state itself, for what this class has no word for. */
  get world(): World {
    return this.#world;
  }

  /**
   * @param name the forum channel's
   * @param options its tags and more
   * @returns its id
   */
  createForum(name: string, options: ChannelOptions = {}): string {
    return addChannel(this.#world, ChannelType.GuildForum, name, options).id;
  }

  /**
   * @param name the text channel's
   * @param options the rest
   * @returns its id
   */
  createTextChannel(name: string, options: ChannelOptions = {}): string {
    return addChannel(this.#world, ChannelType.GuildText, name, options).id;
  }

  /** @param id of a channel or thread that someone deletes, with all that is in it */
  deleteChannel(id: string): void {
    deleteChannel(this.#world, this.#world.channel(id));
  }

  /**
   * Takes permissions from the bot in one channel, by an overwrite.
   *
   * @param channelId a channel, not a thread
   * @param names what the bot may not do there any more; none gives everything back
   */
  denyBot(channelId: string, ...names: PermissionName[]): void {
    const channel = this.#world.channel(channelId);
    const couldSee = canSee(this.#world, this.botId, channel);
    channel.overwrites = channel.overwrites.filter((entry) => entry.id !== this.botId);
    if (names.length > 0) {
      channel.overwrites.push({ id: this.botId, type: 1, allow: "0", deny: bits(names).toString() });
    }
    this.#world.dispatch({
      t: "CHANNEL_UPDATE",
      d: renderChannel(this.#world, channel),
      intent: Intent.Guilds,
      channelId,
    });
    // "Sent when the current user gains access to a channel."
    if (!couldSee && canSee(this.#world, this.botId, channel)) syncThreads(this.#world, channelId);
  }

  /**
   * @param name the display name; the same name is the same person
   * @param options roles by name, `Staff` unless told otherwise
   * @returns somebody who can write, edit, type and use commands
   */
  staff(name: string, options: { roles?: readonly string[] } = {}): StaffMember {
    let member = this.#staff.get(name);
    if (member === undefined) {
      const users = [...this.#world.users.values()];
      const known = users.find((user) => !user.bot && user.globalName === name);
      const state = known === undefined
        ? addMember(this.#world, name, options.roles ?? [STAFF_ROLE])
        : this.#world.member(known.id);
      this.#staff.set(name, member = new StaffMember(this.#world, state));
    }
    return member;
  }

  /**
   * @param channelId a forum or text channel; all of them when left out
   * @returns its threads, oldest first, archived ones included
   */
  threads(channelId?: string): APIThreadChannel[] {
    const threads = this.#world.threadsOf(channelId);
    return threads.map((thread) => renderChannel(this.#world, thread) as APIThreadChannel);
  }

  /**
   * @param channelId a thread or channel
   * @returns its messages, oldest first; empty when it is not there
   */
  messages(channelId: string): APIMessage[] {
    const messages = this.#world.messages.get(channelId)?.values() ?? [];
    return [...messages].map((message) => renderMessage(this.#world, message));
  }

  /**
   * Adds a link preview to a message, as Discord does by itself soon after a message with a link.
   *
   * @param channelId the thread or channel
   * @param messageId a message with a link
   */
  unfurl(channelId: string, messageId: string): void {
    unfurl(this.#world, this.#world.message(channelId, messageId));
  }

  /** @param words AutoMod refuses messages with one of them from now on */
  setBlockedWords(...words: string[]): void {
    this.#world.blockedWords = words;
  }

  /** @param most how many threads may be active from now on; those that are stay so */
  limitActiveThreads(most: number): void {
    this.#world.limits = { ...this.#world.limits, activeThreads: most };
    this.#world.transcript.add("state", `at most ${most} active threads`);
    this.#world.changed();
  }

  /** Archives the threads in which nothing was said for as long as each of them says. */
  archiveIdleThreads(): void {
    archiveIdle(this.#world);
  }

  /** Tells about the active threads of a channel that the bot may see now, as THREAD_LIST_SYNC does. */
  syncThreads(channelId: string): void {
    syncThreads(this.#world, channelId);
  }
}
