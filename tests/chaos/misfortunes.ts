import type { Conversation } from "./conversation.ts";
import { TAKEN } from "./forbidden.ts";
import type { SeededRandom } from "./random.ts";
import type { Tally } from "./tally.ts";
import type { UnsteadyDiscord } from "./unsteady_discord.ts";
import type { UnsteadyServer } from "./unsteady_server.ts";

/** What can happen to the whole of Discord, or to the server. */
const KINDS = [
  "gateway cut",
  "gateway cut for good",
  "gateway closed",
  "op 7",
  "op 9, resumable",
  "op 9",
  "threads archived",
  "threads archived",
  "threads deleted",
  "no room for threads",
  "permission taken and given",
  "permission taken and given",
  "bot removed and invited",
  "outage",
  "guild unavailable",
  "lines lost",
  "Discord restarted",
  "kill -9",
  "SIGTERM",
] as const;

type Kind = typeof KINDS[number];

/** What may happen while the bot lacks a permission, or the server has no room for threads. */
const MEANWHILE = ["gateway cut", "gateway cut for good", "op 9", "kill -9", "Discord restarted"] as const;

/** How often it does. */
const MEANWHILE_CHANCE = 0.4;

/** An unknown error, after which a client may resume. https://discord.com/developers/docs/topics/opcodes-and-status-codes */
const UNKNOWN_ERROR = 4_000;

/** How long an outage, or the pause between two processes, may last. */
const AWAY_MS = 1_500;

/** How long the server has as many active threads as it may have. */
const FULL_MS = [1_000, 4_000] as const;

/** What misfortunes happen to. */
export interface MisfortuneOptions {
  readonly discord: UnsteadyDiscord;
  readonly server: UnsteadyServer;
  readonly conversations: readonly Conversation[];
  readonly random: SeededRandom;
  readonly tally: Tally;
  /** Waits; shorter when the traffic has ended. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Misfortune dealt like cards: every kind comes before one comes again. */
export class Misfortunes {
  readonly #options: MisfortuneOptions;
  #deck: Kind[] = [];
  #taken: typeof TAKEN[number][] = [];

  constructor(options: MisfortuneOptions) {
    this.#options = options;
  }

  /** How many come before one comes again. */
  get kinds(): number {
    return KINDS.length;
  }

  /** The next one happens. Resolves when it is over. */
  async next(): Promise<void> {
    const { random, tally } = this.#options;
    if (this.#deck.length === 0) this.#deck = random.shuffled(KINDS);
    const kind = this.#deck.pop() ?? "kill -9";
    await this.#happen(kind);
    tally.count(kind);
  }

  async #happen(kind: Kind): Promise<void> {
    const { discord, server, conversations, random } = this.#options;
    switch (kind) {
      case "gateway cut":
        return discord.now.dropGateway();
      case "gateway cut for good":
        return discord.now.dropGateway({ resumable: false });
      case "gateway closed":
        return discord.now.dropGateway({ code: UNKNOWN_ERROR });
      case "op 7":
        return discord.now.requestReconnect();
      case "op 9, resumable":
        return discord.now.invalidateSession(true);
      case "op 9":
        return discord.now.invalidateSession(false);
      case "threads archived":
        return this.#archive();
      case "threads deleted":
        for (const conversation of conversations) if (random.chance(0.03)) conversation.bury();
        return;
      case "no room for threads":
        return await this.#fill();
      case "permission taken and given":
        return await this.#takePermission();
      case "bot removed and invited":
        discord.now.kickBot();
        await this.#meanwhile();
        this.#letIn();
        return discord.now.inviteBot();
      case "outage":
        return await this.#whileAway((away) => discord.now.setOutage(away));
      case "guild unavailable":
        return await this.#whileAway((away) => discord.now.setGuildUnavailable(away));
      case "lines lost":
        for (const { visitor } of conversations) if (random.chance(0.3)) visitor.cut();
        return;
      case "Discord restarted":
        return await discord.restart();
      case "kill -9":
      case "SIGTERM":
        await server.end(kind === "SIGTERM" ? "SIGTERM" : "SIGKILL");
        await this.#options.pause(random.between(0, AWAY_MS));
        await server.start();
    }
  }

  async #takePermission(): Promise<void> {
    const { discord, conversations, random, tally } = this.#options;
    if (this.#taken.length === 0) this.#taken = random.shuffled(TAKEN);
    const [permission, excuse] = this.#taken.pop() ?? random.pick(TAKEN);
    discord.forbidden.begin(excuse);
    for (const conversation of conversations) conversation.permissionTaken(excuse);
    discord.now.denyBot(discord.forum, permission);
    await this.#meanwhile();
    if (permission === "ViewChannel") this.#letIn();
    discord.now.denyBot(discord.forum);
    discord.forbidden.end();
    tally.count(`without ${permission}`);
  }

  /** No thread may be made, and none that is asleep can wake: for staff as well. Nothing is excused, it all comes later. */
  async #fill(): Promise<void> {
    const { discord, random, pause } = this.#options;
    this.#archive();
    discord.limitActiveThreads(discord.now.world.activeThreads);
    await this.#meanwhile();
    await pause(random.between(...FULL_MS));
    discord.limitActiveThreads(undefined);
  }

  async #meanwhile(): Promise<void> {
    const { random, pause, tally } = this.#options;
    await pause(random.between(0, AWAY_MS));
    if (!random.chance(MEANWHILE_CHANCE)) return;
    const kind = random.pick(MEANWHILE);
    await this.#happen(kind);
    tally.count(kind);
    await pause(random.between(0, AWAY_MS));
  }

  /** The bot sees again what it could not see: as after a lost session, nobody tells what was changed meanwhile. */
  #letIn(): void {
    for (const conversation of this.#options.conversations) conversation.sessionBegins();
  }

  async #whileAway(set: (away: boolean) => void): Promise<void> {
    set(true);
    await this.#options.pause(this.#options.random.between(0, AWAY_MS));
    set(false);
  }

  #archive(): void {
    const { discord, conversations, random } = this.#options;
    for (const { thread } of conversations) {
      if (thread === undefined || !random.chance(0.2)) continue;
      if (discord.now.world.thread(thread).thread.archived) continue;
      discord.now.staff("Warden").editThread(thread, { archived: true });
    }
  }
}
