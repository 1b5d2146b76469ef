/**
 * The storage port of a frame that may store nothing itself: the page around it does.
 *
 * @module
 */
import { type FromFrame, MARK, type ToFrame } from "./embed_protocol.ts";
import { Listeners } from "./listeners.ts";
import type { KeyValueStorage } from "./ports.ts";

/** What the page around the frame has kept. */
export interface Kept {
  readonly storage: KeyValueStorage;
  /** This tab's id, the same after a reload. */
  readonly tab: string;
}

/** Whether the browser denies this frame any storage, as it does when it blocks third-party storage. */
export function storageDenied(): boolean {
  try {
    localStorage.getItem("");
    return false;
  } catch {
    return true;
  }
}

/**
 * Asks the page around the frame to keep what must last.
 *
 * @param origin The embedding page's origin.
 * @returns A storage that begins with what was kept before.
 */
export function keptStorage(origin: string): Promise<Kept> {
  const values = new Map<string, string>();
  const listeners = new Listeners<string>();
  const post = (message: FromFrame): void => parent.postMessage({ ...message, [MARK]: 1 }, origin);
  const keep = (key: string, value: string | null): void => {
    if (value === null) values.delete(key);
    else values.set(key, value);
  };
  const storage: KeyValueStorage = {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => {
      keep(key, value);
      post({ type: "keep", key, value });
    },
    remove: (key) => {
      keep(key, null);
      post({ type: "keep", key, value: null });
    },
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
    subscribe: (listener) => listeners.add(listener),
  };
  return new Promise((resolve) => {
    addEventListener("message", ({ source, origin: from, data }: MessageEvent<unknown>) => {
      if (
        source !== parent || from !== origin || typeof data !== "object" || data === null || !(MARK in data)
      ) return;
      const message = data as unknown as ToFrame;
      if (message.type === "kept") {
        for (const [key, value] of Object.entries(message.entries)) keep(key, value);
        resolve({ storage, tab: message.tab });
      } else if (message.type === "changed") {
        keep(message.key, message.value);
        listeners.tell(message.key);
      }
    });
    post({ type: "storage" });
  });
}
