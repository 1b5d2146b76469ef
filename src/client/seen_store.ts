/**
 * How far the visitor has read, shared by their tabs: what was seen in one isn't unread in another.
 *
 * @module
 */
import type { KeyValueStorage } from "./ports.ts";

/** The visitor's own reading position in the shared storage. */
export class SeenStore {
  readonly #storage: KeyValueStorage;
  readonly #key: string;

  /**
   * @param storage Where to keep it.
   * @param prefix What the key begins with.
   */
  constructor(storage: KeyValueStorage, prefix: string) {
    this.#storage = storage;
    this.#key = `${prefix}.seen`;
  }

  /**
   * Reads the position in a conversation.
   *
   * @param uid Whose conversation.
   * @returns The highest `seq` seen, or null when nothing is known.
   */
  load(uid: string): number | null {
    const [owner, seq] = (this.#storage.get(this.#key) ?? "").split(" ");
    const position = Number(seq);
    return owner === uid && Number.isSafeInteger(position) ? position : null;
  }

  /** Keeps the position. */
  save(uid: string, seq: number): void {
    this.#storage.set(this.#key, `${uid} ${seq}`);
  }

  /** Forgets it. */
  forget(): void {
    this.#storage.remove(this.#key);
  }

  /** Whether this storage key is the position's; null stands for any. */
  concerns(key: string | null): boolean {
    return key === null || key === this.#key;
  }
}
