import { type Connection, DeliveryError, type Logger, type ServiceWorker, type Uuid } from "../core/mod.ts";
import { DiscordRefusal, optional } from "./errors.ts";
import type { FindHome, Home } from "./home.ts";
import { nonceOf } from "./plan.ts";
import type { DiscordChannel, DiscordRest } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";
import { historyOf, starterOf } from "./starter.ts";
import { verdictOnThread } from "./verdict.ts";

/** Property of a connection: a thread may have been made although nobody knows its id. */
const THREAD_TRIED = "discord.threadTried";

/** Property of a connection: the id of the thread that is gone. */
export const THREAD_GONE = "discord.threadGone";

/** While there is no channel, and after Discord has refused a thread: how long nobody tries, in milliseconds. */
const REFUSED_FOR_MS = 60_000;

/** Threads of which the gateway has told, by name, in case the answer to their making gets lost. */
const HEARD_KEPT = 1_000;

/** What {@link ThreadMaker} needs. */
export interface ThreadMakerOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
  readonly home: FindHome;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Makes the thread of a visitor: once, also when an answer gets lost (X2). The core calls it once at a time for each. */
export class ThreadMaker {
  readonly #options: ThreadMakerOptions;
  readonly #heard = new Map<string, DiscordChannel>();
  #refusal: { readonly until: number; readonly error: Error } | undefined;

  constructor(options: ThreadMakerOptions) {
    this.#options = options;
  }

  /** Forgets that Discord has refused, because something has changed since. */
  forgive(): void {
    this.#refusal = undefined;
  }

  /** The gateway tells of a thread: where threads cannot be listed, that is the only sign of one whose answer got lost. */
  heard(thread: DiscordChannel): void {
    const [oldest] = this.#heard.keys();
    if (this.#heard.size >= HEARD_KEPT && oldest !== undefined) this.#heard.delete(oldest);
    this.#heard.set(thread.name, thread);
  }

  /**
   * Makes a visitor's thread, or finds the one that an earlier attempt has made.
   *
   * @param uid the visitor's, the thread's name
   * @returns the thread's id
   * @throws {DeliveryError} when it could not be made now
   */
  async make(uid: Uuid, connection: Connection): Promise<Snowflake> {
    const home = this.#options.home();
    if (home === undefined) {
      throw new DeliveryError("Cannot make a thread: no channel was found", { retryAfterMs: REFUSED_FOR_MS });
    }
    if (this.#refusal !== undefined && this.#options.now() < this.#refusal.until) throw this.#refusal.error;
    try {
      const thread = await this.#findOrMake(uid, connection, home);
      this.#options.logger.info("A conversation has its thread", { uid: connection.uid, thread });
      return thread;
    } catch (error) {
      const verdict = verdictOnThread(error, home.missing);
      if (error instanceof DiscordRefusal && error.status === 403) {
        this.#refusal = { until: this.#options.now() + REFUSED_FOR_MS, error: verdict };
        this.#options.logger.error("Discord refuses to make threads", {
          uid: connection.uid,
          missing: home.missing,
          error,
        });
      }
      throw verdict;
    }
  }

  async #findOrMake(uid: Uuid, connection: Connection, home: Home): Promise<Snowflake> {
    const { properties } = connection;
    const gone = await properties.get(THREAD_GONE);
    if (await properties.get(THREAD_TRIED) !== undefined) {
      const found = await this.#find(uid, home, gone);
      if (found !== undefined) return found;
    }
    // On disk before the call: making a thread has no nonce, and this process may end before the answer comes.
    await properties.set(THREAD_TRIED, this.#options.now());
    return gone === undefined
      ? await this.#create(uid, connection, home, await starterOf(uid, connection))
      : await this.#create(uid, connection, home, await this.#history(connection));
  }

  async #history(connection: Connection): Promise<string> {
    const { side } = this.#options.worker;
    const { delivered } = await connection.watermarks(side);
    return await historyOf(connection, side, delivered);
  }

  async #create(uid: Uuid, connection: Connection, { channel }: Home, starter: string): Promise<Snowflake> {
    const { rest, logger } = this.#options;
    const thread = await rest.createThread(channel, { name: uid, content: starter, tags: tagsFor(channel) });
    if (channel.kind !== "forum") {
      const nonce = await nonceOf({
        kind: "starter",
        uid: connection.uid,
        place: thread.id,
        seq: 0,
        rev: 0,
        part: 0,
      });
      // Nice to have: the visitor's words must not wait for it.
      await rest.sendMessage(thread.id, { content: starter, nonce }).catch((error) =>
        logger.warn("A thread has no starter message", { uid: connection.uid, thread: thread.id, error })
      );
    }
    return thread.id;
  }

  /** Looks for a thread of ours with the visitor's name, active or archived lately, that is not the one that is gone. */
  async #find(uid: Uuid, { guildId, channel, botId }: Home, gone: unknown): Promise<Snowflake | undefined> {
    const { rest } = this.#options;
    // Some servers do not say whose a thread is.
    const isOurs = ({ name, parentId, ownerId = botId, id }: DiscordChannel): boolean =>
      name === uid && parentId === channel.id && ownerId === botId && id !== gone;
    const heard = this.#heard.get(uid);
    if (heard !== undefined && isOurs(heard)) return heard.id;
    const active = (await optional(rest.activeThreads(guildId), [])).find(isOurs);
    if (active !== undefined) return active.id;
    const archived = await optional(rest.archivedThreads(channel.id), { threads: [], more: false });
    return archived.threads.find(isOurs)?.id;
  }
}

/** Where the forum has a tag "open", posts carry it; where it demands a tag, any other has to do. */
function tagsFor({ tags, tagRequired }: DiscordChannel): readonly Snowflake[] {
  const open = tags.find(({ name }) => name.toLowerCase() === "open") ?? (tagRequired ? tags[0] : undefined);
  return open === undefined ? [] : [open.id];
}
