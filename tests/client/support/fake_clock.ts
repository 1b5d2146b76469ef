import type { Clock } from "../../../src/client/ports.ts";

/** A clock that a test moves by hand. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  #nextId = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();

  readonly now = (): number => this.#now;

  readonly setTimer = (run: () => void, delayMs: number): () => void => {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + delayMs, run });
    return () => this.#timers.delete(id);
  };

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Sets the clock, as people and time servers do; what waits goes on waiting as long as it did. */
  set(by: number): void {
    this.#now += by;
    for (const [id, { at, run }] of this.#timers) this.#timers.set(id, { at: at + by, run });
  }

  /** Lets time pass; timers run in the order of their times. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (true) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end)
        .sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].run();
    }
    this.#now = end;
  }
}
