/**
 * Who wants to know.
 *
 * @module
 */

/** A set of listeners; one that throws doesn't keep the others from hearing. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Adds a listener; returns how to remove it. */
  add(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all of them. */
  tell(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        // Shown by the browser's console and by Deno like any uncaught error, after the others have heard.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
