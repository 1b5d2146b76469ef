import {
  type Clock,
  type Connection,
  type Logger,
  LruMap,
  type PeerSignal,
  type ServiceWorker,
  type Uuid,
} from "../core/mod.ts";
import { Code, DiscordRefusal, DiscordUnreachable, refusedWith } from "./errors.ts";
import { RetryLine } from "./owed/retry_line.ts";
import type { DiscordRest } from "./ports.ts";
import { Allowance } from "./refusals/allowance.ts";
import { isSnowflake, type Snowflake } from "./snowflake.ts";
import { TO_MARK } from "./threads/thread_properties.ts";

/** Discord shows somebody as typing for ten seconds. */
const TYPING_EVERY_MS = 8_000;

/** What a staff message gets once the visitor has read it. */
const READ_EMOJI = "👀";

/** How far back the last staff message is looked for. */
const LOOK_BACK = 20;

/** After the bot was not allowed something in a thread, nothing of the kind is tried there for so long: refusals count towards a ban. */
const REFUSED_FOR_MS = 10 * 60_000;

const THREADS_KEPT = 5_000;

/** What the courtesies need. */
export interface CourtesiesOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Jitter, from 0 to below 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Something that a stop waits for; it never rejects. */
  readonly attend: (work: Promise<void>) => void;
}

/** Why a mark is still to be put. */
export type UnmarkedBecause = "archived" | "unreachable";

/**
 * Shows staff what a visitor is doing: typing, and how far they have read. Nothing depends on it. A mark that finds the thread archived
 * waits until somebody else wakes it: a closed conversation that came back into the staff's list for a mark would be noise.
 */
export class Courtesies {
  readonly #options: CourtesiesOptions;
  readonly #typed = new LruMap<Snowflake, number>(THREADS_KEPT);
  /** The latest `seq` read, of threads where a reaction is under way. */
  readonly #reading = new Map<Snowflake, number>();
  /** By thread, Unix milliseconds. */
  readonly #refusedUntil = {
    typing: new LruMap<Snowflake, number>(THREADS_KEPT),
    read: new LruMap<Snowflake, number>(THREADS_KEPT),
  };
  readonly #allowance: Allowance;
  readonly #line: RetryLine;
  /** Threads whose marks are noted to be put. */
  readonly #unmarked = new LruMap<Snowflake, UnmarkedBecause>(THREADS_KEPT);

  constructor(options: CourtesiesOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock);
    this.#line = new RetryLine({ ...options, retry: (thread) => this.#markAgain(thread) });
  }

  /** A visitor does something. Never rejects. */
  async show(thread: Snowflake, signal: PeerSignal, connection: Connection): Promise<void> {
    const why = await this.#show(thread, signal, connection);
    if (signal.type === "typing") return;
    await this.#note(thread, connection, why);
    if (why === "unreachable") this.#line.add(thread);
  }

  /** A mark is noted from before, and may be put now: it is tried soon. */
  takeUp(thread: Snowflake, why: UnmarkedBecause): void {
    this.#unmarked.set(thread, why);
    this.#line.add(thread);
  }

  /** Puts the mark that is due by now. @returns whether it has to be tried once more */
  async #markAgain(thread: Snowflake): Promise<boolean> {
    const { worker, logger } = this.#options;
    try {
      const connection = await worker.connectionOf(thread);
      if (connection === undefined) return false;
      // How far the visitor has read is kept with the conversation.
      const { read: seq } = await connection.watermarks(worker.side === 1 ? 2 : 1);
      const why = await this.#show(thread, { type: "read", seq }, connection);
      await this.#note(thread, connection, why);
      return why === "unreachable";
    } catch (error) {
      logger.warn("Cannot find out what a visitor has read", { thread, error });
      return false;
    }
  }

  /** Notes whether a mark is still to be put; that is seldom, so that most marks cost nothing on disk. */
  async #note(
    thread: Snowflake,
    { uid, properties }: Connection,
    why: UnmarkedBecause | undefined,
  ): Promise<void> {
    if (this.#unmarked.get(thread) === why) return;
    try {
      await properties.set(TO_MARK, why);
    } catch (error) {
      return this.#options.logger.warn("Cannot note that a visitor has read", { uid, error });
    }
    if (why === undefined) this.#unmarked.delete(thread);
    else this.#unmarked.set(thread, why);
  }

  /** Gives why it is to be tried later; nothing when it is done, or will never be. */
  async #show(
    thread: Snowflake,
    signal: PeerSignal,
    connection: Connection,
  ): Promise<UnmarkedBecause | undefined> {
    const { clock, logger } = this.#options;
    const refusedUntil = this.#refusedUntil[signal.type];
    // Where many threads are refused, nobody is worth a ban.
    if (clock.now() < (refusedUntil.get(thread) ?? 0) || this.#allowance.left === 0) return undefined;
    try {
      if (signal.type === "typing") await this.#type(thread);
      else await this.#read(thread, signal.seq, connection);
      return undefined;
    } catch (error) {
      const forbidden = error instanceof DiscordRefusal && error.status === 403;
      if (forbidden) this.#allowance.spend();
      // Anything else that is forbidden, as when a member who is blocked wrote the message, is about one message.
      if (refusedWith(error, Code.missingPermissions, Code.missingAccess)) {
        refusedUntil.set(thread, clock.now() + REFUSED_FOR_MS);
      }
      const message = signal.type === "typing"
        ? "Cannot show that a visitor is typing"
        : "Cannot show that a visitor has read; the bot needs Add Reactions and Read Message History";
      logger[forbidden ? "warn" : "debug"](message, { uid: connection.uid, error });
      if (error instanceof DiscordUnreachable) return "unreachable";
      return refusedWith(error, Code.threadArchived) ? "archived" : undefined;
    }
  }

  async #type(thread: Snowflake): Promise<void> {
    const now = this.#options.clock.now();
    if (now - (this.#typed.get(thread) ?? -Infinity) < TYPING_EVERY_MS) return;
    this.#typed.set(thread, now);
    await this.#options.rest.showTyping(thread);
  }

  /** While one reaction is on its way only the latest of those that follow matters. */
  async #read(thread: Snowflake, seq: number, connection: Connection): Promise<void> {
    const busy = this.#reading.has(thread);
    this.#reading.set(thread, Math.max(seq, this.#reading.get(thread) ?? 0));
    if (busy) return;
    try {
      for (let done = 0; done < (this.#reading.get(thread) ?? 0);) {
        done = this.#reading.get(thread) ?? 0;
        const id = await this.#lastOfStaff(connection, done);
        if (id !== undefined) await this.#options.rest.react(thread, id, READ_EMOJI);
      }
    } finally {
      this.#reading.delete(thread);
    }
  }

  async #lastOfStaff(connection: Connection, seq: number): Promise<Snowflake | undefined> {
    const { worker } = this.#options;
    const { messages } = await connection.messages({ before: seq + 1, limit: LOOK_BACK });
    for (const message of messages.toReversed()) {
      if (message.side !== worker.side || message.deletedAt !== undefined) continue;
      const id = (await worker.remoteIds(connection, message.seq)).findLast(isSnowflake);
      if (id !== undefined) return id;
    }
    return undefined;
  }
}
