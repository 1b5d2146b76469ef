/**
 * The top of the page: who is here, and whether.
 *
 * @module
 */
import type { ChatState } from "../state.ts";
import type { ViewContext } from "./context.ts";
import { byId, iconButton, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import type { Sound } from "./sound.ts";

/** The header. */
export class Header {
  readonly #context: ViewContext;
  readonly #presence = byId("presence", HTMLElement);
  readonly #actions = byId("actions", HTMLElement);

  /**
   * @param name What the chat is called.
   * @param context Words.
   * @param sound Gets a button.
   */
  constructor(name: string, context: ViewContext, sound: Sound) {
    this.#context = context;
    setText(byId("name", HTMLElement), name);
    const { strings } = context;
    const button = iconButton(icon("mute"), strings.soundOn, () => {
      sound.toggle();
      show();
    });
    const show = (): void => {
      const label = sound.wanted ? strings.soundOff : strings.soundOn;
      button.setAttribute("aria-label", label);
      button.title = label;
      button.replaceChildren(icon(sound.wanted ? "sound" : "mute"));
    };
    show();
    this.#actions.append(button);
  }

  /** Adds the button that closes the widget. */
  addClose(onClose: () => void): void {
    this.#actions.append(iconButton(icon("close"), this.#context.strings.close, onClose));
  }

  /** Shows whether staff is there. */
  show(state: ChatState): void {
    const { strings } = this.#context;
    const { status } = state.connection;
    const known = state.agents !== null;
    const lost = status === "waiting" || status === "stopped" ||
      (status === "connecting" && state.connection.attempt > 0);
    const shown = lost ? "offline" : !known || status !== "open" ? "connecting" : state.agents;
    // A reconnect that takes a moment changes nothing for the visitor.
    if (shown === "connecting" && known) return;
    this.#presence.dataset["presence"] = shown;
    setText(this.#presence, strings[shown]);
  }
}
