/**
 * The line that says what is wrong, and what becomes of it. Nothing is said of what passes by itself at once.
 *
 * @module
 */
import type { ChatState } from "../state.ts";
import type { ViewContext } from "./context.ts";
import { element, setText } from "./dom.ts";

/** What the line says. */
export interface Status {
  readonly text: string;
  readonly tone: "calm" | "warning";
  readonly action?: "retry" | "reload";
}

/** Trouble shorter than this isn't worth a word. */
const PATIENCE_MS = 1_500;
/** A first connection may take a little longer. */
const FIRST_PATIENCE_MS = 2_500;

/**
 * Says what is wrong.
 *
 * @param state The conversation.
 * @param troubleMs For how long there has been no connection.
 * @param context Words and formats.
 * @returns What to say; null for nothing.
 */
export function statusOf(state: ChatState, troubleMs: number, context: ViewContext): Status | null {
  const { strings, formats, now } = context;
  const { connection } = state;
  switch (connection.status) {
    case "idle":
      return null;
    case "open":
      if (state.pausedUntil <= now() || !somethingWaits(state)) return null;
      return { text: strings.paused(formats.wait(state.pausedUntil - now())), tone: "calm" };
    case "stopped":
      if (connection.cause === "identity") return { text: strings.signInExpired, tone: "warning" };
      return connection.cause === "blocked"
        ? { text: strings.blocked, tone: "warning" }
        : { text: strings.outdated, tone: "warning", action: "reload" };
    case "connecting":
    case "waiting": {
      const first = state.uid === null && connection.attempt === 0;
      if (troubleMs < (first ? FIRST_PATIENCE_MS : PATIENCE_MS)) return null;
      if (first) return { text: strings.connecting, tone: "calm" };
      if (connection.status === "waiting" && connection.cause === "restarting") {
        return { text: strings.restarting, tone: "calm" };
      }
      if (connection.status === "waiting" && connection.cause === "overloaded") {
        return { text: strings.overloaded(formats.wait(connection.retryAt - now())), tone: "calm" };
      }
      if (connection.status === "waiting" && connection.cause === "crowded") {
        return { text: strings.crowded(formats.wait(connection.retryAt - now())), tone: "warning" };
      }
      return { text: strings.waiting, tone: "warning", action: "retry" };
    }
  }
}

function somethingWaits({ pending, changes }: ChatState): boolean {
  return [...pending, ...changes].some(({ failed }) => failed === undefined);
}

/** The line on the page. */
export class StatusBar {
  readonly #text: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #bar: HTMLElement;
  #action: Status["action"];

  /**
   * @param bar The element, with `role="status"`.
   * @param onRetry What "try now" does.
   */
  constructor(bar: HTMLElement, onRetry: () => void) {
    this.#bar = bar;
    this.#text = element("span");
    this.#button = element("button", {
      class: "text-button",
      attributes: { type: "button" },
      on: { click: () => this.#action === "reload" ? location.reload() : onRetry() },
    });
    bar.append(this.#text, this.#button);
  }

  /** Shows a status. */
  show(status: Status | null, context: ViewContext): void {
    this.#bar.classList.toggle("shown", status !== null);
    this.#bar.classList.toggle("warning", status?.tone === "warning");
    this.#action = status?.action;
    setText(this.#text, status?.text ?? "");
    this.#button.hidden = status?.action === undefined;
    setText(this.#button, status?.action === "reload" ? context.strings.reload : context.strings.tryNow);
  }
}
