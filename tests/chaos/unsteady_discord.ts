import {
  DiscordSimulator,
  type Ping,
  type SimulatorOptions,
  type TranscriptEntry,
} from "../support/discord/mod.ts";
import { Forbidden } from "./forbidden.ts";
import type { SeededRandom } from "./random.ts";
import { RequestFaults } from "./request_faults.ts";
import type { Tally } from "./tally.ts";

/** Active threads that a guild may have. */
const MOST_THREADS = 1_000;

/** How many lines of the transcript are kept for the report, across restarts. */
const LINES_KEPT = 200_000;

/**
 * All limits as Discord has them, but for two that hundreds of conversations share: fifty threads in five minutes, and five posts of
 * the one webhook in two seconds (and fewer changes), would leave most of a short run waiting. They are wider here, and still met.
 */
const STRICT: SimulatorOptions = {
  rateLimits: {
    routes: true,
    global: 50,
    limits: {
      "POST /channels/:channel_id/threads": [10, 1_000],
      "POST /webhooks/:webhook_id/:webhook_token": [25, 1_000],
      "PATCH /webhooks/:webhook_id/:webhook_token/messages/:message_id": [25, 1_000],
      "DELETE /webhooks/:webhook_id/:webhook_token/messages/:message_id": [25, 1_000],
    },
  },
  identifyRate: true,
};

/** A Discord that can be started anew, with all that it holds, at the same address. */
export class UnsteadyDiscord implements AsyncDisposable {
  /** The forum in which threads are made. */
  readonly forum: string;
  readonly requestFaults: RequestFaults;
  readonly forbidden: Forbidden = new Forbidden();
  readonly #watchers = new Set<() => void>();
  readonly #earlierPings: Ping[] = [];
  #activeThreads: number | undefined;
  #earlierIdentifies = 0;
  #earlierInvalid = 0;
  readonly #lines: string[];
  #now: DiscordSimulator;

  private constructor(
    discord: DiscordSimulator,
    lines: string[],
    random: SeededRandom,
    tally: Tally,
  ) {
    this.#now = discord;
    this.#lines = lines;
    this.forum = discord.createForum("chatbox50");
    this.requestFaults = new RequestFaults(random, tally);
    this.#equip();
  }

  static async start(random: SeededRandom, tally: Tally): Promise<UnsteadyDiscord> {
    const lines: string[] = [];
    const discord = await DiscordSimulator.start({ ...STRICT, log: note(lines) });
    return new UnsteadyDiscord(discord, lines, random, tally);
  }

  /** The simulator of this moment. */
  get now(): DiscordSimulator {
    return this.#now;
  }

  /** Everyone whom the bot has ever pinged. */
  get pings(): readonly Ping[] {
    return [...this.#earlierPings, ...this.#now.pings];
  }

  /** How many sessions the bot has begun. */
  get identifies(): number {
    return this.#earlierIdentifies + this.#now.sessions.identifies;
  }

  /** How many requests were answered 401, 403 or 429: 10,000 within ten minutes get an address banned. */
  get invalidRequests(): number {
    return this.#earlierInvalid + this.#now.invalidRequests;
  }

  /** The transcript, across restarts. */
  get transcript(): readonly string[] {
    return this.#lines;
  }

  /** @param watcher called after every change, for as long as this lives */
  onChange(watcher: () => void): void {
    this.#watchers.add(watcher);
  }

  /** @param most how many threads may be active from now on, across restarts; as many as Discord allows when undefined */
  limitActiveThreads(most: number | undefined): void {
    this.#activeThreads = most;
    this.#now.limitActiveThreads(most ?? MOST_THREADS);
  }

  /** Ends and starts anew with what it holds, but without the sessions. */
  async restart(): Promise<void> {
    const old = this.#now;
    const closed = old.close();
    // Requests that are held back would hold the end back, too.
    this.requestFaults.release();
    await closed;
    this.#earlierPings.push(...old.pings);
    this.#earlierIdentifies += old.sessions.identifies;
    this.#earlierInvalid += old.invalidRequests;
    this.#lines.push("--- restart ---");
    const port = Number(new URL(old.url).port);
    this.#now = await DiscordSimulator.start({
      ...STRICT,
      port,
      snapshot: old.snapshot(),
      log: note(this.#lines),
    });
    this.limitActiveThreads(this.#activeThreads);
    this.#equip();
  }

  #equip(): void {
    this.#now.faults.random = (request) => this.requestFaults.next(request);
    this.#now.onChange(() => {
      for (const watcher of this.#watchers) watcher();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#now.close();
    this.requestFaults.stop();
    await closed;
  }
}

function note(lines: string[]): (entry: TranscriptEntry) => void {
  return ({ at, kind, text }) => {
    lines.push(`${new Date(at).toISOString()} ${kind} ${text}`);
    if (lines.length > LINES_KEPT) lines.splice(0, LINES_KEPT / 2);
  };
}
