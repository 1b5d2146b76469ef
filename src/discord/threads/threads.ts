import {
  type Connection,
  DeliveryError,
  type Logger,
  LruMap,
  type ServiceWorker,
  type Uuid,
} from "../../core/mod.ts";
import { Code, DiscordRefusal, failureFields, optional, refusedWith } from "../errors.ts";
import { readHistory } from "../intake/history.ts";
import type { FindHome, Home } from "../home/home.ts";
import { nonceOf } from "../outbox/plan.ts";
import type { DiscordChannel, DiscordRest } from "../ports.ts";
import type { Refusals } from "../refusals/refusals.ts";
import { isSnowflake, type Snowflake } from "../snowflake.ts";
import { MAX_CONTENT } from "../text/split.ts";
import { historyOf, linesAbout, plainStarter, starterOf, threadName } from "./starter.ts";
import { straysIn } from "./stray_threads.ts";
import { tagsOfNew } from "./tags.ts";
import { type AboutVisitor, aboutVisitor } from "../visitor.ts";
import { THREAD_GONE, THREAD_IN_DOUBT, THREAD_TRIED } from "./thread_properties.ts";
import { isAboutMessage, verdictOnThread } from "../verdict.ts";

/** While there is no channel, and after Discord has refused a thread: how long nobody tries, in milliseconds. */
const REFUSED_FOR_MS = 60_000;

/** Threads of which the gateway has told, in case the answer to their making gets lost. */
const HEARD_KEPT = 1_000;

/** Names of threads whose visitors are known without a look into the store. */
const NAMES_KEPT = 1_000;

/** Among so many first messages of a thread its starter is looked for; staff may have been quick. */
const STARTER_AMONG = 50;

/** What {@link ThreadMaker} needs. */
export interface ThreadMakerOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
  readonly home: FindHome;
  readonly logger: Logger;
  readonly refusals: Pick<Refusals, "inChannel">;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Makes the thread of a visitor: once, also when an answer gets lost (X2). The core calls it once at a time for each. */
export class ThreadMaker {
  readonly #options: ThreadMakerOptions;
  readonly #heard = new Map<Snowflake, DiscordChannel>();
  readonly #visitors = new LruMap<string, Connection>(NAMES_KEPT);
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
    this.#heard.set(thread.id, thread);
  }

  /** The visitor for whom a thread of this name was tried to make lately: a visitor's name leads to nobody in the store. */
  visitorOf(name: string): Connection | undefined {
    return this.#visitors.get(name);
  }

  /** A thread is gone. */
  forget(thread: Snowflake): void {
    this.#heard.delete(thread);
  }

  /**
   * Makes a visitor's thread, or finds the one that an earlier attempt has made.
   *
   * @param uid the visitor's
   * @returns the thread's id
   * @throws {DeliveryError} when it could not be made now
   * @throws {PermanentDeliveryError} when Discord refuses it whatever it is called
   */
  async make(uid: Uuid, connection: Connection): Promise<Snowflake> {
    const home = this.#options.home();
    if (home === undefined) {
      throw new DeliveryError("Cannot make a thread: no channel was found", { retryAfterMs: REFUSED_FOR_MS });
    }
    const barred = this.#options.refusals.inChannel(home);
    if (barred !== undefined) throw barred;
    if (this.#refusal !== undefined && this.#options.now() < this.#refusal.until) throw this.#refusal.error;
    try {
      const thread = await this.#findOrMake(uid, connection, home);
      this.#options.logger.info("A conversation has its thread", { uid: connection.uid, thread });
      return thread;
    } catch (error) {
      const verdict = verdictOnThread(error, home.missing);
      // What is refused for this visitor's words says nothing about the next one's.
      if (error instanceof DiscordRefusal && error.status === 403 && !isAboutMessage(error)) {
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
    const about = await aboutVisitor(connection);
    const gone = await properties.get(THREAD_GONE);
    const tried = await properties.get(THREAD_TRIED);
    const name = threadName(uid, about);
    // The visitor may have got a name, or another one, since.
    const strays = await straysIn(properties);
    const isTheirs = ({ id, name: given }: DiscordChannel): boolean =>
      [uid, name, tried].includes(given) && !strays.includes(id);
    const found = tried === undefined ? undefined : await this.#find(isTheirs, home);
    // On disk before the call: making a thread has no nonce, and this process may end before the answer comes.
    if (found === undefined) {
      this.#visitors.set(name, connection);
      // Discord may carry the earlier attempt out even now, see StrayThreads.
      const inDoubt = tried === undefined ? {} : { [THREAD_IN_DOUBT]: true };
      await properties.update({ [THREAD_TRIED]: name, ...inDoubt });
    }
    const starter = gone === undefined
      ? starterOf(uid, about)
      : await this.#history(connection, about, home, gone);
    const plain = plainStarter(uid);
    const late = found === undefined && tried !== undefined
      ? await this.#findHeard(isTheirs, home)
      : undefined;
    const known = found ?? late;
    const thread = known ??
      await this.#unlessWords(
        () => this.#create(home, name, starter),
        () => this.#create(home, uid, plain),
        connection.uid,
      );
    if (home.channel.kind !== "forum" && (known === undefined || !await this.#hasStarter(thread, home))) {
      await this.#introduce(thread, connection.uid, starter, plain);
    }
    return thread;
  }

  async #history(
    connection: Connection,
    about: AboutVisitor,
    { guildId }: Home,
    gone: unknown,
  ): Promise<string> {
    const { side } = this.#options.worker;
    const { delivered } = await connection.watermarks(side);
    const link = isSnowflake(gone) ? `<https://discord.com/channels/${guildId}/${gone}>` : undefined;
    const history = await historyOf(connection, side, delivered, link);
    const who = linesAbout(about).join("\n");
    return history.length + who.length + 1 <= MAX_CONTENT && who !== "" ? `${history}\n${who}` : history;
  }

  /** Does something with a visitor's words or, when Discord refuses it for what they say, without them. */
  async #unlessWords<T>(withWords: () => Promise<T>, without: () => Promise<T>, uid: Uuid): Promise<T> {
    try {
      return await withWords();
    } catch (error) {
      if (!(error instanceof DiscordRefusal) || !isAboutMessage(error)) throw error;
      this.#options.logger.warn(
        "Discord refuses what is known of a visitor, their thread is made without it",
        {
          uid,
          reason: error.message,
        },
      );
      return await without();
    }
  }

  async #create({ channel }: Home, name: string, content: string): Promise<Snowflake> {
    const { id } = await this.#options.rest.createThread(channel, {
      name,
      content,
      tags: tagsOfNew(channel),
    });
    return id;
  }

  /** Says in a text channel's thread what a forum's post has from its beginning. */
  async #introduce(thread: Snowflake, uid: Uuid, starter: string, plain: string): Promise<void> {
    const { rest, logger } = this.#options;
    const say = async (content: string, part: number): Promise<void> => {
      const nonce = await nonceOf({ kind: "starter", uid, place: thread, seq: 0, rev: 0, part });
      await rest.sendMessage(thread, { content, nonce });
    };
    // Nice to have: the visitor's words must not wait for it.
    await this.#unlessWords(() => say(starter, 0), () => say(plain, 1), uid).catch((error) =>
      logger.warn("A thread has no starter message", { uid, thread, ...failureFields(error) })
    );
  }

  /** Whether an earlier attempt has said something in a thread already: it was the starter, for nothing comes before that. */
  async #hasStarter(thread: Snowflake, { botId }: Home): Promise<boolean> {
    try {
      const messages = await readHistory(this.#options.rest, thread, thread, STARTER_AMONG);
      return messages.some(({ author }) => author.id === botId);
    } catch (error) {
      // Where it cannot be seen, none is better than two.
      if (error instanceof DiscordRefusal && error.status === 403) return true;
      throw error;
    }
  }

  /** Looks for a thread of ours that may be the visitor's, heard of, active or archived lately, that is nobody's. */
  async #find(
    isTheirs: (thread: DiscordChannel) => boolean,
    home: Home,
  ): Promise<Snowflake | undefined> {
    const { rest } = this.#options;
    const { guildId, channel } = home;
    const known = await this.#findHeard(isTheirs, home);
    if (known !== undefined) return known;
    const active = await optional(rest.activeThreads(guildId), []);
    const found = await this.#usable(active.filter(isTheirs), home);
    if (found !== undefined) return found;
    const archived = await optional(rest.archivedThreads(channel.id), { threads: [], more: false });
    return await this.#usable(archived.threads.filter(isTheirs), home);
  }

  #findHeard(isTheirs: (thread: DiscordChannel) => boolean, home: Home): Promise<Snowflake | undefined> {
    return this.#usable([...this.#heard.values()].filter(isTheirs), home);
  }

  /** The first of ours that is nobody's and still there: two visitors of the same name may share the beginning of their UUIDs. */
  async #usable(
    threads: readonly DiscordChannel[],
    { channel, botId }: Home,
  ): Promise<Snowflake | undefined> {
    // Some servers do not say whose a thread is.
    for (const { id, parentId, ownerId = botId } of threads) {
      if (parentId !== channel.id || ownerId !== botId) continue;
      if (await this.#options.worker.connectionOf(id) !== undefined) continue;
      if (await this.#isThere(id)) return id;
      this.forget(id);
    }
    return undefined;
  }

  async #isThere(thread: Snowflake): Promise<boolean> {
    try {
      await this.#options.rest.channel(thread);
      return true;
    } catch (error) {
      if (refusedWith(error, Code.unknownChannel)) return false;
      // A server that does not know the call does not tell.
      if (error instanceof DiscordRefusal && error.status === 404) return true;
      throw error;
    }
  }
}
