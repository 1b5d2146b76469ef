import { checkWhole } from "./check.ts";

/**
 * A map that holds at most `limit` entries and forgets those that were not used for long. Two generations: when the young one
 * is full it becomes the old one, and what is used there moves back; so a use costs one look-up, and no order is kept.
 *
 * @example The one that was not used goes
 * ```ts
 * import { LruMap } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const names = new LruMap<number, string>(4);
 * for (const id of [1, 2, 3]) names.set(id, `name ${id}`);
 * names.get(1);
 * for (const id of [4, 5]) names.set(id, `name ${id}`);
 * deepEqual([names.get(1), names.get(2), names.size <= 4], ["name 1", undefined, true]);
 * ```
 */
export class LruMap<K, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  readonly #half: number;

  /**
   * Makes an empty one.
   *
   * @param limit the most entries, from 2
   * @throws {ChatBoxError} `bad_value` when the limit is no whole number from 2
   */
  constructor(limit: number) {
    checkWhole("make an LruMap", "limit", limit, 2);
    this.#half = Math.floor(limit / 2);
  }

  /** How many entries it holds. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Reads an entry and counts that as a use. */
  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Stores an entry. */
  set(key: K, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#old.delete(key);
    this.#young.set(key, value);
  }

  /** Forgets an entry. */
  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
