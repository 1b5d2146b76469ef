/** The people on Discord's side: what a test, or you on the staff page, can make them do. */
import { type APIMessage, GatewayIntentBits as Intent, MessageFlags } from "discord-api-types/v10";
import { startTyping } from "./actions/channels.ts";
import { setAvatar } from "./avatars.ts";
import { createMessage, deleteMessages, editMessage } from "./actions/messages.ts";
import { type ChannelEdit, editChannel } from "./actions/threads.ts";
import { DiscordError } from "./errors.ts";
import { demand, may, talkPermission } from "./permissions.ts";
import { renderMember, renderMessage } from "./render.ts";
import { storeFile } from "./rest/message_body.ts";
import { react } from "./rest/reactions.ts";
import { type SlashUse, useCommand } from "./slash.ts";
import type { ChannelState, MemberState } from "./state.ts";
import { isThread, type World } from "./world.ts";

/** A file that someone of the staff attaches. */
export interface StaffFile {
  readonly name: string;
  readonly type?: string;
  readonly data: string | Uint8Array<ArrayBuffer>;
}

/** What a message has besides its text. */
export interface SayOptions {
  readonly files?: readonly StaffFile[];
  /** The id of the message it answers. */
  readonly replyTo?: string;
  readonly flags?: number;
  /** Names of stickers. */
  readonly stickers?: readonly string[];
  readonly poll?: { readonly question: string; readonly answers: readonly string[] };
  /** A message that is forwarded here. */
  readonly forward?: { readonly channelId: string; readonly messageId: string };
}

/** A member of the guild. Everything they do happens at once and is refused as Discord would refuse it. */
export class StaffMember {
  readonly #world: World;
  readonly #member: MemberState;

  /**
   * @param world where
   * @param member who
   */
  constructor(world: World, member: MemberState) {
    this.#world = world;
    this.#member = member;
  }

  /** The user's id. */
  get id(): string {
    return this.#member.userId;
  }

  /** The name that others see. */
  get displayName(): string {
    const user = this.#world.user(this.id);
    return this.#member.nick ?? user.globalName ?? user.username;
  }

  /**
   * Changes their picture; the messages that they have written keep the old one.
   *
   * @param picture a PNG, `null` for none
   * @param options `inServer` for a picture in this server alone
   */
  setAvatar(picture: Uint8Array<ArrayBuffer> | null, { inServer = false } = {}): void {
    setAvatar(this.#world, this.#member, picture, inServer);
  }

  /**
   * Writes a message, which wakes an archived thread.
   *
   * @param channelId the thread or channel
   * @param text what to say
   * @param options files and the message it answers
   * @returns the message
   * @throws {DiscordError} as Discord refuses it
   */
  say(channelId: string, text: string, options: SayOptions = {}): APIMessage {
    const channel = this.#channel(channelId);
    demand(this.#world, this.id, channel, talkPermission(channel));
    if (isThread(channel) && channel.thread.locked && !may(this.#world, this.id, channel, "ManageThreads")) {
      throw new DiscordError("threadLocked");
    }
    const { files = [], replyTo, flags = 0, stickers = [], poll, forward } = options;
    const isBare = files.length === 0 && stickers.length === 0 && poll === undefined && forward === undefined;
    if (text.trim() === "" && isBare) {
      throw new DiscordError("emptyMessage");
    }
    if (replyTo !== undefined) this.#world.message(channelId, replyTo);
    const attachments = files.map(({ name, type = "application/octet-stream", data }) => {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      return storeFile(this.#world, { name, type, bytes });
    });
    const message = createMessage(this.#world, channel, {
      authorId: this.id,
      content: text,
      attachments,
      flags: flags & MessageFlags.SuppressEmbeds,
      ...(replyTo === undefined ? {} : { reference: { type: 0, channelId, messageId: replyTo } }),
      ...(forward === undefined
        ? {}
        : { reference: { type: 1, channelId: forward.channelId, messageId: forward.messageId } }),
      ...(poll === undefined && forward === undefined
        ? {}
        : { extra: { ...pollParts(poll), ...this.#snapshot(forward) } }),
      ...(stickers.length === 0
        ? {}
        : { stickers: stickers.map((name) => ({ id: this.#world.ids.next(), name, format_type: 1 })) }),
    });
    return renderMessage(this.#world, message);
  }

  /**
   * @param channelId the thread or channel
   * @param messageId a message of theirs
   * @param text its new text
   * @returns the message
   * @throws {DiscordError} as Discord refuses it
   */
  edit(channelId: string, messageId: string, text: string): APIMessage {
    const message = this.#world.message(channelId, messageId);
    const channel = this.#channel(channelId);
    demand(this.#world, this.id, channel);
    if (message.authorId !== this.id) throw new DiscordError("notTheAuthor");
    if (channel.thread?.archived) throw new DiscordError("threadArchived");
    return renderMessage(this.#world, editMessage(this.#world, message, { content: text }));
  }

  /**
   * @param channelId the thread or channel
   * @param messageIds one message is deleted as such, several in bulk
   * @throws {DiscordError} as Discord refuses it
   */
  delete(channelId: string, ...messageIds: string[]): void {
    const channel = this.#channel(channelId);
    const others = messageIds.some((id) => this.#world.message(channelId, id).authorId !== this.id);
    demand(
      this.#world,
      this.id,
      channel,
      ...(others || messageIds.length > 1 ? ["ManageMessages" as const] : []),
    );
    deleteMessages(this.#world, channel, messageIds, messageIds.length > 1);
  }

  /** @param channelId the thread or channel in which they begin to write */
  type(channelId: string): void {
    const channel = this.#channel(channelId);
    demand(this.#world, this.id, channel, talkPermission(channel));
    startTyping(this.#world, channel, this.id);
    this.#world.transcript.add("staff", `${this.displayName} is typing in ${channelId}`);
  }

  /**
   * @param channelId the thread or channel
   * @param messageId a message there
   * @param emoji a Unicode emoji
   */
  react(channelId: string, messageId: string, emoji: string): void {
    const channel = this.#channel(channelId);
    demand(this.#world, this.id, channel, "AddReactions", "ReadMessageHistory");
    react(this.#world, this.#world.message(channelId, messageId), this.id, { id: null, name: emoji }, true);
  }

  /**
   * Uses a slash command that the application has registered.
   *
   * @param channelId the thread or channel
   * @param command its name
   * @param options values by option name
   * @returns to see how the application answers
   * @throws {TypeError} when there is no such command or the options do not fit
   */
  slash(
    channelId: string,
    command: string,
    options: Record<string, string | number | boolean> = {},
  ): SlashUse {
    return useCommand(this.#world, this.#member, this.#channel(channelId), command, options);
  }

  /**
   * @param threadId a thread
   * @param edit what to change: archived, locked, name
   * @throws {DiscordError} as Discord refuses it
   */
  editThread(
    threadId: string,
    edit: Pick<ChannelEdit, "archived" | "locked" | "name" | "appliedTags">,
  ): void {
    const thread = this.#world.thread(threadId);
    if (thread.thread.ownerId !== this.id || edit.locked !== undefined) {
      demand(this.#world, this.id, thread, "ManageThreads");
    }
    if (thread.thread.archived && edit.archived !== false) throw new DiscordError("threadArchived");
    editChannel(this.#world, thread, edit, this.id);
  }

  /** @param nick the name in this guild, null for none */
  setNick(nick: string | null): void {
    this.#member.nick = nick;
    this.#world.dispatch({
      t: "GUILD_MEMBER_UPDATE",
      d: { ...renderMember(this.#world, this.#member), guild_id: this.#world.guild.id },
      intent: Intent.GuildMembers,
    });
  }

  /** @see https://docs.discord.com/developers/resources/message#message-snapshot-object */
  #snapshot(forward: SayOptions["forward"]): Record<string, unknown> {
    if (forward === undefined) return {};
    const original = renderMessage(this.#world, this.#world.message(forward.channelId, forward.messageId));
    const { content, embeds, attachments, timestamp, edited_timestamp, flags, mentions, type } = original;
    const message = { content, embeds, attachments, timestamp, edited_timestamp, flags, mentions, type };
    return { message_snapshots: [{ message }] };
  }

  #channel(id: string): ChannelState {
    return this.#world.channel(id);
  }
}

/** @see https://docs.discord.com/developers/resources/poll */
function pollParts(poll: SayOptions["poll"]): Record<string, unknown> {
  if (poll === undefined) return {};
  const answers = poll.answers.map((text, index) => ({ answer_id: index + 1, poll_media: { text } }));
  return {
    poll: {
      question: { text: poll.question },
      answers,
      expiry: null,
      allow_multiselect: false,
      layout_type: 1,
    },
  };
}
