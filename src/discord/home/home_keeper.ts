import type { Logger } from "../../core/mod.ts";
import type { Errands } from "../errands.ts";
import { CHANNEL_NAME, type GuildBook } from "./guild_book.ts";
import type { Bot, Home } from "./home.ts";
import { inviteUrl, lackingOf, type PersonaUse, requiredIn, wantedIn } from "./permissions.ts";
import type { DiscordChannel } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";

const WAITING = "Waiting for Discord to tell about the server";

/** The errand that looks where the threads are. */
const SEARCH = "search by threads";

/** What {@link HomeKeeper} needs. */
export interface HomeKeeperOptions {
  readonly book: GuildBook;
  readonly logger: Logger;
  /** The channel that the operator has named, if any. */
  readonly channelId?: Snowflake;
  readonly uses: PersonaUse;
  readonly bot: () => Bot | undefined;
  /** Looks where the threads of known conversations are. */
  readonly findByThreads: (signal: AbortSignal) => Promise<DiscordChannel | undefined>;
  /** By which it asks for the threads. */
  readonly errands: Pick<Errands, "run" | "runs" | "drop">;
  /** The channel is there; told each time it was looked for. */
  readonly onFound: (home: Home) => void;
  /** It is another one than before, or the bot may do other things in it. */
  readonly onChange: (before: Home | undefined, home: Home) => void;
  /** It was there, and is not any more. */
  readonly onLost: () => void;
  /** It was found again by its threads, whatever it is called now. */
  readonly onFoundByThreads: () => void;
}

/** Finds the channel in which conversations have their threads, stays with it, and says what the bot lacks there. */
export class HomeKeeper {
  readonly #options: HomeKeeperOptions;
  #home: Home | undefined;
  /** The channel that was found last: it stays the one, whatever it is called. */
  #kept: Snowflake | undefined;
  /** Whether something has changed since it was begun to look where the threads are. */
  #searchesAgain = false;
  #reason = WAITING;

  constructor(options: HomeKeeperOptions) {
    this.#options = options;
  }

  /** Where conversations go now. */
  get home(): Home | undefined {
    return this.#home;
  }

  /** Why there is no such place, for the operator. */
  get reason(): string {
    return this.#reason;
  }

  /** A new session begins, in which the bot is in these guilds. */
  begin(guildIds: readonly Snowflake[]): void {
    if (guildIds.length === 0) return this.settle();
    // The home stays until its guild comes again, unless the bot was put out of it meanwhile.
    if (this.#home !== undefined && !guildIds.includes(this.#home.guildId)) this.#home = undefined;
    if (this.#home === undefined) this.#reason = WAITING;
  }

  /** Finds the channel anew after something has changed. */
  settle(): void {
    const { bot, book, channelId, errands, onFound, onChange } = this.#options;
    const self = bot();
    if (self === undefined) return;
    const before = this.#home;
    const search = book.find(channelId, this.#kept);
    if (search.channel === undefined) return this.#lose(search.reason, self);
    const { channel, guildId } = search;
    this.#kept = channel.id;
    errands.drop(SEARCH);
    const home = this.#home = this.#homeIn(channel, guildId, self);
    onFound(home);
    if (isSame(before, home)) return;
    this.#tell(home);
    onChange(before, home);
  }

  #lose(reason: string, { applicationId }: Bot): void {
    const { logger, channelId, book, uses, onLost } = this.#options;
    if (this.#home !== undefined) onLost();
    this.#home = undefined;
    if (reason !== this.#reason) {
      this.#reason = reason;
      logger.warn(reason, { invite: inviteUrl(applicationId, uses) });
    }
    if (channelId === undefined && this.#kept === undefined && book.isComplete) this.#searchByThreads();
  }

  #homeIn(channel: DiscordChannel, guildId: Snowflake, bot: Bot): Home {
    const { book, uses } = this.#options;
    const bits = book.ownBits(channel);
    return {
      botId: bot.id,
      applicationId: bot.applicationId,
      guildId,
      channel,
      missing: lackingOf(requiredIn(channel), bits),
      lacking: lackingOf(wantedIn(uses), bits),
      fileBytes: book.fileBytes(guildId),
    };
  }

  #tell({ channel, missing, lacking, applicationId }: Home): void {
    const { logger, uses } = this.#options;
    const invite = inviteUrl(applicationId, uses);
    if (missing.length === 0) {
      logger.info("Conversations go to a channel", { channel: channel.name, id: channel.id });
    } else {
      logger.error("The bot lacks permissions", { channel: channel.name, missing, invite });
    }
    if (lacking.length > 0) {
      logger.warn(
        "Files, marks of what was read, or closing threads will not work: the bot lacks permissions",
        { channel: channel.name, missing: lacking, invite },
      );
    }
  }

  /** The bot may see more than before, or less. A search that is under way may have asked too early, so another one follows. */
  #searchByThreads(): void {
    if (this.#options.errands.runs(SEARCH)) this.#searchesAgain = true;
    else this.#search();
  }

  #search(): void {
    this.#searchesAgain = false;
    this.#options.errands.run({
      kind: SEARCH,
      failure: "Cannot find out where the threads are",
      ask: this.#options.findByThreads,
      done: (channel) => {
        if (channel !== undefined) this.#stayWithThreads(channel);
        else if (this.#searchesAgain) this.#search();
      },
    });
  }

  /** The channel may have been renamed while this process was down: conversations go on where their threads are. */
  #stayWithThreads(channel: DiscordChannel): void {
    const { logger, onFoundByThreads } = this.#options;
    logger.warn(
      `No channel is named ${CHANNEL_NAME} any more, conversations stay where they are; set DISCORD_CHANNEL_ID to be sure`,
      { channel: channel.name, id: channel.id },
    );
    this.#kept = channel.id;
    onFoundByThreads();
  }
}

function isSame(a: Home | undefined, b: Home): boolean {
  return a?.channel.id === b.channel.id && a.missing.join() === b.missing.join() &&
    a.lacking.join() === b.lacking.join();
}
