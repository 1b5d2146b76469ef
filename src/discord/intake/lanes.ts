/** Options of {@link Lanes}. */
export interface LanesOptions<Key extends string = string> {
  /** The most tasks that wait or run in one lane. */
  readonly capacity: number;
  /** Learns of a task that threw; a lane goes on with the next one. */
  readonly onError: (error: unknown, key: Key) => void;
}

/** Runs tasks of one key one after the other and tasks of different keys side by side. An idle lane costs nothing. */
export class Lanes<Key extends string = string> {
  readonly #options: LanesOptions<Key>;
  readonly #lanes = new Map<Key, { size: number; tail: Promise<void> }>();

  constructor(options: LanesOptions<Key>) {
    this.#options = options;
  }

  /** How many lanes have work. */
  get size(): number {
    return this.#lanes.size;
  }

  /**
   * Puts a task at the end of a lane.
   *
   * @returns false, and the task never runs, when the lane is full
   */
  run(key: Key, task: () => Promise<void>): boolean {
    const lane = this.#lanes.get(key) ?? { size: 0, tail: Promise.resolve() };
    if (lane.size >= this.#options.capacity) return false;
    lane.size++;
    this.#lanes.set(key, lane);
    lane.tail = lane.tail.then(task).catch((error) => this.#options.onError(error, key)).then(() => {
      lane.size--;
      if (lane.size === 0) this.#lanes.delete(key);
    });
    return true;
  }

  /** Waits until every lane is empty. */
  async drain(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map((lane) => lane.tail));
  }
}
