/** What has begun and has not come to its end yet: a close waits for it. Two numbers instead of a set, because most messages pass here. */
export class UnderWay {
  #size = 0;
  #drained: PromiseWithResolvers<void> | undefined;

  /** How much there is. */
  get size(): number {
    return this.#size;
  }

  /** Something begins; {@link UnderWay.end} has to follow once. */
  begin(): void {
    this.#size++;
  }

  /** Something that has begun has come to its end. */
  end(): void {
    if (--this.#size > 0) return;
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** Counts work in until it settles, and gives it back. */
  add<T>(work: Promise<T>): Promise<T> {
    this.begin();
    const ended = (): void => this.end();
    work.then(ended, ended);
    return work;
  }

  /** Resolves when all of it has come to its end, what has begun meanwhile included. */
  async drain(): Promise<void> {
    while (this.#size > 0) {
      this.#drained ??= Promise.withResolvers();
      await this.#drained.promise;
    }
  }
}
