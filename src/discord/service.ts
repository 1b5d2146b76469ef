import type { Clock, DeliveryBatch, Logger, ServiceWorker, Uuid } from "../core/mod.ts";
import { CatchUp } from "./catch_up.ts";
import { openGateway } from "./gateway.ts";
import { GuildBook } from "./guild_book.ts";
import type { Home } from "./home.ts";
import { Inbox } from "./inbox.ts";
import { Intake } from "./intake.ts";
import type { DiscordMetrics } from "./metrics.ts";
import { Outbox } from "./outbox.ts";
import { inviteUrl } from "./permissions.ts";
import type { DiscordChannel, DiscordEvent, DiscordGateway, DiscordProblem, DiscordRest } from "./ports.ts";
import { openRest } from "./rest.ts";
import type { Snowflake } from "./snowflake.ts";
import { ThreadMaker } from "./threads.ts";
import { wait } from "./waiting.ts";

/** How long a stop waits for calls that are under way, in milliseconds; what they did not finish is tried again. */
const STOP_WITHIN_MS = 5_000;

/** How long a stop waits for events that have come in, in milliseconds. */
const STORE_WITHIN_MS = 1_000;

/** The same two while Discord is out of reach: calls that are under way then wait for an answer that does not come. */
const STOP_CUT_OFF_WITHIN_MS = 250;

/** Options of {@link DiscordService}. */
export interface DiscordServiceOptions {
  /** Discord's door to the ChatBox; a client's id is its thread's. */
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  /** The bot's. */
  readonly token: string;
  /** Base of the REST API, Discord's own when left out; the gateway's address comes from there. */
  readonly apiUrl?: string;
  /** The channel in which threads are made; the forum or text channel named `chatbox50` when left out. */
  readonly channelId?: Snowflake;
  /** Whether a visitor gets a thread with the first message, or already when they come; `message` when left out. */
  readonly threadOn?: "message" | "access";
  /** A staff message that begins so stays in Discord; `//` when left out, none when empty. */
  readonly notePrefix?: string;
  /** Called whenever somebody of the staff writes or types in a thread. */
  readonly onStaffActive?: (at: number) => void;
  /** Told about calls and the connection; counts nothing when left out. */
  readonly metrics?: DiscordMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Jitter, from 0 to below 1; `Math.random` when left out. */
  readonly random?: () => number;
}

/** Whether conversations flow, for `/readyz`. */
export interface DiscordStatus {
  readonly ready: boolean;
  /** For the operator; set while not ready. */
  readonly reason?: string;
}

/** Discord as a service of a ChatBox: one thread a visitor, staff answer in it. */
export class DiscordService {
  /** Resolves when something is wrong that only a person can put right; nothing is tried any more then. */
  readonly problem: Promise<DiscordProblem>;
  readonly #options: DiscordServiceOptions;
  readonly #rest: DiscordRest;
  readonly #gateway: DiscordGateway;
  readonly #book = new GuildBook();
  readonly #intake: Intake;
  readonly #outbox: Outbox;
  readonly #threads: ThreadMaker;
  readonly #stopping = new AbortController();
  readonly #deliveries = new Set<Promise<void>>();
  readonly #reportProblem: (problem: DiscordProblem) => void;
  #bot: { readonly id: Snowflake; readonly applicationId: Snowflake } | undefined;
  #home: Home | undefined;
  #connected = false;
  #reason = "Connecting to Discord";
  #problem: DiscordProblem | undefined;

  constructor(options: DiscordServiceOptions) {
    this.#options = options;
    const { worker, logger, clock, random = Math.random } = options;
    const { promise, resolve } = Promise.withResolvers<DiscordProblem>();
    this.problem = promise;
    this.#reportProblem = resolve;
    const rest = this.#rest = openRest(options);
    this.#gateway = openGateway({ token: options.token, rest, clock, logger, random });
    const { signal } = this.#stopping;
    const shared = { worker, rest, logger, home: () => this.#home, now: () => clock.now(), signal };
    this.#outbox = new Outbox(shared);
    this.#threads = new ThreadMaker(shared);
    const inbox = new Inbox({
      worker,
      isOwn: (id) => id === this.#bot?.id,
      notePrefix: options.notePrefix ?? "//",
      names: { role: (id) => this.#book.roleName(id), channel: (id) => this.#book.channel(id)?.name },
      onStaffActive: () => options.onStaffActive?.(clock.now()),
    });
    const catchUp = new CatchUp({ worker, rest });
    this.#intake = new Intake({ worker, inbox, catchUp, logger, clock, random, signal });
  }

  /** Whether conversations flow now. */
  get status(): DiscordStatus {
    if (this.#problem !== undefined) return { ready: false, reason: this.#problem.message };
    if (!this.#connected || this.#home === undefined) return { ready: false, reason: this.#reason };
    const { missing, channel } = this.#home;
    if (missing.length === 0) return { ready: true };
    return { ready: false, reason: `The bot lacks in #${channel.name}: ${missing.join(", ")}` };
  }

  /** Begins to connect; returns at once. What can heal is tried for ever, see {@link DiscordService.problem} for the rest. */
  start(): void {
    const { worker, threadOn = "message" } = this.#options;
    worker.setCreateCallback((uid, connection) => this.#threads.make(uid, connection));
    if (threadOn === "access") {
      worker.setNewAccessCallback(async (id, connection) => {
        if (id === undefined && !this.#stopping.signal.aborted) await worker.pair(connection);
      });
    }
    this.#gateway.start((event) => this.#take(event));
  }

  /**
   * Closes the gateway so that the session stays, lets what is under way come to its end, and lets go of everything.
   * What was not delivered waits in the store.
   */
  async stop(): Promise<void> {
    this.#options.worker.setReceivedBatchCallback(undefined);
    const cutOff = !this.#connected;
    await this.#gateway.stop();
    // What came in is stored; what cannot be now, because Discord has to be asked first, is read after the next start.
    await this.#orLate(this.#intake.drain(), cutOff ? STOP_CUT_OFF_WITHIN_MS : STORE_WITHIN_MS);
    this.#stopping.abort();
    const ends = Promise.allSettled([...this.#deliveries, this.#intake.drain()]);
    await this.#orLate(ends, cutOff ? STOP_CUT_OFF_WITHIN_MS : STOP_WITHIN_MS);
    await this.#rest.close();
    this.#connected = false;
    this.#reason = "Stopped";
  }

  async #orLate(work: Promise<unknown>, withinMs: number): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, wait(withinMs, this.#options.clock, done.signal)]);
    done.abort();
  }

  #take(event: DiscordEvent): void {
    const changed = this.#book.apply(event);
    switch (event.type) {
      case "ready":
        return this.#onReady(event);
      case "resumed":
        this.#connected = true;
        this.#options.metrics?.gateway(true);
        this.#options.logger.info("Connected to Discord again, nothing was missed");
        return this.#home === undefined ? this.#settle() : undefined;
      case "disconnected":
        return this.#onDisconnected();
      case "guild-gone":
        if (event.outage) this.#intake.doubt();
        return changed ? this.#settle() : undefined;
      case "guild":
        for (const thread of event.guild.threads) this.#threads.heard(thread);
        this.#settle();
        this.#lookAround(event.guild.id, event.guild.threads);
        if (event.guild.channels.length === 0) this.#askForChannels(event.guild.id);
        return;
      case "problem":
        return this.#onProblem(event.problem);
      case "thread":
        this.#threads.heard(event.channel);
        return this.#intake.take(event);
      case "message":
        return this.#book.channel(event.message.channelId) === undefined
          ? this.#intake.take(event)
          : undefined;
      default:
        if (changed) this.#settle();
        else this.#intake.take(event);
    }
  }

  #onDisconnected(): void {
    if (this.#connected) this.#options.logger.warn("Lost the connection to Discord, connecting again");
    this.#connected = false;
    this.#options.metrics?.gateway(false);
    this.#reason = "The connection to Discord is lost, connecting again";
  }

  #onReady({ bot, applicationId, guildIds }: DiscordEvent & { type: "ready" }): void {
    const { logger, metrics } = this.#options;
    this.#connected = true;
    metrics?.gateway(true);
    this.#bot = { id: bot.id, applicationId };
    this.#intake.doubt();
    this.#intake.hold();
    logger.info("Connected to Discord", { bot: bot.username, guilds: guildIds.length });
    if (guildIds.length === 0) this.#settle();
    // The home stays until its guild comes again, unless the bot was put out of it meanwhile.
    else if (this.#home !== undefined && !guildIds.includes(this.#home.guildId)) this.#home = undefined;
    else if (this.#home === undefined) this.#reason = "Waiting for Discord to tell about the server";
  }

  #lookAround(guildId: Snowflake, told: readonly DiscordChannel[]): void {
    const home = this.#home?.guildId === guildId ? this.#home : undefined;
    this.#intake.lookAround(guildId, told, home?.channel.id).catch((error) =>
      this.#options.logger.error("Cannot find out what was missed", { guild: guildId, error })
    );
  }

  /** For servers that introduce a guild without its channels. */
  #askForChannels(guildId: Snowflake): void {
    this.#rest.guildChannels(guildId).then((channels) => {
      for (const channel of channels) this.#take({ type: "channel", channel });
    }).catch((error) => this.#options.logger.warn("Cannot list the channels", { guild: guildId, error }));
  }

  #onProblem(problem: DiscordProblem): void {
    this.#problem = problem;
    this.#options.logger.error(problem.message, { problem: problem.code });
    this.#reportProblem(problem);
  }

  /** Finds the channel anew after something has changed. */
  #settle(): void {
    if (this.#bot === undefined) return;
    const { logger, worker, channelId } = this.#options;
    const before = this.#home;
    const search = this.#book.find(channelId);
    if (search.channel === undefined) {
      this.#home = undefined;
      if (search.reason !== this.#reason) {
        this.#reason = search.reason;
        logger.warn(search.reason, { invite: inviteUrl(this.#bot.applicationId) });
      }
      return;
    }
    const { channel, guildId } = search;
    const missing = this.#book.missing(channel);
    this.#home = { botId: this.#bot.id, guildId, channel, missing };
    const same = before?.channel.id === channel.id && before.missing.join() === missing.join();
    if (same) return;
    this.#reason = "";
    if (missing.length === 0) {
      logger.info("Conversations go to a channel", { channel: channel.name, id: channel.id });
    } else logger.error("The bot lacks permissions", { channel: channel.name, missing });
    this.#threads.forgive();
    if (before === undefined) worker.setReceivedBatchCallback((batch) => this.#deliver(batch));
    worker.resumeDeliveries();
  }

  #deliver(batch: DeliveryBatch<Snowflake>): Promise<void> {
    this.#intake.paired(batch.id);
    const delivery = this.#outbox.receive(batch).finally(() => this.#deliveries.delete(delivery));
    this.#deliveries.add(delivery);
    return delivery;
  }
}
