import type { APIMessage } from "discord-api-types/v10";
import type { SlashUse } from "../support/discord/mod.ts";
import type { ThreadChannel } from "../support/discord/world.ts";
import type { Excuse } from "./forbidden.ts";
import type { SeededRandom } from "./random.ts";
import { StaffMessage } from "./staff_message.ts";
import type { UnsteadyDiscord } from "./unsteady_discord.ts";
import type { Visitor } from "./visitor.ts";
import { type ChaosFile, VisitorMessage } from "./visitor_message.ts";
import { compose, readBack, type TextOptions, unescape } from "./words.ts";

/** The largest file, in bytes: limits of size have tests of their own. */
const MAX_FILE_BYTES = 30_000;

/** Somebody used `/close`. */
export interface Closing {
  /** What the visitor is told, which nobody else is. */
  readonly reason: string;
  readonly use: SlashUse;
}

/** One visitor, their thread, and everything that was said in it at either end. */
export class Conversation {
  readonly index: number;
  readonly visitor: Visitor;
  /** What the visitor has said, in order. */
  readonly said: VisitorMessage[] = [];
  readonly staff: StaffMessage[] = [];
  readonly closings: Closing[] = [];
  #growth: "none" | "once" | "more" = "none";
  readonly #discord: UnsteadyDiscord;
  readonly #random: SeededRandom;
  readonly #edits = new Map<string, number>();
  #thread: string | undefined;

  constructor(index: number, visitor: Visitor, discord: UnsteadyDiscord, random: SeededRandom) {
    this.index = index;
    this.visitor = visitor;
    this.#discord = discord;
    this.#random = random;
  }

  /** The thread's id, while there is one. */
  get thread(): string | undefined {
    const { world } = this.#discord.now;
    const thread = this.#thread;
    if (thread !== undefined && world.channels.has(thread)) {
      if (!world.thread(thread).thread.locked) return thread;
      // What staff have said in a thread that was made twice is not heard, and they are told so.
      this.#unheardIn(thread);
    }
    return this.#thread = this.threads[0];
  }

  /** The ids of all threads that bear the visitor's name and are open: there is to be one. */
  get threads(): readonly string[] {
    return this.#named.filter(({ thread }) => !thread.locked).map(({ id }) => id);
  }

  /** The ids of those that the bridge has locked, which it does with one that was made twice. */
  get strays(): readonly string[] {
    return this.#named.filter(({ thread }) => thread.locked).map(({ id }) => id);
  }

  /** How often it is said in a thread that it was made twice. */
  noticesIn(stray: string): number {
    return this.#discord.now.messages(stray).filter((message) =>
      this.#isOurs(message) && message.content.startsWith("This thread was made twice.")
    ).length;
  }

  get #named(): readonly ThreadChannel[] {
    const { uid } = this.visitor.state;
    return this.#discord.now.world.threadsOf(this.#discord.forum).filter(({ name }) => name === uid);
  }

  #unheardIn(thread: string): void {
    for (const message of this.staff) {
      if (message.thread === thread) message.threadGone(this.#shown(message));
    }
  }

  /** What stands in the thread, without the starter and what Discord itself says. */
  get posted(): readonly APIMessage[] {
    const { thread } = this;
    return this.#messages.filter(({ id, type }) => id !== thread && (type === 0 || type === 19));
  }

  /** The first message of the thread. */
  get starter(): APIMessage | undefined {
    return this.#messages.find(({ id }) => id === this.thread);
  }

  /** What of {@link Conversation.posted} the bot has posted for the visitor, or its webhook. */
  get postedForVisitor(): readonly APIMessage[] {
    return this.posted.filter((message) => this.#isOurs(message));
  }

  /** What staff have posted. */
  get postedByStaff(): readonly APIMessage[] {
    return this.posted.filter((message) => !this.#isOurs(message));
  }

  /** What staff have said in the present thread and not taken back. */
  get answers(): readonly StaffMessage[] {
    const { thread } = this;
    return this.staff.filter((message) => message.thread === thread && !message.deleted);
  }

  /** What requests would have posted in the thread that Discord carried out late, with no nonce to know them again by. */
  get late(): readonly string[] {
    const { thread } = this;
    return thread === undefined ? [] : this.#discord.requestFaults.lateIn(thread);
  }

  /** The bytes of an attachment. */
  bytesOf(attachment: string): Uint8Array | undefined {
    return this.#discord.now.world.files.get(attachment);
  }

  get #messages(): readonly APIMessage[] {
    const { thread } = this;
    return thread === undefined ? [] : this.#discord.now.messages(thread);
  }

  #isOurs({ author, webhook_id: webhook }: APIMessage): boolean {
    return author.id === this.#discord.now.botId || webhook !== undefined;
  }

  /** The visitor writes. */
  say(options: TextOptions, replyTo?: number): void {
    const mark = this.#nextMark();
    const text = compose(mark, 0, this.#random, options);
    this.#note(new VisitorMessage(mark, text));
    this.visitor.say(text, { ...(replyTo !== undefined && { replyTo }) });
  }

  /** The visitor sends a file with a word or two. @returns false when it could not be uploaded */
  async sayWithFile(options: TextOptions): Promise<boolean> {
    const bytes = this.#someBytes();
    // Others may be said while it is uploaded: only then it gets its place.
    const info = await this.visitor.upload(`v${this.index}n${this.#random.below(1e9)}.txt`, bytes);
    if (info === undefined) return false;
    const mark = this.#nextMark();
    const text = compose(mark, 0, this.#random, options);
    this.#note(new VisitorMessage(mark, text, { name: info.name, bytes }));
    this.visitor.say(text, { files: [info] });
    return true;
  }

  #nextMark(): string {
    return `v${this.index}x${this.said.length}`;
  }

  #someBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(1 + this.#random.below(MAX_FILE_BYTES));
    return bytes.map(() => this.#random.below(256));
  }

  #note(message: VisitorMessage): void {
    this.said.push(message);
    this.#excuse(message, this.#discord.forbidden.excuse);
  }

  #excuse(message: VisitorMessage, { posts, files }: Excuse): void {
    message.mayFail ||= posts;
    message.mayLackFile ||= files;
  }

  /**
   * Whether it can be told which messages had to give way to one that grew: a change of what stands around it takes the sign away from where
   * they stand now.
   */
  get hasClearOrder(): boolean {
    return this.#growth !== "more";
  }

  /** The visitor changes something they wrote, into something that is no longer than it was. */
  shorten(seq: number): void {
    this.#disturb();
    const [[mark, words] = ["", []]] = readBack([this.#written(seq)]);
    this.#edit(mark, seq, { words: 1 + this.#random.below(words.length), plain: true });
  }

  /** The visitor changes something they wrote into something long. */
  grow(seq: number, options: TextOptions): void {
    const [mark = ""] = readBack([this.#written(seq)]).keys();
    this.#growth = this.#growth === "none" ? "once" : "more";
    this.#edit(mark, seq, options);
  }

  /** The visitor takes something back. */
  takeBack(seq: number): void {
    this.#disturb();
    const [mark] = readBack([this.#written(seq)]).keys();
    const message = this.said.find((message) => message.mark === mark);
    if (message !== undefined) this.#excuse(message, this.#discord.forbidden.excuse);
    this.visitor.delete(seq);
  }

  #disturb(): void {
    if (this.#growth === "once") this.#growth = "more";
  }

  #written(seq: number): string {
    return this.visitor.own.find((message) => message.seq === seq)?.content ?? "";
  }

  #edit(mark: string, seq: number, options: TextOptions): void {
    const text = compose(mark, this.#nextEdit(mark), this.#random, options);
    const message = this.said.find((message) => message.mark === mark);
    message?.edited(text);
    if (message !== undefined) this.#excuse(message, this.#discord.forbidden.excuse);
    this.visitor.edit(seq, text);
  }

  #nextEdit(mark: string): number {
    const edit = (this.#edits.get(mark) ?? 0) + 1;
    this.#edits.set(mark, edit);
    return edit;
  }

  /** Somebody of the staff answers. @returns whether they could */
  answer(
    name: string,
    words: number,
    options: { readonly replyTo?: string; readonly file?: boolean } = {},
  ): boolean {
    const { thread } = this;
    if (thread === undefined || !this.#staffCan || !this.#canBeAwake(thread)) return false;
    const mark = `s${this.index}x${this.staff.length}`;
    const text = compose(mark, 0, this.#random, { words, plain: true });
    const { replyTo, file: hasFile = false } = options;
    const file: ChaosFile | undefined = hasFile
      ? { name: `${mark}.txt`, bytes: this.#someBytes() }
      : undefined;
    const { id } = this.#discord.now.staff(name).say(thread, text, {
      ...(replyTo !== undefined && { replyTo }),
      ...(file !== undefined && { files: [{ name: file.name, data: file.bytes }] }),
    });
    this.staff.push(new StaffMessage({ mark, id, text, thread, file }));
    return true;
  }

  /** Somebody of the staff changes what they said. */
  editAnswer(name: string, message: StaffMessage): void {
    const text = compose(message.mark, this.#nextEdit(message.mark), this.#random, { words: 4, plain: true });
    if (this.#change((thread) => this.#discord.now.staff(name).edit(thread, message.id, text))) {
      message.edited(text);
    }
  }

  /** Somebody of the staff takes back what they said. */
  deleteAnswer(name: string, message: StaffMessage): void {
    if (this.#change((thread) => this.#discord.now.staff(name).delete(thread, message.id))) message.removed();
  }

  /** Somebody of the staff closes the conversation, or opens it again. @returns whether they could */
  command(name: string, command: "close" | "reopen"): boolean {
    const { thread } = this;
    if (thread === undefined || !this.#staffCan) return false;
    const reason = `c${this.index}x${this.closings.length}`;
    const use = this.#discord.now.staff(name).slash(thread, command, command === "close" ? { reason } : {});
    if (command === "close") this.closings.push({ reason, use });
    return true;
  }

  /** Somebody deletes the thread. @returns whether there was one */
  bury(): boolean {
    const { thread } = this;
    if (thread === undefined || !this.#staffCan) return false;
    const there = readBack(this.postedForVisitor.map(({ content }) => unescape(content)));
    for (const message of this.said) message.threadGone(there.get(message.mark));
    this.#unheardIn(thread);
    this.#discord.now.deleteChannel(thread);
    return true;
  }

  /** A permission is taken from the bot: what has not arrived in full by now may not arrive any more. */
  permissionTaken(excuse: Excuse): void {
    const there = readBack(this.postedForVisitor.map(({ content }) => unescape(content)));
    for (const [place, message] of this.said.entries()) {
      const [words] = readBack([this.visitor.own[place]?.content ?? ""]).values();
      const arrived = there.get(message.mark);
      // What the server has not acknowledged yet has no words here either.
      if (arrived === undefined || words?.join(" ") !== arrived.join(" ")) this.#excuse(message, excuse);
    }
  }

  /** A guild that is unavailable is so for everybody. */
  get #staffCan(): boolean {
    return !this.#discord.now.world.guild.unavailable;
  }

  /** A thread that is asleep wakes only where the guild may have one more that is active; staff are refused otherwise, too. */
  #canBeAwake(thread: string): boolean {
    const { world } = this.#discord.now;
    return !world.thread(thread).thread.archived || world.activeThreads < world.limits.activeThreads;
  }

  /** Nothing can be changed in a thread that is archived; people open it first. */
  #change(change: (thread: string) => void): boolean {
    const { thread } = this;
    if (thread === undefined || !this.#staffCan || !this.#canBeAwake(thread)) return false;
    if (this.#discord.now.world.thread(thread).thread.archived) {
      this.#discord.now.staff("Warden").editThread(thread, { archived: false });
    }
    change(thread);
    return true;
  }

  /** From now on the bot is told nothing more of what staff have changed before, see {@link StaffMessage.sessionBegins}. */
  sessionBegins(): void {
    for (const message of this.staff) {
      if (message.texts.length > 1 || message.deleted) message.sessionBegins(this.#shown(message));
    }
  }

  /** What the visitor sees of something that staff have said. */
  #shown({ mark }: StaffMessage): string | undefined {
    return this.visitor.heard.find(({ content }) => content.startsWith(`${mark}e`))?.content;
  }
}
