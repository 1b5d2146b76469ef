/**
 * Loads older messages, a page at a time.
 *
 * @module
 */
import type { ClientFrame, Message } from "../web/protocol.ts";
import type { Clock } from "./ports.ts";
import type { Timeline } from "./timeline.ts";

/** After this long an answer doesn't come any more. */
const TIMEOUT_MS = 10_000;

/** How {@link OlderPages} are made. */
export interface OlderPagesOptions {
  readonly clock: Clock;
  /** Where the pages go. */
  readonly timeline: Timeline;
  /** Hands a question to the socket; false when there is none. */
  readonly send: (frame: ClientFrame) => boolean;
  /** Called when {@link OlderPages.loading} changed by itself. */
  readonly onChange: () => void;
}

/** One question at a time. */
export class OlderPages {
  readonly #options: OlderPagesOptions;
  #loading = false;
  #cancelTimeout: () => void = () => {};

  constructor(options: OlderPagesOptions) {
    this.#options = options;
  }

  /** Whether a page is on its way. */
  get loading(): boolean {
    return this.#loading;
  }

  /**
   * Asks for the page before the oldest known message.
   *
   * @param limit How many messages, at most.
   * @returns Whether the question went out; there may be nothing older, or a page on its way already.
   */
  ask(limit: number): boolean {
    const { clock, timeline, send, onChange } = this.#options;
    if (this.#loading || !timeline.more) return false;
    if (!send({ type: "history", before: timeline.oldest, limit })) return false;
    this.#loading = true;
    this.#cancelTimeout = clock.setTimer(() => {
      this.giveUp();
      onChange();
    }, TIMEOUT_MS);
    return true;
  }

  /** A page came; one that answers an older question is passed over. */
  take(messages: readonly Message[], more: boolean): void {
    if (this.#loading && this.#options.timeline.prepend(messages, more)) this.giveUp();
  }

  /** No page comes any more. */
  giveUp(): void {
    this.#cancelTimeout();
    this.#loading = false;
  }
}
