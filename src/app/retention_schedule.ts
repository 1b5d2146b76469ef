import { ChatBoxError, type Clock, type Logger, type Uuid } from "../core/mod.ts";
import { BESIDE_VISITORS, type RemovalTarget, removeInSteps } from "./removal_in_steps.ts";

/** After a start there is more urgent work. */
const FIRST_RUN_MS = 60_000;

/** How long after the end of one run the next begins. */
const PAUSE_MS = 3_600_000;

const DAY_MS = 86_400_000;

/** Options of {@link RetentionSchedule}. */
export interface RetentionScheduleOptions {
  readonly target: RemovalTarget;
  /** What is older goes. */
  readonly days: number;
  /** Told for every conversation that lost something. */
  readonly onRemoved: (uid: Uuid) => void;
  readonly clock: Clock;
  /** Milliseconds with fractions, which only grow; `performance.now` when left out. */
  readonly stopwatch?: () => number;
  readonly logger: Logger;
}

/** Removes what is older than so many days, every hour and in steps of a few milliseconds, until it is stopped. */
export class RetentionSchedule {
  readonly #options: RetentionScheduleOptions;
  readonly #stopping = new AbortController();
  #cancel: () => void;
  #run: Promise<void> = Promise.resolve();

  constructor(options: RetentionScheduleOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(FIRST_RUN_MS, () => this.#begin());
  }

  /** Ends it; resolves when the step that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancel();
    await this.#run;
  }

  #begin(): void {
    const { clock } = this.#options;
    this.#run = this.#remove().finally(() => {
      if (!this.#stopping.signal.aborted) this.#cancel = clock.after(PAUSE_MS, () => this.#begin());
    });
  }

  async #remove(): Promise<void> {
    const { target, days, onRemoved, clock, stopwatch, logger } = this.#options;
    try {
      const counts = await removeInSteps(target, {
        before: clock.now() - days * DAY_MS,
        pace: () => BESIDE_VISITORS,
        clock,
        ...(stopwatch && { stopwatch }),
        signal: this.#stopping.signal,
        onProgress: (_counts, uids) => uids.forEach(onRemoved),
      });
      if (counts.messages + counts.conversations > 0) {
        logger.info("Removed what is too old", { days, ...counts });
      }
    } catch (error) {
      if (this.#stopping.signal.aborted || (error instanceof ChatBoxError && error.code === "closed")) return;
      logger.error("Cannot remove what is too old, trying again in an hour", { error });
    }
  }
}
