/**
 * What stands below the last message: who is typing, and honest words when nobody is there.
 *
 * @module
 */
import type { ChatState } from "../state.ts";
import { avatar } from "./avatar.ts";
import type { ViewContext } from "./context.ts";
import { byId, element, setText } from "./dom.ts";
import { isolated } from "./words.ts";

/** The end of the conversation. */
export class FootNotes {
  readonly #context: ViewContext;
  readonly #typing = byId("typing", HTMLElement);
  readonly #away = byId("away", HTMLElement);
  #typist: string | null = null;

  /** @param context Words. */
  constructor(context: ViewContext) {
    this.#context = context;
  }

  /** Shows what there is to say. */
  show(state: ChatState): void {
    const { strings } = this.#context;
    if (state.typing !== this.#typist) {
      this.#typist = state.typing;
      this.#typing.replaceChildren();
      if (state.typing !== null) {
        const name = state.typing === "" ? strings.staff : state.typing;
        this.#typing.append(
          avatar(name),
          element("span", { class: "dots", attributes: { "aria-hidden": "true" } }, dot(), dot(), dot()),
          element("span", { class: "typing-words" }, strings.typing(isolated(name))),
        );
      }
    }
    const last = state.messages.at(-1);
    const waiting = state.agents === "away" && last?.from === "visitor" && last.deleted !== true &&
      state.connection.status === "open" && state.pending.length === 0;
    setText(this.#away, waiting ? strings.awayNote : "");
    this.#away.hidden = !waiting;
  }
}

function dot(): HTMLElement {
  return element("i");
}
