/** A number of places; who comes when all are taken waits in line. */
export class Slots {
  #free: number;
  readonly #line = new Set<() => void>();

  /** @param count how many places there are */
  constructor(count: number) {
    this.#free = count;
  }

  /** Whether somebody waits for a place. */
  get wanted(): boolean {
    return this.#line.size > 0;
  }

  /** Takes a place and gives the function that leaves it, to be called once or more; `null` when all are taken. */
  tryAcquire(): (() => void) | null {
    if (this.#free === 0) return null;
    this.#free--;
    return this.#release();
  }

  /** Takes a place as soon as there is one, or leaves the line with the signal's reason. */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const now = this.tryAcquire();
    if (now !== null) return now;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      this.#line.delete(resolve);
      reject(signal?.reason);
    };
    this.#line.add(resolve);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
    return this.#release();
  }

  #release(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      // The place goes from hand to hand: nobody can step in between.
      for (const next of this.#line) {
        this.#line.delete(next);
        next();
        return;
      }
      this.#free++;
    };
  }
}
