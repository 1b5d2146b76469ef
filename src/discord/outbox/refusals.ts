import type { Snowflake } from "../snowflake.ts";

/** A thread that has refused is not asked again for so long: refusals count towards a ban of the address. */
const REFUSED_FOR_MS = 60_000;
const REFUSALS_KEPT = 1_000;

/** Remembers which threads have refused, so that they are not asked again at once. */
export class Refusals {
  readonly #now: () => number;
  readonly #refusals = new Map<Snowflake, { readonly until: number; readonly error: unknown }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws what was made of the last refusal, while it is remembered */
  demandNone(thread: Snowflake): void {
    const refusal = this.#refusals.get(thread);
    if (refusal === undefined) return;
    if (this.#now() < refusal.until) throw refusal.error;
    this.#refusals.delete(thread);
  }

  /** Remembers a refusal. */
  remember(thread: Snowflake, error: unknown): void {
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size >= REFUSALS_KEPT && oldest !== undefined) this.#refusals.delete(oldest);
    this.#refusals.set(thread, { until: this.#now() + REFUSED_FOR_MS, error });
  }
}
