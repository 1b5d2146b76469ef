/** Counts by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  count(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** All together. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** As `a 3, b 2`, the most frequent first. */
  toString(): string {
    const entries = [...this.#counts].sort(([, a], [, b]) => b - a);
    return entries.length === 0 ? "none" : entries.map(([name, count]) => `${name} ${count}`).join(", ");
  }
}
