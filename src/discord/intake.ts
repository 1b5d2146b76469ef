import { ChatBoxError, type Clock, type Logger, type ServiceWorker, type Uuid } from "../core/mod.ts";
import { connectWaitMs } from "./backoff.ts";
import type { CatchUp } from "./catch_up.ts";
import { DiscordRefusal, DiscordUnreachable } from "./errors.ts";
import type { Inbox } from "./inbox.ts";
import { Lanes } from "./lanes.ts";
import type { DiscordChannel, DiscordEvent } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";
import { wait } from "./waiting.ts";

/** Events of one thread that wait; beyond that they are dropped and the thread is read instead. */
const LANE_CAPACITY = 500;

/** Threads in which something was said before they were paired. */
const MISSED_KEPT = 10_000;

/** How often something is tried that fails for no reason that is known to pass. */
const MAX_TRIES = 5;

/** What the intake needs. */
export interface IntakeOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly inbox: Inbox;
  readonly catchUp: CatchUp;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/**
 * Keeps each thread's events in order, and behind what was missed before them: live events wait until it is known which
 * threads have to be read first.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #lanes: Lanes;
  readonly #behind = new Set<Snowflake>();
  readonly #missed = new Set<Snowflake>();
  readonly #looks = new Set<Promise<void>>();
  #looking = 0;
  #gate = Promise.withResolvers<void>();
  #open = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { logger, signal } = options;
    this.#lanes = new Lanes({
      capacity: LANE_CAPACITY,
      onError: (error, thread) => logger.error("An event of a thread was lost", { thread, error }),
    });
    signal.addEventListener("abort", () => this.#release(), { once: true });
  }

  /** Live events wait from now on, until the next {@link Intake.lookAround} has ended. */
  hold(): void {
    if (!this.#open || this.#options.signal.aborted) return;
    this.#gate = Promise.withResolvers();
    this.#open = false;
  }

  #release(): void {
    this.#gate.resolve();
    this.#open = true;
  }

  /** Finds out what was missed in a guild, again and again until it is known, then lets live events pass. */
  lookAround(
    guildId: Snowflake,
    told: readonly DiscordChannel[],
    archivedOf: Snowflake | undefined,
  ): Promise<void> {
    const look = this.#lookAround(guildId, told, archivedOf).finally(() => this.#looks.delete(look));
    this.#looks.add(look);
    return look;
  }

  async #lookAround(
    guildId: Snowflake,
    told: readonly DiscordChannel[],
    archivedOf: Snowflake | undefined,
  ): Promise<void> {
    this.hold();
    this.#looking++;
    const { catchUp, logger } = this.#options;
    try {
      await this.#insist(async () => {
        const behind = await catchUp.behind(guildId, told, archivedOf);
        if (behind.length > 0) {
          logger.info("Reading what was missed", { guild: guildId, threads: behind.length });
        }
        for (const thread of behind) this.#readLater(thread);
      });
    } finally {
      this.#looking--;
      if (this.#looking === 0) this.#release();
    }
  }

  /** Takes an event. */
  take(event: DiscordEvent): void {
    const { inbox } = this.#options;
    switch (event.type) {
      case "message":
        return this.#push(event.message.channelId, () => inbox.message(event.message));
      case "message-edit":
        return this.#push(event.edit.channelId, () => inbox.edit(event.edit));
      case "messages-gone":
        return this.#push(event.channelId, () => inbox.gone(event.channelId, event.ids));
      case "typing":
        return this.#push(event.channelId, () => inbox.typing(event.channelId, event.user));
    }
  }

  /**
   * Does something in a thread after what has happened there before. The work says itself what goes wrong.
   *
   * @returns false, and it is never done, when too much waits already
   */
  after(thread: Snowflake, work: () => Promise<void>): boolean {
    return this.#lanes.run(thread, () => this.#turn(thread, work));
  }

  /** A thread has been paired: what was said in it before is read now. */
  paired(thread: Snowflake): void {
    if (this.#missed.delete(thread)) this.#readLater(thread);
  }

  /** Waits until all that was taken is stored, and nothing is read any more. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#looks);
    await this.#lanes.drain();
  }

  #readLater(thread: Snowflake): void {
    this.#behind.add(thread);
    this.#lanes.run(thread, () => this.#turn(thread, () => Promise.resolve()));
  }

  #push(thread: Snowflake, task: () => Promise<void>): void {
    // A full lane has tasks in it: the next of them reads the thread.
    if (!this.#lanes.run(thread, () => this.#turn(thread, task))) this.#behind.add(thread);
  }

  async #turn(thread: Snowflake, task: () => Promise<void>): Promise<void> {
    await this.#gate.promise;
    if (this.#options.signal.aborted || !await this.#isPaired(thread)) return;
    if (this.#behind.delete(thread)) await this.#read(thread);
    await this.#insist(task);
  }

  async #isPaired(thread: Snowflake): Promise<boolean> {
    const { worker } = this.#options;
    if (await worker.connectionOf(thread) !== undefined) return true;
    if (this.#missed.size >= MISSED_KEPT) {
      const [oldest] = this.#missed;
      if (oldest !== undefined) this.#missed.delete(oldest);
    }
    this.#missed.add(thread);
    this.#options.logger.debug("Something happened in a thread that is not paired", { thread });
    // The pairing may have come between the look and the note of it.
    return await worker.connectionOf(thread) !== undefined;
  }

  async #read(thread: Snowflake): Promise<void> {
    const { catchUp, inbox } = this.#options;
    await this.#insist(() =>
      catchUp.read(
        thread,
        (message) => inbox.message(message),
        (messages, through) => inbox.review(thread, messages, through),
      )
    );
  }

  /** Tries until it works, since what comes after must not overtake it; gives up where trying again is of no use. */
  async #insist(work: () => Promise<void>): Promise<void> {
    const { logger, clock, random, signal } = this.#options;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof ChatBoxError && error.code !== "overloaded") {
          if (error.code !== "closed") logger.warn("An event does not fit what is known", { error });
          return;
        }
        if (error instanceof DiscordRefusal) {
          logger.error("Discord refuses what was to be read", { error });
          return;
        }
        const passes = error instanceof DiscordUnreachable || error instanceof ChatBoxError;
        if (!passes && failures >= MAX_TRIES) throw error;
        logger.warn("Cannot take in what happened, trying again", { attempt: failures, error });
        await wait(connectWaitMs(failures, random()), clock, signal);
      }
    }
  }
}
