import { ChatBoxError, type Clock, type Logger, type Uuid } from "../core/mod.ts";
import type { RemovalStep } from "../storage/mod.ts";
import { removeInSteps } from "./removal_in_steps.ts";

/** After a start there is more urgent work. */
const FIRST_RUN_MS = 60_000;

/** How long after the end of one run the next begins. */
const PAUSE_MS = 3_600_000;

/** The pause between two steps, so that removing takes a small part of the time even when there is much of it. */
const STEP_PAUSE_MS = 20;

const DAY_MS = 86_400_000;

/** Options of {@link RetentionSchedule}. */
export interface RetentionScheduleOptions {
  readonly target: {
    removeMessages(before: number, cursor: number, limit: number): Promise<RemovalStep>;
    removeIdle(before: number, cursor: number, limit: number): Promise<RemovalStep>;
  };
  /** What is older goes. */
  readonly days: number;
  /** Told for every conversation that lost something. */
  readonly onRemoved: (uid: Uuid) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Removes what is older than so many days, every hour and in small steps, until it is stopped. */
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
    const { target, days, onRemoved, clock, logger } = this.#options;
    try {
      const counts = await removeInSteps(target, {
        before: clock.now() - days * DAY_MS,
        pause: () => this.#pause(),
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

  #pause(): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        reject(signal.reason);
      };
      const cancel = this.#options.clock.after(STEP_PAUSE_MS, () => {
        signal.removeEventListener("abort", end);
        resolve();
      });
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
  }
}
