/**
 * Speaks new messages to screen readers: only new ones, never the history and never what the visitor wrote.
 *
 * The list itself is no live region: it would read out every page of older messages. New messages are put into a
 * hidden log of their own as plain words, and leave it after a while.
 *
 * @module
 */
import type { StoredMessage } from "../timeline.ts";
import type { ViewContext } from "./context.ts";
import { element, setText } from "./dom.ts";
import { authorName, shortened, wordsOf } from "./words.ts";

/** More new messages than this at once are not read out one by one. */
const MAX_AT_ONCE = 5;
/** Nobody wants to hear a page without having asked for it. */
const MAX_WORDS = 400;
/** How long a complaint is shown. */
const TOAST_MS = 6_000;
/** How many lines stay for a reader that is slow. */
const KEPT_LINES = 10;

/** The hidden live region. */
export class Announcer {
  readonly #log: HTMLElement;
  readonly #toast: HTMLElement;
  readonly #context: ViewContext;
  #toastTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param log An element with `role="log"`.
   * @param toast Where complaints are shown for a while, with `role="alert"`.
   * @param context Names and words.
   */
  constructor(log: HTMLElement, toast: HTMLElement, context: ViewContext) {
    this.#log = log;
    this.#toast = toast;
    this.#context = context;
  }

  /** Speaks the new messages of others. */
  received(messages: readonly StoredMessage[]): void {
    const spoken = messages.filter((message) => message.from !== "visitor" && message.deleted !== true);
    for (const message of spoken.slice(-MAX_AT_ONCE)) {
      const author = authorName(message.from, message.author?.name, this.#context);
      this.say(`${author}: ${shortened(wordsOf(message), MAX_WORDS)}`, message.seq);
    }
  }

  /** A deleted message is gone for everybody, those who listen included. */
  retract(messages: readonly StoredMessage[]): void {
    for (const line of [...this.#log.children]) {
      const seq = Number(line.getAttribute("data-seq") ?? NaN);
      if (messages.some((message) => message.seq === seq && message.deleted === true)) line.remove();
    }
  }

  /** Says, for all to see, why something didn't work. */
  complain(words: string): void {
    setText(this.#toast, words);
    this.#toast.classList.add("shown");
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => {
      this.#toast.classList.remove("shown");
      setText(this.#toast, "");
    }, TOAST_MS);
  }

  /** Speaks a line; `seq` names the message that it repeats. */
  say(text: string, seq: number | null = null): void {
    this.#log.append(element("p", { attributes: { dir: "auto", "data-seq": seq } }, text));
    while (this.#log.childElementCount > KEPT_LINES) this.#log.firstElementChild?.remove();
  }
}
