/**
 * Keeps edits and deletions that wait in the storage that all tabs share, and takes over those of tabs that are gone.
 *
 * They name a message by its number, which means another message in another conversation: the key has the
 * conversation's `uid`, and only who opens that one again finds them.
 *
 * @module
 */
import type { ChangeFrame, PendingChange } from "./pending_change.ts";
import type { KeyValueStorage } from "./ports.ts";
import type { TabLife } from "./tab_life.ts";

/** The stored side of one tab's changes. */
export class ChangesStorage {
  readonly #storage: KeyValueStorage;
  readonly #prefix: string;
  readonly #life: TabLife;

  /**
   * @param storage Where to keep them.
   * @param prefix What all keys begin with.
   * @param life Of this tab, and of the others.
   */
  constructor(storage: KeyValueStorage, prefix: string, life: TabLife) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#life = life;
  }

  /** Keeps what this tab's visitor wants changed in a conversation, in place of what was kept of it. */
  keep(uid: string, changes: readonly PendingChange[]): void {
    const key = this.#root(uid) + this.#life.id;
    if (changes.length === 0) {
      this.#storage.remove(key);
      this.#life.end(this);
    } else {
      this.#storage.set(key, JSON.stringify(changes));
      this.#life.begin(this);
    }
  }

  /** Leaves what is kept to the next tab: this page is about to go. */
  release(): void {
    this.#life.end(this);
  }

  /**
   * Takes over the changes of a conversation that were left behind.
   *
   * @returns The changes, each tab's in their order. They are no longer stored: {@link keep} them.
   */
  adopt(uid: string): PendingChange[] {
    const root = this.#root(uid);
    const adopted: PendingChange[] = [];
    for (const key of this.#storage.keys(root)) {
      if (this.#life.lives(key.slice(root.length))) continue;
      adopted.push(...parse(this.#storage.get(key)));
      this.#storage.remove(key);
    }
    return adopted;
  }

  // Neither a uid nor a tab's id contains a dot.
  #root(uid: string): string {
    return `${this.#prefix}.change.${uid}.`;
  }
}

function parse(text: string | null): PendingChange[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter(isChange) : [];
  } catch {
    return [];
  }
}

function isChange(value: unknown): value is PendingChange {
  const { frame }: { frame?: Partial<ChangeFrame> & { content?: unknown } } = Object(value);
  if (frame === undefined || !Number.isSafeInteger(frame.seq)) return false;
  return frame.type === "delete" || (frame.type === "edit" && typeof frame.content === "string");
}
