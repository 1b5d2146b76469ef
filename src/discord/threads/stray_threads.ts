import {
  type Clock,
  type Connection,
  type ConnectionProperties,
  isUuid,
  type JsonValue,
  type Logger,
  LruMap,
  type ServiceWorker,
  type Uuid,
} from "../../core/mod.ts";
import { Code, failureFields, refusedWith } from "../errors.ts";
import type { FindHome } from "../home/home.ts";
import { persist } from "../persist.ts";
import { nonceOf } from "../outbox/plan.ts";
import type { DiscordChannel, DiscordRest } from "../ports.ts";
import { compareSnowflakes, isSnowflake, type Snowflake } from "../snowflake.ts";
import { tagsAfter } from "./tags.ts";
import { THREAD_GONE, THREAD_IN_DOUBT, THREADS_ASTRAY } from "./thread_properties.ts";

/** Visitors who have no thread yet and for whom one was heard of. */
const UNDECIDED_KEPT = 1_000;

/** Of so many strays a visitor's it is remembered that they are done with; each took a request that Discord carried out late. */
const STRAYS_KEPT = 20;

/** What {@link StrayThreads} needs. */
export interface StrayThreadsOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: Pick<DiscordRest, "changeThread" | "sendMessage">;
  readonly home: FindHome;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** The visitor for whom a thread of this name was tried to make lately. */
  readonly visitorOf: (name: string) => Connection | undefined;
}

/**
 * Finds threads that Discord has made of a request which was given up before, for visitors who have got another one since:
 * making a thread has no nonce. What staff write in such a thread goes nowhere, so they are told in it, and it is closed.
 */
export class StrayThreads {
  readonly #options: StrayThreadsOptions;
  /** Threads that may become their visitor's own, by the connection. */
  readonly #undecided = new LruMap<Uuid, readonly DiscordChannel[]>(UNDECIDED_KEPT);
  readonly #busy = new Set<Snowflake>();

  constructor(options: StrayThreadsOptions) {
    this.#options = options;
  }

  /** The gateway, or a list, tells of threads. Never rejects. */
  async heard(threads: readonly DiscordChannel[]): Promise<void> {
    await Promise.all(
      threads.filter((thread) => this.#isCandidate(thread)).map((thread) => this.#see(thread)),
    );
  }

  /** A conversation has its thread: whatever else was heard of for it is none. Never rejects. */
  async paired({ uid }: Connection): Promise<void> {
    const threads = this.#undecided.get(uid);
    if (threads === undefined) return;
    this.#undecided.delete(uid);
    await this.heard(threads);
  }

  /** Whether a thread can be one that was made twice: ours, awake, where we make them. */
  #isCandidate({ parentId, ownerId, archived }: DiscordChannel): boolean {
    const home = this.#options.home();
    // Where a server does not say whose a thread is, it may be somebody else's.
    return home !== undefined && parentId === home.channel.id && ownerId === home.botId && !archived;
  }

  async #see(thread: DiscordChannel): Promise<void> {
    if (this.#busy.has(thread.id)) return;
    this.#busy.add(thread.id);
    try {
      await this.#decide(thread);
    } catch (error) {
      // After the next start it is in the list of active threads.
      if (this.#options.signal.aborted) return;
      this.#options.logger.error("Cannot see to a thread that was made twice", { thread: thread.id, error });
    } finally {
      this.#busy.delete(thread.id);
    }
  }

  async #decide(thread: DiscordChannel): Promise<void> {
    const { worker } = this.#options;
    const connection = await this.#visitorOf(thread.name);
    if (connection === undefined) return;
    const own = await worker.idOf(connection) ?? await this.#wait(thread, connection);
    // It may be their own, or that of somebody of the same name whose UUID begins with the same digits.
    if (own === undefined || await worker.connectionOf(thread.id) !== undefined) return;
    if (await isStray(thread.id, connection)) await this.#close(thread, connection, own);
  }

  /** Notes a thread until its visitor has one. @returns the one that they have got before it was noted */
  async #wait(thread: DiscordChannel, connection: Connection): Promise<Snowflake | undefined> {
    const { uid } = connection;
    const others = (this.#undecided.get(uid) ?? []).filter(({ id }) => id !== thread.id);
    this.#undecided.set(uid, [...others, thread]);
    return await this.#options.worker.idOf(connection);
  }

  /** An anonymous visitor's thread bears their UUID; who is identified is known for as long as their name is kept in memory. */
  async #visitorOf(name: string): Promise<Connection | undefined> {
    const { worker, visitorOf } = this.#options;
    const lately = visitorOf(name);
    if (lately !== undefined) return lately;
    return isUuid(name) ? await worker.connectionOfPeer(name) : undefined;
  }

  async #close(thread: DiscordChannel, { uid, properties }: Connection, own: Snowflake): Promise<void> {
    const { logger } = this.#options;
    const fields = { uid, thread: thread.id, goesOnIn: own };
    try {
      if (!await this.#insist(() => this.#tell(thread.id, uid, own), fields)) return;
      logger.warn("Discord has made a visitor's thread twice, the one that is not heard is closed", fields);
      await properties.change(THREADS_ASTRAY, (known) => [...idsIn(known), thread.id].slice(-STRAYS_KEPT));
      await this.#insist(() => this.#lock(thread), fields);
    } catch (error) {
      if (refusedWith(error, Code.unknownChannel)) return;
      if (this.#options.signal.aborted) throw error;
      logger.warn("A thread that was made twice is not closed, or does not say so", {
        ...fields,
        ...failureFields(error),
      });
    }
  }

  async #tell(thread: Snowflake, uid: Uuid, own: Snowflake): Promise<void> {
    const nonce = await nonceOf({ kind: "stray", uid, place: thread, seq: 0, rev: 0, part: 0 });
    const content =
      `This thread was made twice. The conversation goes on in <#${own}>; what is written here, before or after this line, does not reach the visitor.`;
    await this.#options.rest.sendMessage(thread, { content, nonce });
  }

  async #lock({ id, appliedTags }: DiscordChannel): Promise<void> {
    const { rest, home } = this.#options;
    const tags = tagsAfter(home()?.channel.tags ?? [], appliedTags, false);
    const change = { archived: true, ...(tags !== undefined && { tags }) };
    try {
      await rest.changeThread(id, { ...change, locked: true });
    } catch (error) {
      if (!refusedWith(error, Code.missingPermissions, Code.missingAccess)) throw error;
      // Its maker may put it to sleep, but only moderators may lock.
      await rest.changeThread(id, change);
    }
  }

  /** Tries until Discord answers: nobody else sees to it before the next session. @returns whether it did before the stop */
  async #insist(work: () => Promise<void>, fields: Readonly<Record<string, unknown>>): Promise<boolean> {
    const done = async (): Promise<true> => {
      await work();
      return true;
    };
    const onFailure = (error: unknown, attempt: number): void =>
      this.#options.logger.debug("Cannot close a thread that was made twice, trying again", {
        ...fields,
        attempt,
        ...failureFields(error),
      });
    return await persist(done, { ...this.#options, onFailure }) ?? false;
  }
}

/** The threads of a visitor's that were made twice, and are not to be used. */
export async function straysIn(properties: ConnectionProperties): Promise<readonly Snowflake[]> {
  return idsIn(await properties.get(THREADS_ASTRAY));
}

/**
 * Whether a thread, which bears the name of a visitor who has another one, was never theirs: there was an attempt of which nobody
 * knows how it ended, and staff were not told yet. One that was theirs is no younger than the last one of theirs that is gone.
 */
async function isStray(thread: Snowflake, { properties }: Connection): Promise<boolean> {
  if (await properties.get(THREAD_IN_DOUBT) !== true) return false;
  if ((await straysIn(properties)).includes(thread)) return false;
  const gone = await properties.get(THREAD_GONE);
  return !isSnowflake(gone) || compareSnowflakes(thread, gone) > 0;
}

function idsIn(value: JsonValue | undefined): Snowflake[] {
  return Array.isArray(value) ? value.filter(isSnowflake) : [];
}
