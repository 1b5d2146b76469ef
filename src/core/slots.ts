/** A number of places; who comes when all are taken waits in line. */
export class Slots {
  #free: number;
  readonly #line: (() => void)[] = [];

  /** @param count how many places there are */
  constructor(count: number) {
    this.#free = count;
  }

  /** Whether somebody waits for a place. */
  get wanted(): boolean {
    return this.#line.length > 0;
  }

  /** Takes a place and gives the function that leaves it, to be called once or more; `null` when all are taken. */
  tryAcquire(): (() => void) | null {
    if (this.#free === 0) return null;
    this.#free--;
    return this.#release();
  }

  /** Takes a place as soon as there is one. */
  async acquire(): Promise<() => void> {
    const now = this.tryAcquire();
    if (now !== null) return now;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#line.push(resolve);
    await promise;
    return this.#release();
  }

  #release(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#line.shift();
      // The place goes from hand to hand: nobody can step in between.
      if (next === undefined) this.#free++;
      else next();
    };
  }
}
