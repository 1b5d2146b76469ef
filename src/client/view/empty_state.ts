/**
 * What stands where the messages will be: a greeting, and what to expect.
 *
 * @module
 */
import type { ChatState } from "../state.ts";
import type { ViewContext } from "./context.ts";
import { byId, element, setText } from "./dom.ts";
import { icon } from "./icons.ts";

/** The greeting of an empty conversation. */
export class EmptyState {
  readonly #box = byId("empty", HTMLElement);
  readonly #context: ViewContext;
  readonly #words: HTMLElement;

  /**
   * @param greeting The operator's words, or the language's own.
   * @param context Words.
   */
  constructor(greeting: string, context: ViewContext) {
    this.#context = context;
    this.#words = element("p", { class: "empty-words" });
    this.#box.append(
      element("div", { class: "empty-mark", attributes: { "aria-hidden": "true" } }, icon("chat")),
      element("p", { class: "empty-greeting", attributes: { dir: "auto" } }, greeting),
      this.#words,
    );
  }

  /** Shows it while there is nothing else. */
  show(state: ChatState): void {
    const { strings } = this.#context;
    this.#box.hidden = state.messages.length > 0 || state.pending.length > 0;
    const words = state.agents === null
      ? ""
      : state.agents === "online"
      ? strings.emptyOnline
      : strings.emptyAway;
    setText(this.#words, words);
  }
}
