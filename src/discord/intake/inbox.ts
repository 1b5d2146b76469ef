import type { Connection, JsonObject, Message, MessageEdit, ServiceWorker, Uuid } from "../../core/mod.ts";
import { authorOf, displayName } from "../author.ts";
import type { Desk } from "../desk.ts";
import { Code, DiscordRefusal, refusedWith } from "../errors.ts";
import type { Attachments, KeptAttachments } from "../files/attachments.ts";
import { type MarkupNames, readMarkup } from "../text/markup.ts";
import { isNote } from "./note.ts";
import type { DiscordMessage, DiscordMessageEdit, DiscordRest, DiscordUser } from "../ports.ts";
import { compareSnowflakes, isSnowflake, type Snowflake } from "../snowflake.ts";
import type { Staff, Whereabouts } from "../staff.ts";

/** How many delivered messages back the last one is looked for that stood before an answer. */
const LOOK_BACK = 100;

/**
 * DEFAULT and REPLY; all other types are what Discord says or what applications answer.
 * https://discord.com/developers/docs/resources/message#message-object-message-types
 */
const SPOKEN_TYPES: readonly number[] = [0, 19];

/** What the inbox needs. */
export interface InboxOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: Pick<DiscordRest, "message">;
  /** Whether the bot itself or a webhook of its own wrote it: that is our own (X5). */
  readonly isOwn: (message: DiscordMessage) => boolean;
  /** Whether somebody is the bot itself. */
  readonly isSelf: (id: Snowflake) => boolean;
  /** Who may be heard by visitors. */
  readonly staff: Staff;
  readonly attachments: Attachments;
  readonly desk: Desk;
  /** A message that begins so stays in Discord; none when empty. */
  readonly notePrefix: string;
  readonly names: Omit<MarkupNames, "users">;
  /** Somebody of the staff wrote or typed. */
  readonly onStaffActive: () => void;
  /** A message of the staff's has come with nothing in it. */
  readonly onEmpty: (about: { readonly uid: Uuid; readonly thread: Snowflake }) => void;
}

/** How a message is shown to the visitor. */
type View = MessageEdit & { readonly data: JsonObject };

/** Brings what staff do in a thread to the visitor. The caller keeps the order of a thread's events. */
export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** A message of a paired thread, live or read later. The same one again changes nothing. */
  async message(message: DiscordMessage): Promise<void> {
    const { worker } = this.#options;
    const { id, channelId: thread } = message;
    const known = await worker.findMessage(thread, id);
    if (known !== undefined) return await this.#change(message, known);
    if (!await this.#isForVisitor(message)) return await this.#passOver(thread, id);
    if (await this.#isTakenBack(message)) return;
    if (!await this.#send(message, { cursor: id })) await this.#passOver(thread, id);
  }

  /**
   * Whether an event tells of a message that is not there any more: the thread was read beyond it while the event waited, and its
   * deletion may have been told while nobody listened.
   */
  async #isTakenBack({ id, channelId: thread }: DiscordMessage): Promise<boolean> {
    const { worker, rest } = this.#options;
    const cursor = await worker.cursor(thread);
    if (!isSnowflake(cursor) || compareSnowflakes(id, cursor) > 0) return false;
    try {
      await rest.message(thread, id);
      return false;
    } catch (error) {
      if (refusedWith(error, Code.unknownMessage)) return true;
      // Who cannot ask has but the event's word.
      if (error instanceof DiscordRefusal) return false;
      throw error;
    }
  }

  /** An update of a message: an edit when it says when it was edited, anything else is a link's preview and the like. */
  async edit({ message }: DiscordMessageEdit): Promise<void> {
    if (message !== undefined) await this.#edited(message, () => this.#isTakenBack(message));
  }

  async #edited(message: DiscordMessage, isTakenBack: () => Promise<boolean>): Promise<void> {
    if (message.editedTimestamp === undefined) return;
    const stored = await this.#options.worker.findMessage(message.channelId, message.id);
    if (stored !== undefined) return await this.#change(message, stored);
    // A note that is none any more, or the first words of what had nothing to show.
    if (await this.#isForVisitor(message) && !await isTakenBack()) await this.#send(message, {});
  }

  /**
   * A thread is read again: compares what is there now with what is known of it.
   *
   * @param messages those up to and with `through`, oldest first, without a gap
   */
  async review(thread: Snowflake, messages: readonly DiscordMessage[], through: Snowflake): Promise<void> {
    const { worker } = this.#options;
    const [first] = messages;
    const connection = await worker.connectionOf(thread);
    // None at all: that is what Discord shows to who may not read.
    if (connection === undefined || first === undefined) return;
    for (const message of messages) await this.#edited(message, () => Promise.resolve(false));
    const there = new Set(messages.map(({ id }) => id));
    const page = await connection.messages({ limit: LOOK_BACK });
    for (const { seq, side, deletedAt } of page.messages) {
      if (side !== worker.side || deletedAt !== undefined) continue;
      const ids = (await worker.remoteIds(connection, seq)).filter(isSnowflake);
      const isMissing = ids.length > 0 &&
        ids.every((id) =>
          !there.has(id) && compareSnowflakes(id, first.id) > 0 && compareSnowflakes(id, through) <= 0
        );
      if (isMissing) await worker.delete(thread, seq);
    }
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
  async typing(where: Whereabouts, user: DiscordUser): Promise<void> {
    const { worker, staff, isSelf, onStaffActive } = this.#options;
    const { channelId: thread } = where;
    if (isSelf(user.id) || !await staff.has(user, where)) return;
    onStaffActive();
    await worker.typing(thread, displayName(user));
    const connection = await worker.connectionOf(thread);
    if (connection !== undefined) await this.#markRead(thread, connection);
  }

  /** Gives whether there was anything to show. */
  async #send(message: DiscordMessage, extra: { readonly cursor?: Snowflake }): Promise<boolean> {
    const { worker, desk, onStaffActive, onEmpty, attachments } = this.#options;
    const { id, channelId: thread } = message;
    const connection = await worker.connectionOf(thread);
    if (connection === undefined) return false;
    const cid = `d${id}`;
    const kept = await attachments.keep(message, connection.uid, cid);
    const view = this.#view(message, kept);
    if (view === undefined) {
      onEmpty({ uid: connection.uid, thread });
      return false;
    }
    onStaffActive();
    const replyTo = message.replyTo && await worker.findMessage(thread, message.replyTo);
    await worker.send(thread, {
      ...view,
      ...extra,
      cid,
      author: authorOf(message.author, message.guildId),
      remoteIds: [id],
      ...(replyTo && { replyTo: replyTo.seq }),
    });
    await this.#markRead(thread, connection, id);
    await desk.staffWrote(thread, connection, id);
    return true;
  }

  /**
   * Whoever answers has read what was there.
   *
   * @param before the id of the answer; what came later was not there yet
   */
  async #markRead(thread: Snowflake, connection: Connection, before?: Snowflake): Promise<void> {
    const { worker } = this.#options;
    const { delivered, read } = await connection.watermarks(worker.side);
    for (let seq = delivered; seq > read && seq > delivered - LOOK_BACK; seq--) {
      const ids = (await worker.remoteIds(connection, seq)).filter(isSnowflake);
      const isLater = before !== undefined && ids.some((id) => compareSnowflakes(id, before) > 0);
      if (!isLater) return await worker.markRead(thread, seq);
    }
  }

  /** What members say; a webhook of somebody else's, which tells of a build or a ticket, is none. */
  async #isForVisitor(message: DiscordMessage): Promise<boolean> {
    const { isOwn, staff } = this.#options;
    return !isOwn(message) && message.webhookId === undefined && SPOKEN_TYPES.includes(message.type) &&
      !isNote(message, this.#options.notePrefix) && await staff.has(message.author, message);
  }

  /** A message for the visitor; `undefined` when nothing of it can be shown. */
  #view(message: DiscordMessage, { files, ids }: KeptAttachments): View | undefined {
    const { names } = this.#options;
    const { content, nodes } = readMarkup(message.content, { ...names, users: message.mentions });
    const named = message.attachments.filter(({ id }) => !ids.includes(id)).map(({ filename }) =>
      `[${filename}]`
    );
    const extra = message.extras.map(({ text, mentions }) =>
      mentions === undefined ? text : readMarkup(text, { ...names, users: mentions }).content
    );
    const lines = [content, ...extra, ...named].filter((line) => line !== "");
    if (lines.length === 0 && files.length === 0) return undefined;
    const extras = lines.slice(content === "" ? 0 : 1).flatMap((line) => textNodes(line));
    return {
      content: lines.join("\n"),
      ...(files.length > 0 && { files }),
      data: {
        ...(nodes !== undefined && { nodes: [...nodes, ...extras] }),
        ...(ids.length > 0 && { attachments: ids }),
        ...(message.editedTimestamp !== undefined && { edited: message.editedTimestamp }),
      },
    };
  }

  async #change(message: DiscordMessage, stored: Message): Promise<void> {
    const { worker, notePrefix } = this.#options;
    const { editedTimestamp, channelId } = message;
    if (editedTimestamp === undefined || !this.#isStaffs(stored) || stored.deletedAt !== undefined) return;
    // Told again, or overtaken by a later edit.
    const known = stored.data?.edited;
    if (typeof known === "string" && Date.parse(editedTimestamp) <= Date.parse(known)) return;
    const view = isNote(message, notePrefix) ? undefined : this.#view(message, stillThere(message, stored));
    if (view === undefined) {
      await worker.delete(channelId, stored.seq);
      return;
    }
    const same = view.content === stored.content &&
      (view.files ?? []).length === (stored.files ?? []).length &&
      JSON.stringify(view.data.nodes) === JSON.stringify(stored.data?.nodes);
    if (!same) await worker.edit(channelId, stored.seq, { ...view, files: view.files ?? [] });
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

/** An edit can take attachments away, but add none. */
function stillThere({ attachments }: DiscordMessage, { files = [], data }: Message): KeptAttachments {
  const ids = Array.isArray(data?.attachments) ? data.attachments.filter(isSnowflake) : [];
  const kept = files.map((file, index) => ({ file, id: ids[index] })).filter(({ id }) =>
    attachments.some((attachment) => attachment.id === id)
  );
  return { files: kept.map(({ file }) => file), ids: kept.map(({ id }) => id).filter(isSnowflake) };
}

function textNodes(line: string): JsonObject[] {
  return line.split("\n").flatMap((text) => [{ type: "break" }, { type: "text", text }]);
}
