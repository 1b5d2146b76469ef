/**
 * Discord as this folder sees it: plain values and two small interfaces. Only `rest.ts`, `gateway.ts` and `shard.ts` know
 * what stands behind them.
 *
 * @module
 */
import type { Snowflake } from "./snowflake.ts";

/** Somebody on Discord, with the names that they carry here. */
export interface DiscordUser {
  readonly id: Snowflake;
  readonly username: string;
  readonly globalName?: string;
  /** The name in this guild. */
  readonly nick?: string;
  /** Hash of the picture. */
  readonly avatar?: string;
  /** Hash of the picture in this guild. */
  readonly guildAvatar?: string;
  readonly bot: boolean;
  /** Roles in this guild; `undefined` where Discord did not tell them. */
  readonly roles?: readonly Snowflake[];
}

/** A file of a message. */
export interface DiscordAttachment {
  readonly id: Snowflake;
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  /** Signed, and expired after a day. */
  readonly url: string;
}

/** Words of a message that are neither its text nor an attachment. */
export interface DiscordExtra {
  /** One line, or several. */
  readonly text: string;
  /** Set where the words are in Discord's markdown: those whom they may mention. */
  readonly mentions?: readonly DiscordUser[];
}

/** A message, as far as it is used. */
export interface DiscordMessage {
  readonly id: Snowflake;
  readonly channelId: Snowflake;
  readonly guildId?: Snowflake;
  readonly author: DiscordUser;
  /** Set when a webhook wrote it. */
  readonly webhookId?: Snowflake;
  /** Set when an application wrote it. */
  readonly applicationId?: Snowflake;
  /** https://discord.com/developers/docs/resources/message#message-object-message-types */
  readonly type: number;
  readonly content: string;
  /** ISO 8601, as Discord writes it; set from the first edit on. */
  readonly editedTimestamp?: string;
  /** The message that this one answers. */
  readonly replyTo?: Snowflake;
  readonly mentions: readonly DiscordUser[];
  readonly attachments: readonly DiscordAttachment[];
  /** Stickers, polls, forwards and embeds, in the order in which Discord shows them. */
  readonly extras: readonly DiscordExtra[];
  /** How each of the messages begins that this one forwards; their words are among the extras. */
  readonly forwarded: readonly string[];
}

/** An edit as the gateway tells it; what was not told is `undefined`. */
export interface DiscordMessageEdit {
  readonly id: Snowflake;
  readonly channelId: Snowflake;
  /** The whole message, unless Discord sent only a part of it. */
  readonly message?: DiscordMessage;
}

/** The kinds of channels that matter here. */
export type ChannelKind = "text" | "forum" | "thread" | "other";

/** A rule of a channel that gives or takes permissions. */
export interface PermissionOverwrite {
  /** A role, or a member. */
  readonly id: Snowflake;
  readonly allow: bigint;
  readonly deny: bigint;
}

/** A channel or a thread. */
export interface DiscordChannel {
  readonly id: Snowflake;
  readonly guildId?: Snowflake;
  readonly kind: ChannelKind;
  readonly name: string;
  readonly parentId?: Snowflake;
  /** Of a thread: who made it. */
  readonly ownerId?: Snowflake;
  readonly lastMessageId?: Snowflake;
  readonly overwrites: readonly PermissionOverwrite[];
  /** Of a forum: its tags. */
  readonly tags: readonly { readonly id: Snowflake; readonly name: string }[];
  /** Of a forum: a post must carry a tag. */
  readonly tagRequired: boolean;
  /** Of a thread: when it was archived or woken last, ISO 8601. */
  readonly archiveTimestamp?: string;
  readonly archived: boolean;
  readonly locked: boolean;
  /** Of a thread in a forum: the tags that it carries. */
  readonly appliedTags: readonly Snowflake[];
}

/** A role. */
export interface DiscordRole {
  readonly id: Snowflake;
  readonly name: string;
  readonly permissions: bigint;
}

/** A guild, as the gateway tells it when the bot comes in. */
export interface DiscordGuild {
  readonly id: Snowflake;
  readonly name: string;
  readonly ownerId?: Snowflake;
  readonly channels: readonly DiscordChannel[];
  /** Active threads. */
  readonly threads: readonly DiscordChannel[];
  readonly roles: readonly DiscordRole[];
  /** The roles of the bot itself; `undefined` when the guild did not say. */
  readonly ownRoles?: readonly Snowflake[];
  /** The bytes that a file of the bot's may have here. */
  readonly fileBytes: number;
}

/** What of a guild may change while the bot is in it; its channels and roles have events of their own. */
export type DiscordGuildChange = Pick<DiscordGuild, "id" | "name" | "ownerId" | "fileBytes">;

/** Somebody has used a slash command. */
export interface DiscordInteraction {
  readonly id: Snowflake;
  /** Answers it; a secret. */
  readonly token: string;
  readonly guildId?: Snowflake;
  readonly channelId: Snowflake;
  readonly user: DiscordUser;
  /** What they may do in the channel; `undefined` where Discord did not tell. */
  readonly permissions?: bigint;
  readonly command: string;
  readonly options: ReadonlyMap<string, string>;
}

/** A problem that only a person can solve; nothing is tried again. */
export interface DiscordProblem {
  readonly code: "token" | "intents" | "gateway";
  /** For the operator: what is wrong and what to click. */
  readonly message: string;
}

/** What happens on Discord. */
export type DiscordEvent =
  | {
    /** A new session: what happened since the last one is not told. */
    readonly type: "ready";
    readonly bot: DiscordUser;
    readonly applicationId: Snowflake;
    /** The guilds that the bot is in; each follows as an event of its own. */
    readonly guildIds: readonly Snowflake[];
  }
  | { readonly type: "resumed" | "disconnected" }
  | { readonly type: "guild"; readonly guild: DiscordGuild }
  | { readonly type: "guild-update"; readonly change: DiscordGuildChange }
  | { readonly type: "guild-gone"; readonly id: Snowflake; readonly outage: boolean }
  | { readonly type: "channel"; readonly channel: DiscordChannel }
  /** `isNew`: it was made just now, so that nothing in it was missed. */
  | { readonly type: "thread"; readonly channel: DiscordChannel; readonly isNew: boolean }
  | {
    /** The bot may see a channel that it could not see before; these are its active threads. */
    readonly type: "channel-opened";
    readonly guildId: Snowflake;
    readonly threads: readonly DiscordChannel[];
  }
  | { readonly type: "channel-gone" | "thread-gone"; readonly id: Snowflake }
  | { readonly type: "role"; readonly guildId: Snowflake; readonly role: DiscordRole }
  | { readonly type: "role-gone"; readonly guildId: Snowflake; readonly id: Snowflake }
  | { readonly type: "own-roles"; readonly guildId: Snowflake; readonly roles: readonly Snowflake[] }
  | { readonly type: "message"; readonly message: DiscordMessage }
  | { readonly type: "message-edit"; readonly edit: DiscordMessageEdit }
  | { readonly type: "messages-gone"; readonly channelId: Snowflake; readonly ids: readonly Snowflake[] }
  | { readonly type: "interaction"; readonly interaction: DiscordInteraction }
  | {
    readonly type: "typing";
    readonly channelId: Snowflake;
    readonly guildId?: Snowflake;
    readonly user: DiscordUser;
  }
  | { readonly type: "problem"; readonly problem: DiscordProblem };

/** The gateway: tells what happens, connects again for ever, resumes where it can. */
export interface DiscordGateway {
  /** Begins to connect; events come through the listener. */
  start(listener: (event: DiscordEvent) => void): void;
  /** Closes with a code that keeps the session. No event comes after the call. */
  stop(): Promise<void>;
}

/** A file to upload. */
export interface Upload {
  readonly name: string;
  readonly blob: Blob;
}

/** A new message. */
export interface NewMessage {
  readonly content: string;
  /** At most 25 characters; a second message with the same one is answered with the first. */
  readonly nonce?: string;
  /** The message that this one answers; sent without when that is gone. */
  readonly replyTo?: Snowflake;
  readonly files?: readonly Upload[];
}

/** What of a thread is changed; what is left out stays. */
export interface ThreadChange {
  readonly archived?: boolean;
  /** Only moderators may write in it or wake it. */
  readonly locked?: boolean;
  readonly tags?: readonly Snowflake[];
}

/** A new thread. */
export interface NewThread {
  readonly name: string;
  /** The first message, for forums only. */
  readonly content?: string;
  readonly tags?: readonly Snowflake[];
}

/**
 * The calls that are needed, and no more. Each waits for its turn under Discord's rate limits and rejects with a
 * `DiscordRefusal` or a `DiscordUnreachable`.
 */
export interface DiscordRest {
  /** Where the gateway is. */
  gatewayUrl(): Promise<{ readonly url: string; readonly remaining: number; readonly resetAfterMs: number }>;
  guildChannels(guildId: Snowflake): Promise<readonly DiscordChannel[]>;
  activeThreads(guildId: Snowflake): Promise<readonly DiscordChannel[]>;
  /** A page of public archived threads, latest archived first. `before`: ISO 8601. */
  archivedThreads(
    channelId: Snowflake,
    before?: string,
  ): Promise<{ readonly threads: readonly DiscordChannel[]; readonly more: boolean }>;
  /** Makes a post in a forum, or a public thread in a text channel. */
  createThread(parent: DiscordChannel, thread: NewThread): Promise<DiscordChannel>;
  sendMessage(channelId: Snowflake, message: NewMessage): Promise<DiscordMessage>;
  editMessage(channelId: Snowflake, messageId: Snowflake, content: string): Promise<void>;
  deleteMessage(channelId: Snowflake, messageId: Snowflake): Promise<void>;
  /** Up to 100 messages after an id, oldest first. */
  messagesAfter(channelId: Snowflake, after: Snowflake, limit: number): Promise<readonly DiscordMessage[]>;
  message(channelId: Snowflake, messageId: Snowflake): Promise<DiscordMessage>;
  channel(channelId: Snowflake): Promise<DiscordChannel>;
  changeThread(threadId: Snowflake, change: ThreadChange): Promise<void>;
  /** Shows the bot as typing for ten seconds. */
  showTyping(channelId: Snowflake): Promise<void>;
  /** @param emoji a Unicode emoji */
  react(channelId: Snowflake, messageId: Snowflake, emoji: string): Promise<void>;
  /** The roles of a member; `undefined` for who is none. */
  memberRoles(guildId: Snowflake, userId: Snowflake): Promise<readonly Snowflake[] | undefined>;
  /** Whether the application may read what messages say; `undefined` where the server does not tell. */
  mayReadMessages(): Promise<boolean | undefined>;
  /** Ends calls that wait or are under way, and lets go of timers. */
  close(): Promise<void>;
}
