/**
 * The frame's side of the widget: talks to the page that embeds it, and to nobody else.
 *
 * @module
 */
import { type FromFrame, MARK, type ToFrame } from "./embed_protocol.ts";

/** The page around the frame. */
export class EmbedBridge {
  readonly #origin: string;

  /**
   * @param origin The embedding page's origin.
   * @param onMessage What it says.
   */
  constructor(origin: string, onMessage: (message: ToFrame) => void) {
    this.#origin = origin;
    addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.source !== parent || event.origin !== origin) return;
      const { data } = event;
      if (typeof data === "object" && data !== null && MARK in data) onMessage(data as unknown as ToFrame);
    });
  }

  /** Says something to the embedding page. */
  post(message: FromFrame): void {
    parent.postMessage({ ...message, [MARK]: 1 }, this.#origin);
  }
}

/**
 * Finds out who embeds this page.
 *
 * @returns The parent's origin; null when this page stands alone or the browser doesn't say.
 */
export function embedderOrigin(): string | null {
  if (parent === self) return null;
  const [ancestor] = location.ancestorOrigins ?? [];
  if (ancestor !== undefined) return ancestor;
  // Firefox has no ancestorOrigins; the loader's frame sends its origin as the referrer.
  return URL.canParse(document.referrer) ? new URL(document.referrer).origin : null;
}
