/** What somebody of the staff has said in a thread, and all that the visitor may rightly see of it. */
export class StaffMessage {
  /** As words are marked with it. */
  readonly mark: string;
  /** Discord's id. */
  readonly id: string;
  /** Every text it ever had, the latest last. */
  readonly texts: string[];
  #deleted = false;
  #untold = false;

  constructor(mark: string, id: string, text: string) {
    this.mark = mark;
    this.id = id;
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

  edited(text: string): void {
    this.texts.push(text);
    this.#untold = false;
  }

  removed(): void {
    this.#deleted = true;
    this.#untold = false;
  }

  /**
   * The bot begins a new session: of the changes before it Discord tells no more, so one that the visitor has not seen by now may
   * never come. What was said itself must come nevertheless.
   *
   * @param shown what the visitor sees of it now; undefined for nothing
   */
  sessionBegins(shown: string | undefined): void {
    const told = this.#deleted ? shown === undefined : shown === this.text;
    if (this.texts.length > 1 || this.#deleted) this.#untold ||= !told;
  }

  /** Whether the visitor may rightly see this: a text, or undefined for nothing. */
  allows(shown: string | undefined): boolean {
    if (shown === undefined) return this.#deleted;
    if (this.#untold) return this.texts.includes(shown);
    return !this.#deleted && shown === this.text;
  }
}
