import type { Clock, ServiceWorker, Uuid } from "../../core/mod.ts";
import { Code, optional, refusedWith } from "../errors.ts";
import type { GuildBook } from "./guild_book.ts";
import type { DiscordChannel, DiscordRest } from "../ports.ts";
import { Allowance, ALLOWED_EVERY_MS } from "../refusals/allowance.ts";
import type { Snowflake } from "../snowflake.ts";
import { wait } from "../waiting.ts";

/** Of so many conversations whose threads are still there it is looked where they are. */
const LOOKED_AT = 5;

/** Among so many conversations, those where somebody spoke last: the threads of some may be gone. */
const LOOKED_THROUGH = 100;

/** What {@link ChannelOfThreads} needs. */
export interface ChannelOfThreadsOptions {
  readonly worker: Pick<ServiceWorker<Snowflake, Uuid>, "recentIds">;
  readonly rest: Pick<DiscordRest, "channel">;
  readonly book: Pick<GuildBook, "channel">;
  readonly clock: Clock;
}

/** Finds the channel in which the threads are where somebody spoke last. It may be asked as often as something changes. */
export class ChannelOfThreads {
  readonly #options: ChannelOfThreadsOptions;
  /** They do not come back. */
  readonly #gone = new Set<Snowflake>();
  /** For answers of no use, refusals above all: Discord bans an address for too many of them. */
  readonly #allowance: Allowance;

  constructor(options: ChannelOfThreadsOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock);
  }

  /**
   * Looks once; not before it may be asked again.
   *
   * @returns `undefined` when there is none that threads can be made in, none that the bot may see, or the signal was aborted
   * @throws {DiscordUnreachable} when Discord could not be asked
   */
  async find(signal: AbortSignal): Promise<DiscordChannel | undefined> {
    const { worker, clock } = this.#options;
    let seen = 0;
    for (const thread of await worker.recentIds(LOOKED_THROUGH)) {
      if (this.#gone.has(thread)) continue;
      if (seen >= LOOKED_AT) return undefined;
      while (this.#allowance.left === 0 && !signal.aborted) await wait(ALLOWED_EVERY_MS, clock, signal);
      if (signal.aborted) return undefined;
      const channel = await this.#channelOf(thread);
      if (channel?.kind === "forum" || channel?.kind === "text") return channel;
      if (this.#gone.has(thread)) continue;
      seen++;
      this.#allowance.spend();
    }
    return undefined;
  }

  async #channelOf(id: Snowflake): Promise<DiscordChannel | undefined> {
    const { rest, book } = this.#options;
    const asked = rest.channel(id).catch((error) => {
      if (refusedWith(error, Code.unknownChannel)) this.#gone.add(id);
      throw error;
    });
    const thread = await optional<DiscordChannel | undefined>(asked, undefined);
    return thread?.parentId === undefined ? undefined : book.channel(thread.parentId);
  }
}
