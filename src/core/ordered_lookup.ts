import type { UnderWay } from "./under_way.ts";

/** How an {@link OrderedLookup} finds what belongs to a key. */
export interface OrderedLookupOptions<K, V> {
  /** What is at hand; `undefined` when it has to be asked for. */
  readonly known: (key: K) => V | undefined;
  /** Asks for it. */
  readonly ask: (key: K) => Promise<V>;
  /** Counts in what waits for an answer, so that nothing accepted is forgotten by a close. */
  readonly underWay: UnderWay;
}

/**
 * Does work that first needs something looked up, in the order of the calls for each key: at once when it is at hand; while it is being
 * asked for, what comes later waits behind what came first, even when the answer is at hand by then.
 */
export class OrderedLookup<K, V> {
  readonly #options: OrderedLookupOptions<K, V>;
  /** The last one for each key that waits for an answer. */
  readonly #asking = new Map<K, Promise<void>>();

  constructor(options: OrderedLookupOptions<K, V>) {
    this.#options = options;
  }

  /** Works with what belongs to the key; rejects as the look-up or the work does. */
  run<T>(key: K, work: (found: V) => Promise<T>): Promise<T> {
    const { known, ask, underWay } = this.#options;
    const before = this.#asking.get(key);
    const found = before === undefined ? known(key) : undefined;
    if (found !== undefined) return work(found);
    // The work is begun in its turn, and not waited for: only the order of beginning counts.
    const begun = (before ?? Promise.resolve()).then(() => ask(key)).then((found) => ({
      result: work(found),
    }));
    const turn = begun.then(() => {}, () => {}).then(() => {
      if (this.#asking.get(key) === turn) this.#asking.delete(key);
    });
    this.#asking.set(key, turn);
    return underWay.add(begun.then(({ result }) => result));
  }
}
