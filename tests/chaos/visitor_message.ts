import { readBack } from "./words.ts";

/** A file that somebody sends. */
export interface ChaosFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a visitor has said, and what of it may rightly be missing in Discord. */
export class VisitorMessage {
  /** As words are marked with it. */
  readonly mark: string;
  readonly file: ChaosFile | undefined;
  /** The bot lacked the permission to post or change it: it may have failed, visibly. */
  mayFail = false;
  /** The bot lacked the permission to attach files: a line may stand where the file should. */
  mayLackFile = false;
  readonly #texts: string[];
  #buried = false;

  constructor(mark: string, text: string, file?: ChaosFile) {
    this.mark = mark;
    this.file = file;
    this.#texts = [text];
  }

  /** Whether it stood in a thread that somebody has deleted, so that it need not stand in the next one. */
  get buried(): boolean {
    return this.#buried;
  }

  edited(text: string): void {
    this.#texts.push(text);
  }

  /**
   * Its thread is deleted.
   *
   * @param words what stood there of it: a message of which only a part had arrived has to come whole in the next thread
   */
  threadGone(words: readonly string[] | undefined): void {
    if (words === undefined) return;
    const isEdited = words.some((word) => !word.startsWith(`${this.mark}e0k`));
    this.#buried ||= isEdited ||
      this.#texts.some((text) => words.length >= (readBack([text]).get(this.mark)?.length ?? 0));
  }
}
