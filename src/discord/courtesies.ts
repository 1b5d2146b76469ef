import {
  type Connection,
  type Logger,
  LruMap,
  type PeerSignal,
  type ServiceWorker,
  type Uuid,
} from "../core/mod.ts";
import { Code, DiscordRefusal, refusedWith } from "./errors.ts";
import type { DiscordRest } from "./ports.ts";
import { Allowance } from "./refusals/allowance.ts";
import { isSnowflake, type Snowflake } from "./snowflake.ts";

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
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Shows staff what a visitor is doing: typing, and how far they have read. Nothing depends on it. */
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

  constructor(options: CourtesiesOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options);
  }

  /** A visitor does something. Never rejects. */
  async show(thread: Snowflake, signal: PeerSignal, connection: Connection): Promise<void> {
    const { now, logger } = this.#options;
    const refusedUntil = this.#refusedUntil[signal.type];
    // Where many threads are refused, nobody is worth a ban.
    if (now() < (refusedUntil.get(thread) ?? 0) || this.#allowance.left === 0) return;
    try {
      if (signal.type === "typing") await this.#type(thread);
      else await this.#read(thread, signal.seq, connection);
    } catch (error) {
      const forbidden = error instanceof DiscordRefusal && error.status === 403;
      if (forbidden) this.#allowance.spend();
      // Anything else that is forbidden, as when a member who is blocked wrote the message, is about one message.
      if (refusedWith(error, Code.missingPermissions, Code.missingAccess)) {
        refusedUntil.set(thread, now() + REFUSED_FOR_MS);
      }
      const message = signal.type === "typing"
        ? "Cannot show that a visitor is typing"
        : "Cannot show that a visitor has read; the bot needs Add Reactions and Read Message History";
      logger[forbidden ? "warn" : "debug"](message, { uid: connection.uid, error });
    }
  }

  async #type(thread: Snowflake): Promise<void> {
    const now = this.#options.now();
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
