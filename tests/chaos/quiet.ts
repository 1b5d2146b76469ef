import { differences } from "./compare.ts";
import type { Conversation } from "./conversation.ts";

/** Wakes whoever waits for something to change. */
export class Changes {
  #next = Promise.withResolvers<void>();

  /** Something has changed. */
  readonly tell = (): void => {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  };

  /** Resolves at the next change. */
  next(): Promise<void> {
    return this.#next.promise;
  }
}

/** How often visitors do what their clients would do by themselves a little later. */
const HURRY_EVERY_MS = 500;

/** What is waited for. */
export interface QuietOptions {
  readonly conversations: readonly Conversation[];
  readonly changes: Changes;
  /** Whether the server has something left to do. */
  readonly isWaiting: () => boolean;
  /** After so long it gives up. */
  readonly patienceMs: number;
}

/**
 * Waits until both sides of all conversations agree and nothing is left to do.
 *
 * @returns the conversations that still differ
 */
export async function untilQuiet(options: QuietOptions): Promise<readonly Conversation[]> {
  const { conversations, changes, isWaiting, patienceMs } = options;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    changes.tell();
  }, patienceMs);
  const hurry = setInterval(() => {
    for (const { visitor } of conversations) visitor.hurry();
    changes.tell();
  }, HURRY_EVERY_MS);
  const differ = (conversation: Conversation): boolean => differences(conversation).length > 0;
  try {
    let open = [...conversations];
    while (!late && (open.length > 0 || isWaiting())) {
      if (open.length === 0) await changes.next();
      for (const conversation of open) {
        while (!late && differ(conversation)) await changes.next();
      }
      // One that agreed may have changed since.
      open = conversations.filter(differ);
    }
    return conversations.filter(differ);
  } finally {
    clearTimeout(timer);
    clearInterval(hurry);
  }
}
