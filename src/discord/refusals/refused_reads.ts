import type { Clock } from "../../core/mod.ts";
import type { Snowflake } from "../snowflake.ts";
import { wait } from "../waiting.ts";
import { Allowance } from "./allowance.ts";

/** How long a thread that was refused is left alone, in milliseconds; twice as long each time, up to the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 120_000;

/** How often it is looked which threads are due. */
const LOOK_EVERY_MS = 1_000;

/** Threads that are remembered; one that is forgotten is tried again when something happens in it. */
const WAITING_KEPT = 10_000;

/** What {@link RefusedReads} needs. */
export interface RefusedReadsOptions {
  readonly clock: Clock;
  /** A thread is to be tried again. */
  readonly again: (thread: Snowflake) => void;
  readonly signal: AbortSignal;
}

/** Threads that Discord did not let be read, and when they are tried again: ever more seldom, and never many at once. */
export class RefusedReads {
  readonly #options: RefusedReadsOptions;
  readonly #waiting = new Map<Snowflake, { readonly waitMs: number; readonly dueAt: number }>();
  readonly #allowance: Allowance;
  #looking = false;

  constructor(options: RefusedReadsOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock);
  }

  /** Whether Discord may be asked now; after too many refusals it must not be. */
  get mayAsk(): boolean {
    return this.#allowance.left > 0;
  }

  /** A thread was not read. @param asked whether Discord has refused it just now, or it was not asked at all */
  note(thread: Snowflake, asked: boolean): void {
    const { clock } = this.#options;
    const waited = this.#waiting.get(thread)?.waitMs;
    if (asked) this.#allowance.spend();
    const waitMs = waited === undefined
      ? FIRST_WAIT_MS
      : asked
      ? Math.min(waited * 2, LONGEST_WAIT_MS)
      : waited;
    // At the end of the row: whoever is refused for ever must not keep others from their turn.
    this.#waiting.delete(thread);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= WAITING_KEPT && oldest !== undefined) this.#waiting.delete(oldest);
    this.#waiting.set(thread, { waitMs, dueAt: clock.now() + waitMs });
    if (!this.#looking) void this.#look();
  }

  /** Something happens in a thread that was refused: it is still to be tried. */
  keep(thread: Snowflake): void {
    if (!this.#waiting.has(thread)) this.note(thread, false);
  }

  /** A thread was read, or is gone. */
  drop(thread: Snowflake): void {
    this.#waiting.delete(thread);
  }

  /** Something has changed since: all may be tried at once, by whoever calls this. */
  forgive(): void {
    this.#waiting.clear();
    this.#allowance.refill();
  }

  async #look(): Promise<void> {
    const { clock, signal, again } = this.#options;
    this.#looking = true;
    while (this.#waiting.size > 0 && !signal.aborted) {
      await wait(LOOK_EVERY_MS, clock, signal);
      if (signal.aborted) break;
      const due = [...this.#waiting].filter(([, { dueAt }]) => dueAt <= clock.now());
      // No more of them than may ask, or the same ones would go to the end of the row again and again without having asked.
      for (const [thread] of due.slice(0, this.#allowance.left)) again(thread);
    }
    this.#looking = false;
  }
}
