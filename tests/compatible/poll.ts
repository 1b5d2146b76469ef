/** Between two looks, in milliseconds: a foreign server tells nobody when something has changed there. */
const LOOK_EVERY_MS = 500;

/**
 * Looks until there is something to see.
 *
 * @throws {Error} when there is nothing within the time
 */
export async function poll<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (const end = performance.now() + withinMs;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) {
      throw new Error(`Waited ${Math.round(withinMs / 1_000)} s in vain for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
