/** How long a test waits for something that must happen, in milliseconds: only a failing test ever waits that long. */
const LIMIT_MS = 15_000;

/**
 * Waits for a promise that a test cannot do without, and says what was awaited when it does not come.
 *
 * @throws {Error} after 15 seconds
 */
export async function within<T>(what: string, promise: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited ${limitMs} ms in vain for ${what}`)), limitMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Collects what comes and lets a test wait until it is as it should be. */
export class Collector<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<() => void>();

  /** Takes one in. */
  readonly push = (item: T): void => {
    this.items.push(item);
    for (const check of this.#waiting) check();
  };

  /** Waits until the condition holds for what has come so far. */
  until(
    what: string,
    condition: (items: readonly T[]) => boolean,
    limitMs = LIMIT_MS,
  ): Promise<readonly T[]> {
    const { promise, resolve } = Promise.withResolvers<readonly T[]>();
    const check = (): void => {
      if (!condition(this.items)) return;
      this.#waiting.delete(check);
      resolve(this.items);
    };
    this.#waiting.add(check);
    check();
    return within(what, promise, limitMs);
  }

  /** Waits until so many have come. */
  count(what: string, count: number): Promise<readonly T[]> {
    return this.until(`${count} ${what}`, (items) => items.length >= count);
  }
}
