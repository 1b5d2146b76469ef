import type { APIMessage } from "discord-api-types/v10";
import type { SeededRandom } from "./random.ts";
import { StaffMessage } from "./staff_message.ts";
import type { UnsteadyDiscord } from "./unsteady_discord.ts";
import type { Visitor } from "./visitor.ts";
import { compose, readBack, type TextOptions } from "./words.ts";

/** One visitor, their thread, and everything that was said in it at either end. */
export class Conversation {
  readonly index: number;
  readonly visitor: Visitor;
  /** The marks of what the visitor has said, in order. */
  readonly said: string[] = [];
  readonly staff: StaffMessage[] = [];
  /** A message has grown over the end of its Discord message: what did not fit any more stands at the thread's end. */
  grown = false;
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

  /** The thread's id, once there is one. */
  get thread(): string | undefined {
    const { uid } = this.visitor.state;
    this.#thread ??= this.#discord.now.world.threadsOf(this.#discord.forum).find(({ name }) => name === uid)
      ?.id;
    return this.#thread;
  }

  /** What stands in the thread, without the starter and what Discord itself says. */
  get posted(): readonly APIMessage[] {
    const { thread } = this;
    if (thread === undefined) return [];
    return this.#discord.now.messages(thread).filter(({ id, type }) =>
      id !== thread && (type === 0 || type === 19)
    );
  }

  /** The visitor writes. */
  say(options: TextOptions, replyTo?: number): void {
    const mark = `v${this.index}x${this.said.length}`;
    this.said.push(mark);
    this.visitor.say(compose(mark, 0, this.#random, options), replyTo);
  }

  /** The visitor changes something they wrote, into something that is no longer than it was. */
  shorten(seq: number): void {
    const [[mark, words] = ["", []]] = readBack([this.#written(seq)]);
    this.#edit(mark, seq, { words: 1 + this.#random.below(words.length), plain: true });
  }

  /** The visitor changes something they wrote into something long. */
  grow(seq: number, options: TextOptions): void {
    const [mark = ""] = readBack([this.#written(seq)]).keys();
    this.grown = true;
    this.#edit(mark, seq, options);
  }

  #written(seq: number): string {
    return this.visitor.own.find((message) => message.seq === seq)?.content ?? "";
  }

  #edit(mark: string, seq: number, options: TextOptions): void {
    this.visitor.edit(seq, compose(mark, this.#nextEdit(mark), this.#random, options));
  }

  #nextEdit(mark: string): number {
    const edit = (this.#edits.get(mark) ?? 0) + 1;
    this.#edits.set(mark, edit);
    return edit;
  }

  /** Somebody of the staff answers. */
  answer(name: string, words: number, replyTo?: string): void {
    const { thread } = this;
    if (thread === undefined || !this.#staffCan) return;
    const mark = `s${this.index}x${this.staff.length}`;
    const text = compose(mark, 0, this.#random, { words, plain: true });
    const { id } = this.#discord.now.staff(name).say(thread, text, replyTo === undefined ? {} : { replyTo });
    this.staff.push(new StaffMessage(mark, id, text));
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

  /** A guild that is unavailable is so for everybody. */
  get #staffCan(): boolean {
    return !this.#discord.now.world.guild.unavailable;
  }

  /** Nothing can be changed in a thread that is archived; people open it first. */
  #change(change: (thread: string) => void): boolean {
    const { thread } = this;
    if (thread === undefined || !this.#staffCan) return false;
    if (this.#discord.now.world.thread(thread).thread.archived) {
      this.#discord.now.staff("Warden").editThread(thread, { archived: false });
    }
    change(thread);
    return true;
  }

  /** The bot begins a new session, see {@link StaffMessage.sessionBegins}. */
  sessionBegins(): void {
    const changed = this.staff.filter(({ texts, deleted }) => texts.length > 1 || deleted);
    if (changed.length === 0) return;
    const { heard } = this.visitor;
    for (const message of changed) {
      message.sessionBegins(heard.find(({ content }) => content.startsWith(`${message.mark}e`))?.content);
    }
  }
}
