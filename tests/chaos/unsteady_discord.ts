import { DiscordSimulator, type Ping } from "../support/discord/mod.ts";
import type { SeededRandom } from "./random.ts";
import { RequestFaults } from "./request_faults.ts";
import type { Tally } from "./tally.ts";

/** How many lines of the transcript outlive a restart, for the report. */
const LINES_KEPT = 400;

/** A Discord that can be started anew, with all that it holds, at the same address. */
export class UnsteadyDiscord implements AsyncDisposable {
  /** The forum in which threads are made. */
  readonly forum: string;
  readonly requestFaults: RequestFaults;
  readonly #watchers = new Set<() => void>();
  readonly #earlierPings: Ping[] = [];
  #earlierIdentifies = 0;
  #earlierLines = "";
  #now: DiscordSimulator;

  private constructor(discord: DiscordSimulator, random: SeededRandom, tally: Tally) {
    this.#now = discord;
    this.forum = discord.createForum("chatbox50");
    this.requestFaults = new RequestFaults(random, tally);
    this.#equip();
  }

  static async start(random: SeededRandom, tally: Tally): Promise<UnsteadyDiscord> {
    return new UnsteadyDiscord(await DiscordSimulator.start({ log: () => {} }), random, tally);
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

  /** The transcript's end, across restarts. */
  get transcript(): string {
    return `${this.#earlierLines}\n${this.#now.transcript.toString(LINES_KEPT)}`;
  }

  /** @param watcher called after every change, for as long as this lives */
  onChange(watcher: () => void): void {
    this.#watchers.add(watcher);
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
    this.#earlierLines = `${old.transcript.toString(LINES_KEPT)}\n--- restart ---`;
    const port = Number(new URL(old.url).port);
    this.#now = await DiscordSimulator.start({ port, snapshot: old.snapshot(), log: () => {} });
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
