/** The state with its lookups, and the two things everyone who changes it must do: dispatch and say that it changed. */
import type { APIApplicationCommand } from "discord-api-types/v10";
import type { Clock } from "./clock.ts";
import { DiscordError } from "./errors.ts";
import { SnowflakeSource } from "./snowflake.ts";
import type {
  ChannelState,
  GuildData,
  InteractionState,
  MemberState,
  MessageState,
  RoleState,
  ThreadState,
  UserState,
  WebhookState,
} from "./state.ts";
import { Transcript, type TranscriptEntry } from "./transcript.ts";

/** A gateway event on its way to the sessions that may see it. */
export interface Dispatch {
  /** Its name, as `MESSAGE_CREATE`. */
  readonly t: string;
  readonly d: unknown;
  /** The intent bit a session must have asked for; 0 for events that everyone gets. */
  readonly intent: number;
  /** Sent only to a bot that may view this channel. */
  readonly channelId?: string;
  /** Its text is blanked for sessions without the message content intent. */
  readonly message?: MessageState;
}

/** A thread: a channel whose `thread` is there. */
export type ThreadChannel = ChannelState & { thread: ThreadState };

/** Limits that real Discord raises for some guilds. */
export interface WorldLimits {
  /** Threads that may be active at once in the guild. */
  readonly activeThreads: number;
  /** Bytes a file may have. */
  readonly fileBytes: number;
  /** Answers of 401, 403 and 429 within ten minutes, after which Discord bans an address for a time. */
  readonly invalidRequests: number;
}

/** One guild, its people and channels, and the application's belongings. */
export class World {
  readonly clock: Clock;
  readonly ids: SnowflakeSource;
  readonly transcript: Transcript;
  limits: WorldLimits;
  readonly applicationId: string;
  readonly botId: string;
  readonly guild: GuildData["guild"];
  readonly users: Map<string, UserState>;
  readonly roles: Map<string, RoleState>;
  readonly members: Map<string, MemberState>;
  readonly channels: Map<string, ChannelState>;
  /** By channel, then by id; ids only grow, so insertion order is age. */
  readonly messages = new Map<string, Map<string, MessageState>>();
  /** The latest message with a nonce, by author and nonce. */
  readonly nonces = new Map<string, MessageState>();
  readonly webhooks: Map<string, WebhookState>;
  readonly interactions: Map<string, InteractionState>;
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  commands: { guildId: string | null; command: APIApplicationCommand }[];
  /** What AutoMod blocks. @see https://docs.discord.com/developers/resources/auto-moderation */
  blockedWords: readonly string[] = [];
  /** What the portal of the application allows. */
  privileged = { messageContent: true, guildMembers: false, presences: false };
  /** Origin that attachment URLs begin with, set once the server listens. */
  cdnOrigin = "";
  readonly #listeners = new Set<(event: Dispatch) => void>();
  readonly #watchers = new Set<() => void>();

  /**
   * @param data what it holds in the beginning
   * @param options clock, limits and where transcript lines also go
   */
  constructor(
    data: GuildData,
    options: { clock: Clock; limits: WorldLimits; log?: (entry: TranscriptEntry) => void },
  ) {
    this.clock = options.clock;
    this.limits = options.limits;
    this.ids = new SnowflakeSource(() => this.clock.now(), data.lastId);
    this.transcript = new Transcript(() => this.clock.now(), options.log);
    this.applicationId = data.applicationId;
    this.botId = data.botId;
    this.guild = data.guild;
    this.users = byId(data.users);
    this.roles = byId(data.roles);
    this.members = new Map(data.members.map((member) => [member.userId, member]));
    this.channels = byId(data.channels);
    this.webhooks = byId(data.webhooks);
    this.interactions = byId(data.interactions);
    this.commands = data.commands;
    this.files = new Map(Object.entries(data.files).map(([id, text]) => [id, Uint8Array.fromBase64(text)]));
    for (const message of data.messages) this.addMessage(message);
  }

  /** @returns whether AutoMod blocks a text or a title */
  isBlocked(text: string): boolean {
    return this.blockedWords.some((word) => text.toLowerCase().includes(word.toLowerCase()));
  }

  /** @returns a copy of everything, ready for `JSON.stringify` */
  snapshot(): GuildData {
    return structuredClone({
      version: 1,
      lastId: this.ids.last,
      guild: this.guild,
      applicationId: this.applicationId,
      botId: this.botId,
      users: [...this.users.values()],
      roles: [...this.roles.values()],
      members: [...this.members.values()],
      channels: [...this.channels.values()],
      messages: [...this.messages.values()].flatMap((messages) => [...messages.values()]),
      webhooks: [...this.webhooks.values()],
      commands: this.commands,
      interactions: [...this.interactions.values()],
      files: Object.fromEntries([...this.files].map(([id, bytes]) => [id, bytes.toBase64()])),
    });
  }

  /** @returns the time as Discord writes it */
  timestamp(): string {
    return new Date(this.clock.now()).toISOString().replace("Z", "000+00:00");
  }

  /** @param listener gets every event that is dispatched */
  onDispatch(listener: (event: Dispatch) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * @param watcher called after every change
   * @returns stops it
   */
  onChange(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** @param event goes to the gateway's sessions, now */
  dispatch(event: Dispatch): void {
    for (const listener of this.#listeners) listener(event);
    this.changed();
  }

  /** Tells everyone who waits that something is different. */
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /**
   * @param id a user's id
   * @returns the user
   * @throws {DiscordError} 10013
   */
  user(id: string): UserState {
    return this.users.get(id) ?? refuse("unknownUser");
  }

  /**
   * @param userId a user's id
   * @returns the member
   * @throws {DiscordError} 10007
   */
  member(userId: string): MemberState {
    return this.members.get(userId) ?? refuse("unknownMember");
  }

  /**
   * @param id a channel's or thread's id
   * @returns it
   * @throws {DiscordError} 10003
   */
  channel(id: string): ChannelState {
    return this.channels.get(id) ?? refuse("unknownChannel");
  }

  /**
   * @param id a thread's id
   * @returns it
   * @throws {DiscordError} 10003 when it is not there or not a thread
   */
  thread(id: string): ThreadChannel {
    const channel = this.channel(id);
    return isThread(channel) ? channel : refuse("unknownChannel");
  }

  /**
   * @param channelId a channel's id
   * @returns its messages, oldest first; adding to the map adds to the channel
   */
  messagesOf(channelId: string): Map<string, MessageState> {
    let messages = this.messages.get(channelId);
    if (messages === undefined) this.messages.set(channelId, messages = new Map());
    return messages;
  }

  /**
   * @param channelId a channel's id
   * @param id a message's id
   * @returns the message
   * @throws {DiscordError} 10008
   */
  message(channelId: string, id: string): MessageState {
    return this.messages.get(channelId)?.get(id) ?? refuse("unknownMessage");
  }

  /** @param message goes into its channel, without an event */
  addMessage(message: MessageState): void {
    this.messagesOf(message.channelId).set(message.id, message);
    if (message.nonce !== undefined) this.nonces.set(`${message.authorId} ${message.nonce}`, message);
  }

  /**
   * @param parentId a channel's id
   * @returns its threads, oldest first
   */
  threadsOf(parentId?: string): ThreadChannel[] {
    return [...this.channels.values()].filter(isThread).filter((thread) =>
      parentId === undefined || thread.parentId === parentId
    );
  }

  /** How many threads are active in the guild. */
  get activeThreads(): number {
    return this.threadsOf().filter(({ thread }) => !thread.archived).length;
  }
}

/**
 * @param channel a channel or thread
 * @returns whether it is a thread
 */
export function isThread(channel: ChannelState): channel is ThreadChannel {
  return channel.thread !== undefined;
}

function byId<Item extends { id: string }>(items: Item[]): Map<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

function refuse(error: ConstructorParameters<typeof DiscordError>[0]): never {
  throw new DiscordError(error);
}
