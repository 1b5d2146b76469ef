import { ChatBoxError, type Clock, type Logger, type ServiceWorker, type Uuid } from "../core/mod.ts";
import { connectWaitMs } from "./backoff.ts";
import type { CatchUp } from "./catch_up.ts";
import { DiscordRefusal, DiscordUnreachable, failureFields } from "./errors.ts";
import type { Inbox } from "./inbox.ts";
import { Lanes } from "./lanes.ts";
import type { DiscordChannel, DiscordEvent } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";
import { wait } from "./waiting.ts";

/** Events of one thread that wait; beyond that they are dropped and the thread is read instead. */
const LANE_CAPACITY = 500;

/** Threads in which something was said before they were paired. */
const MISSED_KEPT = 10_000;

/** Threads of which it is known that nothing in them was missed; another one is read once more than it had to be. */
const CURRENT_KEPT = 20_000;

/** Where threads cannot be listed, so many of those that are known are read at once, and so long is the pause: 20 a second. */
const SWEPT_AT_ONCE = 10;
const SWEEP_PAUSE_MS = 500;

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

/** What the lines of the log about a thread name. */
interface About {
  readonly uid: Uuid;
  readonly thread: Snowflake;
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
  /** Threads that were told of without a gap since this session began. */
  readonly #current = new Set<Snowflake>();
  readonly #looks = new Set<Promise<void>>();
  #looking = 0;
  #session = 0;
  #sweeps = 0;
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

  /**
   * Events may have been missed: in every thread, the next one has to wait until the thread was read, since it would move the
   * thread's cursor past the gap.
   */
  doubt(): void {
    this.#session++;
    this.#current.clear();
  }

  #trust(thread: Snowflake): void {
    if (this.#current.size >= CURRENT_KEPT) {
      const [oldest] = this.#current;
      if (oldest !== undefined) this.#current.delete(oldest);
    }
    this.#current.add(thread);
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
        const session = this.#session;
        const { behind, current, unlisted } = await catchUp.look(guildId, told, archivedOf);
        if (behind.length > 0) {
          logger.info("Reading what was missed", { guild: guildId, threads: behind.length });
        }
        if (session === this.#session) { for (const thread of current) this.#trust(thread); }
        for (const thread of behind) this.#readLater(thread);
        if (unlisted) this.#sweep().catch((error) => logger.error("Cannot read what was missed", { error }));
      });
    } finally {
      this.#looking--;
      if (this.#looking === 0) this.#release();
    }
  }

  /** Reads the threads that are known, at an even pace, where nobody tells which of them have something new. */
  async #sweep(): Promise<void> {
    const { catchUp, logger, clock, signal } = this.#options;
    const number = ++this.#sweeps;
    const threads = (await catchUp.known()).filter((thread) => !this.#current.has(thread));
    if (number === 1) {
      logger.warn("This server does not list threads, reading those where somebody spoke last", {
        threads: threads.length,
      });
    }
    for (const [index, thread] of threads.entries()) {
      if (index > 0 && index % SWEPT_AT_ONCE === 0) await wait(SWEEP_PAUSE_MS, clock, signal);
      if (signal.aborted || number !== this.#sweeps) return;
      this.#push(thread, () => Promise.resolve());
    }
  }

  /** Takes an event. */
  take(event: DiscordEvent): void {
    const { inbox } = this.#options;
    switch (event.type) {
      case "thread":
        return event.isNew ? this.#trust(event.channel.id) : undefined;
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
    if (this.#options.signal.aborted) return;
    const uid = await this.#uidOf(thread);
    if (uid === undefined) return;
    const about = { uid, thread };
    try {
      if (this.#behind.delete(thread) || !this.#current.has(thread)) await this.#read(about);
      await this.#insist(task, about);
    } catch (error) {
      this.#options.logger.error("An event of a thread was lost", { ...about, error });
    }
  }

  /** The conversation of a thread; `undefined` for one that is not ours, or not yet. */
  async #uidOf(thread: Snowflake): Promise<Uuid | undefined> {
    const { worker } = this.#options;
    const uid = await worker.getUid(thread);
    if (uid !== undefined) return uid;
    if (this.#missed.size >= MISSED_KEPT) {
      const [oldest] = this.#missed;
      if (oldest !== undefined) this.#missed.delete(oldest);
    }
    this.#missed.add(thread);
    this.#options.logger.debug("Something happened in a thread that is not paired", { thread });
    // The pairing may have come between the look and the note of it.
    return await worker.getUid(thread);
  }

  async #read(about: About): Promise<void> {
    const { catchUp, inbox } = this.#options;
    const session = this.#session;
    await this.#insist(() =>
      catchUp.read(
        about.thread,
        (message) => inbox.message(message),
        (messages, through) => inbox.review(about.thread, messages, through),
      ), about);
    if (session === this.#session) this.#trust(about.thread);
  }

  /** Tries until it works, since what comes after must not overtake it; gives up where trying again is of no use. */
  async #insist(work: () => Promise<void>, about?: About): Promise<void> {
    const { logger, clock, random, signal } = this.#options;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof ChatBoxError && error.code !== "overloaded") {
          if (error.code !== "closed") {
            logger.warn("An event does not fit what is known", { ...about, error });
          }
          return;
        }
        if (error instanceof DiscordRefusal) {
          logger.error("Discord refuses what was to be read", { ...about, ...failureFields(error) });
          return;
        }
        const passes = error instanceof DiscordUnreachable || error instanceof ChatBoxError;
        if (!passes && failures >= MAX_TRIES) throw error;
        logger.warn("Cannot take in what happened, trying again", {
          ...about,
          attempt: failures,
          ...failureFields(error),
        });
        await wait(connectWaitMs(failures, random()), clock, signal);
      }
    }
  }
}
