import type { ChaosFile } from "./visitor_message.ts";

/** What is known of a staff message from its beginning. */
export interface StaffMessageOptions {
  /** As words are marked with it. */
  readonly mark: string;
  /** Discord's id. */
  readonly id: string;
  readonly text: string;
  /** The thread in which it was said. */
  readonly thread: string;
  readonly file: ChaosFile | undefined;
}

/** What somebody of the staff has said in a thread, and all that the visitor may rightly see of it. */
export class StaffMessage {
  readonly mark: string;
  readonly id: string;
  readonly thread: string;
  readonly file: ChaosFile | undefined;
  /** Every text it ever had, the latest last. */
  readonly texts: string[];
  #deleted = false;
  #untold = false;
  #lost = false;

  constructor({ mark, id, text, thread, file }: StaffMessageOptions) {
    this.mark = mark;
    this.id = id;
    this.thread = thread;
    this.file = file;
    this.texts = [text];
  }

  /** The latest text. */
  get text(): string {
    return this.texts.at(-1) ?? "";
  }

  get deleted(): boolean {
    return this.#deleted;
  }

  /** Whether it was changed at a time of which Discord tells nothing afterwards. */
  get untold(): boolean {
    return this.#untold;
  }

  /** Whether its thread was deleted before the visitor saw it. */
  get lost(): boolean {
    return this.#lost;
  }

  edited(text: string): void {
    this.texts.push(text);
    this.#untold = false;
  }

  removed(): void {
    this.#deleted = true;
    this.#untold = false;
  }

  /**
   * The bot begins a new session, or is let in again: of the changes before it Discord tells no more, so one that the visitor has not
   * seen by now may never come. What was said itself must come nevertheless.
   *
   * @param shown what the visitor sees of it now; undefined for nothing
   */
  sessionBegins(shown: string | undefined): void {
    const told = this.#deleted ? shown === undefined : shown === this.text;
    if (this.texts.length > 1 || this.#deleted) this.#untold ||= !told;
  }

  /** Its thread is deleted: what the visitor has not seen by now cannot be read any more. @param shown what they see of it */
  threadGone(shown: string | undefined): void {
    this.#lost ||= shown === undefined && !this.#deleted;
    this.sessionBegins(shown);
  }

  /** Whether the visitor may rightly see this: a text, or undefined for nothing. */
  allows(shown: string | undefined): boolean {
    if (shown === undefined) return this.#deleted || this.#lost;
    if (this.#untold) return this.texts.includes(shown);
    return !this.#deleted && shown === this.text;
  }
}
