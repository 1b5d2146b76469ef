import { ChatBoxError, type Clock, type Logger, type ServiceWorker, type Uuid } from "../../core/mod.ts";
import type { CatchUp, Look } from "./catch_up.ts";
import { DiscordRefusal, DiscordUnreachable, failureFields } from "../errors.ts";
import { Footings } from "./footing.ts";
import type { Inbox } from "./inbox.ts";
import { Lanes } from "./lanes.ts";
import { persist } from "../persist.ts";
import type { DiscordChannel, DiscordEvent } from "../ports.ts";
import { RefusedReads } from "../refusals/refused_reads.ts";
import type { Snowflake } from "../snowflake.ts";
import { wait } from "../waiting.ts";

/** Events of one thread that wait; beyond that they are dropped and the thread is read instead. */
const LANE_CAPACITY = 500;

/**
 * So many threads are read at once, and so long is the pause: 20 a second. Discord takes 50 calls a second from a bot in all
 * (https://discord.com/developers/docs/topics/rate-limits#global-rate-limit), and what people write now needs some of them.
 */
const READ_AT_ONCE = 10;
const READ_PAUSE_MS = 500;

/** How often something is tried that fails for no reason that is known to pass. */
const MAX_TRIES = 5;

/** A look around that takes longer is the operator's business, in milliseconds. */
const LOOK_OVERDUE_MS = 60_000;

/** What the intake needs. */
export interface IntakeOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly inbox: Inbox;
  readonly catchUp: CatchUp;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether a thread is known to be in another channel than ours, so that it will never be a conversation. */
  readonly isElsewhere: (thread: Snowflake) => boolean;
  /** Told which threads of the channel are nobody's, whenever they were listed. */
  readonly onNobodys: (threads: readonly DiscordChannel[]) => void;
  readonly signal: AbortSignal;
}

/** What the lines of the log about a thread name. */
interface About {
  readonly uid: Uuid;
  readonly thread: Snowflake;
}

/** Something to do in a thread. */
interface Work {
  readonly run: () => Promise<void>;
  /** It must not come before what was missed: where that cannot be read, it is left out, and read later with the rest. */
  readonly inOrder: boolean;
}

/** Nothing but to read what was missed. */
const READ: Work = { run: () => Promise.resolve(), inOrder: true };

/** What became of work. `stopped`: it was not done, because the service stops. */
type Outcome = "done" | "refused" | "stopped";

/**
 * Keeps each thread's events in order, and behind what was missed before them: in a thread that may have a gap, an event waits until
 * the thread was read, and nobody waits for another thread. What is known of a thread is its footing, see {@link Footings}.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #lanes: Lanes<Snowflake>;
  readonly #footings = new Footings();
  readonly #refused: RefusedReads;
  /** Those that have not ended, and when each began. */
  readonly #looks = new Map<Promise<void>, number>();
  #session = 0;
  #readings = 0;
  #sweeps = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { logger, clock, signal } = options;
    this.#refused = new RefusedReads({ clock, signal, again: (thread) => this.#again(thread) });
    this.#lanes = new Lanes({
      capacity: LANE_CAPACITY,
      onError: (error, thread) => {
        // Nobody knows whose it was, so it is read again with the next one.
        this.#footings.tell(thread, "missed");
        logger.error("Cannot find out whose thread this is", { thread, error });
      },
    });
  }

  /** What keeps staff's words of an absence from their visitors for long, for the operator. */
  get overdue(): string | undefined {
    const since = Math.min(...this.#looks.values());
    if (this.#options.clock.now() - since < LOOK_OVERDUE_MS) return undefined;
    return "Discord does not list its threads, so what staff wrote while ChatBox50 was away waits; the log says why";
  }

  /**
   * Events may have been missed: in every thread, the next one has to wait until the thread was read, since it would move the
   * thread's cursor past the gap. What Discord has refused before may be asked again.
   */
  doubt(): void {
    this.#session++;
    this.#footings.tellAll("doubted");
    this.#refused.forgive();
  }

  /**
   * Finds out what was missed in a guild, again and again until it is known, and reads it. Live events need not wait for that: each
   * thread of which it is not known yet is read before the next event in it.
   *
   * @param told threads that the guild has told of itself, for servers that cannot list them
   * @param home the channel in which threads are made, whose archived threads are looked through, too
   */
  lookAround(
    guildId: Snowflake,
    told: readonly DiscordChannel[],
    home: Snowflake | undefined,
  ): Promise<void> {
    const { clock, logger } = this.#options;
    const began = clock.now();
    const look = this.#lookAround(guildId, told, home).finally(() => {
      this.#looks.delete(look);
      if (clock.now() - began >= LOOK_OVERDUE_MS) {
        logger.info("It is known again in which threads something was missed", { guild: guildId });
      }
    });
    this.#looks.set(look, began);
    return look;
  }

  /** What the active threads show is read although the archived ones cannot be listed. */
  async #lookAround(
    guildId: Snowflake,
    told: readonly DiscordChannel[],
    home: Snowflake | undefined,
  ): Promise<void> {
    const { catchUp } = this.#options;
    await this.#look(guildId, () => catchUp.active(guildId, told, home));
    if (home !== undefined) await this.#look(guildId, () => catchUp.archived(home));
  }

  async #look(guild: Snowflake, look: () => Promise<Look>): Promise<void> {
    const { logger, onNobodys } = this.#options;
    const outcome = await this.#insist(async () => {
      const session = this.#session;
      const { behind, current, unpaired, nobodys, unlisted } = await look();
      onNobodys(nobodys);
      if (behind.length > 0) logger.info("Reading what was missed", { guild, threads: behind.length });
      if (session === this.#session) { for (const thread of current) this.#footings.tell(thread, "quiet"); }
      for (const thread of [...behind, ...unpaired]) this.#footings.tell(thread, "missed");
      // Those, and what was refused before, in channels that nobody lists.
      const number = ++this.#readings;
      this.#begin(this.#readEvenly(this.#footings.behind, () => number === this.#readings));
      if (unlisted) this.#begin(this.#sweep());
    });
    // Whatever a server has against the call, the threads that are known can be read without it.
    if (outcome === "refused") this.#begin(this.#sweep());
  }

  #begin(reading: Promise<void>): void {
    reading.catch((error) => this.#options.logger.error("Cannot read what was missed", { error }));
  }

  /** Reads the threads that are known, where nobody tells which of them have something new. */
  async #sweep(): Promise<void> {
    const { catchUp, logger } = this.#options;
    const number = ++this.#sweeps;
    const threads = (await catchUp.known()).filter((thread) => this.#footings.of(thread) !== "current");
    if (number === 1) {
      logger.warn("This server does not list threads, reading those where somebody spoke last", {
        threads: threads.length,
      });
    }
    await this.#readEvenly(threads, () => number === this.#sweeps);
  }

  /** Reads threads at an even pace, until there is a newer list. */
  async #readEvenly(threads: readonly Snowflake[], isNewest: () => boolean): Promise<void> {
    const { clock, signal } = this.#options;
    for (const [index, thread] of threads.entries()) {
      if (index > 0 && index % READ_AT_ONCE === 0) await wait(READ_PAUSE_MS, clock, signal);
      if (signal.aborted || !isNewest()) return;
      this.#push(thread, READ);
    }
  }

  /** Takes an event. */
  take(event: DiscordEvent): void {
    const { inbox } = this.#options;
    switch (event.type) {
      case "thread":
        return event.isNew ? this.#footings.tell(event.channel.id, "made") : undefined;
      case "thread-gone":
        this.#refused.drop(event.id);
        return this.#footings.forget(event.id);
      case "message":
        return this.#push(event.message.channelId, {
          run: () => inbox.message(event.message),
          inOrder: true,
        });
      case "message-edit":
        return this.#push(event.edit.channelId, { run: () => inbox.edit(event.edit), inOrder: true });
      case "messages-gone":
        return this.#push(event.channelId, {
          run: () => inbox.gone(event.channelId, event.ids),
          inOrder: false,
        });
      case "typing":
        return this.#push(event.channelId, {
          run: () => inbox.typing(event, event.user),
          inOrder: false,
        });
    }
  }

  /**
   * Does something in a thread after what has happened there before. The work says itself what goes wrong.
   *
   * @returns false, and it is never done, when too much waits already
   */
  after(thread: Snowflake, work: () => Promise<void>): boolean {
    return this.#lanes.run(thread, () => this.#turn(thread, { run: work, inOrder: false }));
  }

  /** A thread has been paired: what was said in it before is read now. */
  paired(thread: Snowflake): void {
    if (this.#footings.of(thread) === "behind") this.#push(thread, READ);
  }

  /** Waits until all that was taken is stored, and nothing is read any more. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#looks.keys());
    await this.#lanes.drain();
  }

  #push(thread: Snowflake, work: Work): void {
    // A full lane has tasks in it: the next of them reads the thread.
    if (!this.#lanes.run(thread, () => this.#turn(thread, work))) this.#footings.tell(thread, "missed");
  }

  async #turn(thread: Snowflake, work: Work): Promise<void> {
    if (this.#options.signal.aborted) return;
    const uid = await this.#uidOf(thread);
    if (uid === undefined) return;
    const about = { uid, thread };
    try {
      if (!await this.#isCaughtUp(about) && work.inOrder) return;
      if (await this.#insist(work.run, about) !== "refused") return;
      this.#footings.tell(thread, "refused");
      this.#refused.note(thread, true);
    } catch (error) {
      this.#options.logger.error("An event of a thread was lost", { ...about, error });
    }
  }

  /** The conversation of a thread; `undefined` for one that is not ours, or not yet. */
  async #uidOf(thread: Snowflake): Promise<Uuid | undefined> {
    const { worker, isElsewhere } = this.#options;
    const uid = await worker.getUid(thread);
    // What others talk about must take no place among the threads with gaps.
    if (uid !== undefined || isElsewhere(thread)) return uid;
    this.#footings.tell(thread, "missed");
    this.#options.logger.debug("Something happened in a thread that is not paired", { thread });
    // The pairing may have come between the look and the note of it.
    return await worker.getUid(thread);
  }

  /** Reads a thread first unless nothing in it was missed. @returns whether all of it is known now */
  async #isCaughtUp(about: About): Promise<boolean> {
    const { thread } = about;
    switch (this.#footings.of(thread)) {
      case "current":
        return true;
      case "refused":
        this.#refused.keep(thread);
        return false;
      default:
        return await this.#read(about);
    }
  }

  async #read(about: About): Promise<boolean> {
    const { catchUp, inbox } = this.#options;
    const { thread } = about;
    const asks = this.#refused.mayAsk;
    this.#footings.tell(thread, "begun");
    try {
      const outcome = asks
        ? await this.#insist(() =>
          catchUp.read(
            thread,
            (message) => inbox.message(message),
            (messages, through) => inbox.review(thread, messages, through),
          ), about)
        : "refused";
      if (outcome === "refused") {
        this.#footings.tell(thread, "refused");
        this.#refused.note(thread, asks);
      } else if (outcome === "done") {
        this.#footings.tell(thread, "read");
        this.#refused.drop(thread);
      }
      return outcome === "done";
    } finally {
      // Stopped, or something was thrown: it was not read to its end.
      if (this.#footings.of(thread) === "reading") this.#footings.tell(thread, "missed");
    }
  }

  /** The time has come to try what was refused. */
  #again(thread: Snowflake): void {
    this.#footings.tell(thread, "forgiven");
    if (this.#footings.of(thread) === "behind") this.#push(thread, READ);
    else this.#refused.drop(thread);
  }

  /**
   * Tries until it works, since what comes after must not overtake it; gives up where trying again at once is of no use.
   *
   * @param about the conversation; left out for what concerns all of them
   */
  async #insist(work: () => Promise<void>, about?: About): Promise<Outcome> {
    const { logger, clock, random, signal } = this.#options;
    try {
      const tried = persist(async () => {
        await work();
        return "done" as const;
      }, {
        clock,
        random,
        signal,
        passes,
        onFailure: (error, attempt) =>
          logger.warn("Cannot take in what happened, trying again", {
            ...about,
            attempt,
            ...failureFields(error),
          }),
      });
      return await tried ?? "stopped";
    } catch (error) {
      if (error instanceof ChatBoxError) {
        if (error.code === "closed") return "stopped";
        logger.warn("An event does not fit what is known", { ...about, error });
        return "done";
      }
      if (error instanceof DiscordRefusal) {
        logger.error("Discord refuses what was to be read, it is tried again later", {
          ...about,
          ...failureFields(error),
        });
        return "refused";
      }
      throw error;
    }
  }
}

/** Whether what has failed is worth another try at once. */
function passes(error: unknown, attempt: number): boolean {
  if (error instanceof DiscordUnreachable) return true;
  if (error instanceof ChatBoxError) return error.code === "overloaded";
  return !(error instanceof DiscordRefusal) && attempt < MAX_TRIES;
}
