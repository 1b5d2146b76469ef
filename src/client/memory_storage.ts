/**
 * A storage that several clients of one process can share, the way the tabs of a browser share theirs.
 *
 * @module
 */
import type { KeyValueStorage } from "./ports.ts";

/** A storage in memory; each {@link MemoryStorage.tab} is one tab's sight of it. */
export class MemoryStorage {
  readonly #values = new Map<string, string>();
  readonly #tabs = new Map<object, Set<(key: string | null) => void>>();

  /**
   * Opens another tab: it hears of what the others write, not of its own.
   *
   * @returns The tab's storage port.
   */
  tab(): KeyValueStorage {
    const self = {};
    const listeners = new Set<(key: string | null) => void>();
    this.#tabs.set(self, listeners);
    const tell = (key: string): void => {
      for (const [tab, others] of this.#tabs) {
        if (tab === self) continue;
        for (const listener of others) listener(key);
      }
    };
    return {
      get: (key) => this.#values.get(key) ?? null,
      set: (key, value) => {
        if (this.#values.get(key) === value) return;
        this.#values.set(key, value);
        tell(key);
      },
      remove: (key) => {
        if (this.#values.delete(key)) tell(key);
      },
      keys: (prefix) => [...this.#values.keys()].filter((key) => key.startsWith(prefix)),
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  }
}
