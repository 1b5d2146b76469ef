import type { Connection, ServiceWorker, Uuid } from "../../core/mod.ts";
import { listed } from "../errors.ts";
import { readHistory } from "./history.ts";
import type { DiscordChannel, DiscordMessage, DiscordRest } from "../ports.ts";
import { compareSnowflakes, isSnowflake, justBefore, type Snowflake } from "../snowflake.ts";

const PAGE = 100;

/** How many known messages of a thread are looked at again for edits and deletions. */
const REVIEWED = 50;

/** How many pages of archived threads are looked through for those that have something new; 1,000 threads. */
const MAX_ARCHIVED_PAGES = 10;

/** How many of the known threads are read where they cannot be listed. */
const MAX_KNOWN = 1_000;

/** What a look at a list of threads has shown. */
export interface Look {
  /** Paired threads that have something newer than what is known. */
  readonly behind: readonly Snowflake[];
  /** Paired threads that have nothing newer. */
  readonly current: readonly Snowflake[];
  /** Threads of the channel that are nobody's, or not yet, although something was said in them. */
  readonly unpaired: readonly Snowflake[];
  /** Threads of the channel that are nobody's, whether something was said in them or not. */
  readonly nobodys: readonly DiscordChannel[];
  /** The server cannot list its threads: there may be others. */
  readonly unlisted: boolean;
}

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
   * Finds out in which active threads of a guild something was missed.
   *
   * @param told threads that the guild has told of itself, for servers that cannot list them
   * @param home the channel in which threads are made; those that are nobody's are looked for there
   */
  async active(
    guildId: Snowflake,
    told: readonly DiscordChannel[],
    home: Snowflake | undefined,
  ): Promise<Look> {
    const active = await listed(this.#options.rest.activeThreads(guildId), told);
    return { ...await this.#sort(active ?? told, home), unlisted: active === undefined };
  }

  /**
   * Finds out in which archived threads of a channel something was missed. To be asked after the active ones, or a thread that is
   * archived meanwhile is in neither list.
   */
  async archived(home: Snowflake): Promise<Look> {
    const archived = await this.#archived(home);
    // By id: what was archived in the same moment may be on two pages.
    const threads = new Map(archived?.map((thread) => [thread.id, thread]));
    return { ...await this.#sort([...threads.values()], home), unlisted: archived === undefined };
  }

  /** The archived threads of a channel, so many as are looked through; `undefined` when the server lists none. */
  async #archived(channelId: Snowflake): Promise<readonly DiscordChannel[] | undefined> {
    const found: DiscordChannel[] = [];
    let before: string | undefined;
    // They come by the time of their archiving, which says nothing about when somebody wrote: no page can be the last one.
    for (let page = 0; page < MAX_ARCHIVED_PAGES; page++) {
      const list = this.#options.rest.archivedThreads(channelId, before);
      const answer = await listed(list, { threads: [], more: false });
      if (answer === undefined) return undefined;
      found.push(...answer.threads);
      before = answer.threads.at(-1)?.archiveTimestamp;
      if (!answer.more || before === undefined) break;
    }
    return found;
  }

  async #sort(
    threads: readonly DiscordChannel[],
    home: Snowflake | undefined,
  ): Promise<Omit<Look, "unlisted">> {
    const { worker } = this.#options;
    const behind: Snowflake[] = [];
    const current: Snowflake[] = [];
    const nobodys: DiscordChannel[] = [];
    for (const thread of threads) {
      const { id, lastMessageId, parentId } = thread;
      if (await worker.connectionOf(id) === undefined) {
        if (parentId !== undefined && parentId === home) nobodys.push(thread);
        continue;
      }
      const cursor = await worker.cursor(id);
      const known = isSnowflake(cursor) && lastMessageId !== undefined &&
        compareSnowflakes(lastMessageId, cursor) <= 0;
      (known ? current : behind).push(id);
    }
    // A forum post's first message has the id of its thread.
    const unpaired = nobodys.filter(({ id, lastMessageId = id }) => lastMessageId !== id).map(({ id }) => id);
    return { behind, current, unpaired, nobodys };
  }

  /** The paired threads where somebody spoke last, for servers that cannot list them. */
  known(): Promise<readonly Snowflake[]> {
    return this.#options.worker.recentIds(MAX_KNOWN);
  }

  /**
   * Reads a thread from where it is known, oldest first, and hands each message on. Unpaired threads have nothing to read.
   *
   * @param review gets the last messages that were known, for what has become of them
   * @throws {DiscordRefusal} 403 when the bot may not read there: what was missed is still to be read then
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
      const messages = await readHistory(rest, thread, after, PAGE);
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
        return justBefore(first);
      }
    }
    return cursor;
  }
}
