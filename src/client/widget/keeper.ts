/**
 * Keeps what the chat in the frame may not keep itself: browsers that block third-party storage deny a frame any. Then
 * the site's own storage has to do, and only then; nothing is written before the visitor opens the chat.
 *
 * @module
 */
import type { FromFrame, ToFrame } from "../embed_protocol.ts";

/** Nothing but the chat's own keys is read or written. */
const PREFIX = "chatbox50.";
const TAB_KEY = "chatbox50.tab";

/** The site's storage in the service of the frame. */
export class Keeper {
  readonly #post: (message: ToFrame) => void;
  #asked = false;

  /** @param post Says something to the frame. */
  constructor(post: (message: ToFrame) => void) {
    this.#post = post;
    addEventListener("storage", ({ key, newValue }) => {
      if (this.#asked && key?.startsWith(PREFIX)) this.#post({ type: "changed", key, value: newValue });
    });
  }

  /** Takes a message of the frame's, if it is for the keeper. */
  heard(message: FromFrame): void {
    if (message.type === "storage") {
      this.#asked = true;
      this.#post({ type: "kept", entries: this.#entries(), tab: this.#tab() });
    } else if (message.type === "keep" && message.key.startsWith(PREFIX)) {
      this.#attempt(() => {
        if (message.value === null) localStorage.removeItem(message.key);
        else localStorage.setItem(message.key, message.value);
      });
    }
  }

  #entries(): Record<string, string> {
    return this.#attempt(() =>
      Object.fromEntries(Object.entries({ ...localStorage }).filter(([key]) => key.startsWith(PREFIX)))
    ) ?? {};
  }

  /** The same after a reload, so that the tab finds what it left unsent. */
  #tab(): string {
    const tab = this.#attempt(() => sessionStorage.getItem(TAB_KEY)) ??
      crypto.getRandomValues(new Uint32Array(4)).join("");
    this.#attempt(() => sessionStorage.setItem(TAB_KEY, tab));
    return tab;
  }

  /** A site without a storage, or with a full one, keeps nothing. */
  #attempt<T>(run: () => T): T | null {
    try {
      return run();
    } catch {
      return null;
    }
  }
}
