/** Seeded chance: the same seed gives the same numbers, so that a run can be repeated. */
export class SeededRandom {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number {
    // mulberry32: one 32-bit word of state is plenty for picking misfortunes.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** A number from `from` to below `to`. */
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }

  /** Whether something happens that happens with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /**
   * @param items at least one
   * @throws {RangeError} when there is none
   */
  pick<T>(items: readonly T[]): T {
    const index = this.below(items.length);
    if (index >= items.length) throw new RangeError("Cannot pick: there is no item");
    return items[index] as T;
  }

  /** Picks a key of a table of weights. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return this.pick(entries)[0];
  }

  /** The same items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    return items.map((item) => ({ item, place: this.fraction() })).sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }

  /** A source of its own, so that more numbers drawn here change nothing there. */
  fork(): SeededRandom {
    return new SeededRandom(this.below(2 ** 32));
  }
}
