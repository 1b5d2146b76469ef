import type { Connection, ServiceWorker, Uuid } from "../core/mod.ts";
import { optional } from "./errors.ts";
import type { DiscordChannel, DiscordMessage, DiscordRest } from "./ports.ts";
import { compareSnowflakes, isSnowflake, type Snowflake, snowflake } from "./snowflake.ts";

const PAGE = 100;

/** How many known messages of a thread are looked at again for edits and deletions. */
const REVIEWED = 50;

/** How many pages of archived threads are looked through for one that has something new; 1,000 threads. */
const MAX_ARCHIVED_PAGES = 10;

/** What {@link CatchUp} needs. */
export interface CatchUpOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
}

/** Finds and reads what was written while nobody listened (X4). */
export class CatchUp {
  readonly #options: CatchUpOptions;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /**
   * Finds the paired threads of a guild that have something newer than what is known.
   *
   * @param told threads that the guild has told of itself, for servers that cannot list them
   * @param archivedOf the channel whose archived threads are looked through, too
   */
  async behind(
    guildId: Snowflake,
    told: readonly DiscordChannel[],
    archivedOf: Snowflake | undefined,
  ): Promise<readonly Snowflake[]> {
    const active = await optional(this.#options.rest.activeThreads(guildId), told);
    const found = new Set(await this.#behindOf(active));
    if (archivedOf !== undefined) {
      for (const thread of await this.#archivedBehind(archivedOf)) found.add(thread);
    }
    return [...found];
  }

  async #archivedBehind(channelId: Snowflake): Promise<readonly Snowflake[]> {
    const found: Snowflake[] = [];
    let before: string | undefined;
    for (let page = 0; page < MAX_ARCHIVED_PAGES; page++) {
      const list = this.#options.rest.archivedThreads(channelId, before);
      const { threads, more } = await optional(list, { threads: [], more: false });
      const news = await this.#behindOf(threads);
      found.push(...news);
      before = threads.at(-1)?.archiveTimestamp;
      // They come latest first: behind a page without news there is none.
      if (!more || before === undefined || news.length === 0) break;
    }
    return found;
  }

  async #behindOf(threads: readonly DiscordChannel[]): Promise<readonly Snowflake[]> {
    const { worker } = this.#options;
    const found: Snowflake[] = [];
    for (const { id, lastMessageId } of threads) {
      if (await worker.connectionOf(id) === undefined) continue;
      const cursor = await worker.cursor(id);
      const known = isSnowflake(cursor) && lastMessageId !== undefined &&
        compareSnowflakes(lastMessageId, cursor) <= 0;
      if (!known) found.push(id);
    }
    return found;
  }

  /**
   * Reads a thread from where it is known, oldest first, and hands each message on. Unpaired threads have nothing to read.
   *
   * @param review gets the last messages that were known, for what has become of them
   */
  async read(
    thread: Snowflake,
    hand: (message: DiscordMessage) => Promise<void>,
    review: (messages: readonly DiscordMessage[], through: Snowflake) => Promise<void>,
  ): Promise<void> {
    const { worker, rest } = this.#options;
    const connection = await worker.connectionOf(thread);
    if (connection === undefined) return;
    const cursor = await worker.cursor(thread);
    // A forum post's first message has the id of its thread; the bot wrote it.
    let after = isSnowflake(cursor) ? await this.#lookBack(connection, cursor) : thread;
    let known: DiscordMessage[] | undefined = [];
    while (true) {
      const messages = await optional(rest.messagesAfter(thread, after, PAGE), []);
      for (const message of messages) {
        if (isSnowflake(cursor) && compareSnowflakes(message.id, cursor) <= 0) {
          known?.push(message);
          continue;
        }
        if (known !== undefined && isSnowflake(cursor)) await review(known, cursor);
        known = undefined;
        await hand(message);
      }
      const last = messages.at(-1);
      if (last !== undefined && messages.length >= PAGE) {
        after = last.id;
        continue;
      }
      if (known !== undefined && isSnowflake(cursor)) await review(known, cursor);
      return;
    }
  }

  /** Just before one of the last messages that are known, so that what has become of them comes in the same answer. */
  async #lookBack(connection: Connection, cursor: Snowflake): Promise<Snowflake> {
    const { messages } = await connection.messages({ limit: REVIEWED });
    for (const { seq } of messages) {
      const ids = (await this.#options.worker.remoteIds(connection, seq)).filter(isSnowflake);
      const [first] = ids.sort(compareSnowflakes);
      if (first !== undefined && compareSnowflakes(first, cursor) < 0) {
        return snowflake.decode(String(BigInt(first) - 1n));
      }
    }
    return cursor;
  }
}
