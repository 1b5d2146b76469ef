/** What has begun and has not come to its end yet: a close waits for it. */
export class UnderWay {
  readonly #work = new Set<Promise<void>>();

  /** How much there is. */
  get size(): number {
    return this.#work.size;
  }

  /** Counts work in until it settles, and gives it back. */
  add<T>(work: Promise<T>): Promise<T> {
    const ended = (): void => void this.#work.delete(tracked);
    const tracked: Promise<void> = work.then(ended, ended);
    this.#work.add(tracked);
    return work;
  }

  /** Resolves when all of it has settled, what has begun meanwhile included. */
  async drain(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}
