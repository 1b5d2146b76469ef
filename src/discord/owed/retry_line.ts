import type { Clock } from "../../core/mod.ts";
import { connectWaitMs } from "../backoff.ts";
import type { Snowflake } from "../snowflake.ts";
import { wait } from "../waiting.ts";

/** Threads that wait; what is forgotten beyond that is found again after the next start. */
const WAITING_KEPT = 10_000;

/** Between two of them, in milliseconds: two requests a second are no burden, however many wait. */
const PAUSE_MS = 500;

/** What {@link RetryLine} needs. */
export interface RetryLineOptions {
  readonly clock: Clock;
  /** Jitter, from 0 to below 1. */
  readonly random: () => number;
  /** Nothing is tried any more once it is aborted. */
  readonly signal: AbortSignal;
  /** Something that a stop waits for; it never rejects. */
  readonly attend: (work: Promise<void>) => void;
  /** Tries a thread again and never rejects. Gives whether it has to be tried once more, because Discord could not be asked. */
  readonly retry: (thread: Snowflake) => Promise<boolean>;
}

/**
 * Threads in which something is to be tried again: one after the other, with a pause that grows while Discord cannot be asked, so that
 * the end of an outage is no storm.
 */
export class RetryLine {
  readonly #options: RetryLineOptions;
  readonly #waiting = new Set<Snowflake>();
  #isRunning = false;

  constructor(options: RetryLineOptions) {
    this.#options = options;
  }

  /** How many threads wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Puts a thread at the end, unless it waits already. */
  add(thread: Snowflake): void {
    if (this.#waiting.size >= WAITING_KEPT || this.#options.signal.aborted) return;
    this.#waiting.add(thread);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#options.attend(this.#run());
  }

  async #run(): Promise<void> {
    const { clock, random, signal, retry } = this.#options;
    for (let failures = 0; this.#waiting.size > 0;) {
      await wait(Math.max(PAUSE_MS, connectWaitMs(failures, random())), clock, signal);
      const [thread] = this.#waiting;
      if (signal.aborted || thread === undefined) break;
      this.#waiting.delete(thread);
      const isAgain = await retry(thread);
      failures = isAgain ? failures + 1 : 0;
      if (isAgain) this.#waiting.add(thread);
    }
    this.#isRunning = false;
  }
}
