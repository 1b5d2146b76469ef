import type { JsonObject, Message, MessageEdit, ServiceWorker, Uuid } from "../core/mod.ts";
import { authorOf, displayName } from "./author.ts";
import { type MarkupNames, readMarkup } from "./markup.ts";
import type { DiscordMessage, DiscordMessageEdit, DiscordUser } from "./ports.ts";
import { compareSnowflakes, isSnowflake, type Snowflake } from "./snowflake.ts";

/**
 * DEFAULT and REPLY; all other types are what Discord says or what applications answer.
 * https://discord.com/developers/docs/resources/message#message-object-message-types
 */
const SPOKEN_TYPES: readonly number[] = [0, 19];

/** What the inbox needs. */
export interface InboxOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  /** The bot itself and its webhooks: what they write is our own (X5). */
  readonly isOwn: (id: Snowflake) => boolean;
  /** A message that begins so stays in Discord; none when empty. */
  readonly notePrefix: string;
  readonly names: Omit<MarkupNames, "users">;
  /** Somebody of the staff wrote or typed. */
  readonly onStaffActive: () => void;
}

/** Brings what staff do in a thread to the visitor. The caller keeps the order of a thread's events. */
export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** A message of a paired thread, live or read later. The same one again changes nothing. */
  async message(message: DiscordMessage): Promise<void> {
    const { worker, onStaffActive } = this.#options;
    const { id, channelId: thread } = message;
    const view = this.#isForVisitor(message) ? this.#view(message) : undefined;
    if (view === undefined) {
      await this.#passOver(thread, id);
      return;
    }
    onStaffActive();
    const replyTo = message.replyTo && await worker.findMessage(thread, message.replyTo);
    const { message: stored, duplicate } = await worker.send(thread, {
      ...view,
      cid: `d${id}`,
      author: authorOf(message.author, message.guildId),
      remoteIds: [id],
      cursor: id,
      ...(replyTo && { replyTo: replyTo.seq }),
    });
    if (duplicate) await this.#change(message, stored);
  }

  /** An update of a message: an edit when it says when it was edited, anything else is a link's preview and the like. */
  async edit({ message }: DiscordMessageEdit): Promise<void> {
    if (message?.editedTimestamp === undefined) return;
    const stored = await this.#options.worker.findMessage(message.channelId, message.id);
    if (stored !== undefined) await this.#change(message, stored);
  }

  /** Messages were deleted. */
  async gone(thread: Snowflake, ids: readonly Snowflake[]): Promise<void> {
    const { worker } = this.#options;
    for (const id of ids) {
      const stored = await worker.findMessage(thread, id);
      // Deleting our own copy of a visitor's message in Discord does not unsay what the visitor said.
      if (stored !== undefined && this.#isStaffs(stored)) await worker.delete(thread, stored.seq);
    }
  }

  /** Somebody is typing in a paired thread. */
  async typing(thread: Snowflake, user: DiscordUser): Promise<void> {
    if (this.#options.isOwn(user.id)) return;
    this.#options.onStaffActive();
    await this.#options.worker.typing(thread, displayName(user));
  }

  #isForVisitor(message: DiscordMessage): boolean {
    const { isOwn } = this.#options;
    if (isOwn(message.author.id) || (message.webhookId !== undefined && isOwn(message.webhookId))) {
      return false;
    }
    return SPOKEN_TYPES.includes(message.type) && !this.#isNote(message);
  }

  #isNote({ content }: DiscordMessage): boolean {
    const { notePrefix } = this.#options;
    return notePrefix !== "" && content.trimStart().startsWith(notePrefix);
  }

  /** A message for the visitor; `undefined` when nothing of it can be shown. */
  #view(message: DiscordMessage): (MessageEdit & { readonly data: JsonObject }) | undefined {
    const { names } = this.#options;
    const { content, nodes } = readMarkup(message.content, { ...names, users: message.mentions });
    const lines = [content, ...message.extras].filter((line) => line !== "");
    if (lines.length === 0) return undefined;
    const extras = lines.slice(content === "" ? 0 : 1).flatMap((line) => textNodes(line));
    return {
      content: lines.join("\n"),
      data: {
        ...(nodes !== undefined && { nodes: [...nodes, ...extras] }),
        ...(message.editedTimestamp !== undefined && { edited: message.editedTimestamp }),
      },
    };
  }

  async #change(message: DiscordMessage, stored: Message): Promise<void> {
    const { worker } = this.#options;
    const { editedTimestamp, channelId } = message;
    if (editedTimestamp === undefined || !this.#isStaffs(stored) || stored.deletedAt !== undefined) return;
    // Told again, or overtaken by a later edit.
    const known = stored.data?.edited;
    if (typeof known === "string" && Date.parse(editedTimestamp) <= Date.parse(known)) return;
    const view = this.#isNote(message) ? undefined : this.#view(message);
    if (view === undefined) {
      await worker.delete(channelId, stored.seq);
      return;
    }
    const same = view.content === stored.content &&
      JSON.stringify(view.data.nodes) === JSON.stringify(stored.data?.nodes);
    if (!same) await worker.edit(channelId, stored.seq, view);
  }

  #isStaffs(message: Message): boolean {
    return message.side === this.#options.worker.side;
  }

  /** The message was seen, so that nobody reads it again after a restart. */
  async #passOver(thread: Snowflake, id: Snowflake): Promise<void> {
    const { worker } = this.#options;
    const cursor = await worker.cursor(thread);
    if (!isSnowflake(cursor) || compareSnowflakes(id, cursor) > 0) await worker.setCursor(thread, id);
  }
}

function textNodes(line: string): JsonObject[] {
  return line.split("\n").flatMap((text) => [{ type: "break" }, { type: "text", text }]);
}
