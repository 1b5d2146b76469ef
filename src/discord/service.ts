import type { Connection, DeliveryBatch } from "../core/mod.ts";
import { Errands } from "./errands.ts";
import { openGateway } from "./gateway/gateway.ts";
import { GuildBook } from "./home/guild_book.ts";
import { type Bot, type Home, seesAll } from "./home/home.ts";
import { HomeKeeper } from "./home/home_keeper.ts";
import { inviteUrl, type PersonaUse } from "./home/permissions.ts";
import type { DiscordChannel, DiscordEvent, DiscordGateway, DiscordGuild, DiscordProblem } from "./ports.ts";
import { buildParts, type ServiceParts } from "./service_parts.ts";
import type { DiscordServiceOptions } from "./service_options.ts";
import type { Snowflake } from "./snowflake.ts";
import { wait } from "./waiting.ts";

/**
 * How long a stop may take in all, in milliseconds, and how much of that for events that have come in. What calls that are under
 * way did not finish is tried again.
 */
const STOP_WITHIN_MS = { all: 5_000, storing: 1_000 };

/** The same while Discord is out of reach: calls that are under way then wait for an answer that does not come. */
const STOP_CUT_OFF_WITHIN_MS = { all: 500, storing: 250 };

/** How long a new session may take to tell about its servers, in milliseconds; those that it has not told then have an outage. */
const GUILDS_WITHIN_MS = 10_000;

/** To let go of timers and sockets takes no longer, even when the time is over. */
const CLOSE_WITHIN_MS = 250;

/** The errand that makes the slash commands known. */
const COMMANDS = "commands";

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
  readonly #parts: ServiceParts;
  readonly #gateway: DiscordGateway;
  readonly #book = new GuildBook();
  readonly #uses: PersonaUse;
  readonly #errands: Errands;
  readonly #keeper: HomeKeeper;
  readonly #stopping = new AbortController();
  /** What a stop waits for. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #reportProblem: (problem: DiscordProblem) => void;
  /** The guild in which the commands are known. */
  #commandsIn: Snowflake | undefined;
  #bot: Bot | undefined;
  #session = 0;
  #connected = false;
  #reason = "Connecting to Discord";
  #problem: DiscordProblem | undefined;

  constructor(options: DiscordServiceOptions) {
    this.#options = options;
    const { clock, logger, random = Math.random } = options;
    const { promise, resolve } = Promise.withResolvers<DiscordProblem>();
    this.problem = promise;
    this.#reportProblem = resolve;
    this.#uses = { webhooks: options.persona === "webhook" };
    this.#errands = new Errands({
      clock,
      logger,
      random,
      signal: this.#stopping.signal,
      attend: (work) => this.#attend(work),
    });
    this.#keeper = new HomeKeeper({
      ...options,
      book: this.#book,
      uses: this.#uses,
      bot: () => this.#bot,
      findByThreads: (signal) => this.#parts.channelOfThreads.find(signal),
      errands: this.#errands,
      onFound: (home) => {
        this.#registerCommands(home);
        this.#parts.explanation.checkStaffRole(home);
      },
      onChange: (before, home) => this.#onHome(before, home),
      onLost: () => this.#parts.intake.doubt(),
      onFoundByThreads: () => this.#settleAndLook(),
    });
    this.#parts = buildParts(options, {
      book: this.#book,
      home: () => this.#keeper.home,
      bot: () => this.#bot,
      random,
      signal: this.#stopping.signal,
      attend: (work) => this.#attend(work),
      problem: (found) => this.#onProblem(found),
      onSight: () => this.#onSight(),
    });
    const { rest } = this.#parts;
    this.#gateway = openGateway({ token: options.token, rest, clock, logger, random });
  }

  /** Whether conversations flow now. */
  get status(): DiscordStatus {
    if (this.#problem !== undefined) return { ready: false, reason: this.#problem.message };
    if (!this.#connected) return { ready: false, reason: this.#reason };
    const { home } = this.#keeper;
    if (home === undefined) return { ready: false, reason: this.#keeper.reason };
    const stopped = this.#parts.stopped();
    if (stopped !== undefined) return { ready: false, reason: stopped };
    const { missing, channel } = home;
    if (missing.length > 0) {
      return { ready: false, reason: `The bot lacks in #${channel.name}: ${missing.join(", ")}` };
    }
    const reason = this.#parts.refusals.shutOut.reason(home) ?? this.#parts.intake.overdue;
    return reason === undefined ? { ready: true } : { ready: false, reason };
  }

  /** Begins to connect; returns at once. What can heal is tried for ever, see {@link DiscordService.problem} for the rest. */
  start(): void {
    const { worker, threadOn = "message" } = this.#options;
    worker.setCreateCallback((uid, connection) => this.#parts.threads.make(uid, connection));
    if (threadOn === "access") {
      worker.setNewAccessCallback(async (id, connection) => {
        if (id !== undefined || this.#stopping.signal.aborted) return;
        // Staff see the thread before it is paired, and may have said something.
        this.#paired(await worker.pair(connection), connection);
      });
    }
    worker.setPeerSignalCallback((id, signal, connection) =>
      this.#parts.courtesies.show(id, signal, connection)
    );
    this.#gateway.start((event) => this.#hear(event));
  }

  /**
   * Closes the gateway so that the session stays, lets what is under way come to its end, and lets go of everything.
   * What was not delivered waits in the store.
   */
  async stop(): Promise<void> {
    const { worker, clock } = this.#options;
    worker.setReceivedBatchCallback(undefined);
    worker.setPeerSignalCallback(undefined);
    const { all, storing } = this.#connected ? STOP_WITHIN_MS : STOP_CUT_OFF_WITHIN_MS;
    const end = clock.now() + all;
    // No event comes after this call, though a dead line takes its time to close.
    const closed = this.#gateway.stop();
    // What came in is stored; what cannot be now, because Discord has to be asked first, is read after the next start.
    await this.#orLate(this.#parts.intake.drain(), storing);
    this.#stopping.abort();
    const ends = Promise.allSettled([closed, ...this.#underWay, this.#parts.intake.drain()]);
    await this.#orLate(ends, end - clock.now());
    await this.#orLate(this.#parts.rest.close(), Math.max(end - clock.now(), CLOSE_WITHIN_MS));
    this.#connected = false;
    this.#reason = "Stopped";
  }

  async #orLate(work: Promise<unknown>, withinMs: number): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, wait(withinMs, this.#options.clock, done.signal)]);
    done.abort();
  }

  #hear(event: DiscordEvent): void {
    this.#take(event);
    this.#parts.refusals.heard(event);
  }

  /** What was said in the channel while it was out of sight was not told; what was to go there has waited. */
  #onSight(): void {
    const home = this.#keeper.home;
    if (home === undefined) return;
    this.#parts.intake.doubt();
    this.#parts.threads.forgive();
    this.#options.worker.resumeDeliveries();
    this.#lookAround(home.guildId, []);
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
        return this.#keeper.home === undefined ? this.#settleAndLook() : undefined;
      case "disconnected":
        return this.#onDisconnected();
      case "guild-gone":
        this.#parts.intake.doubt();
        // Whoever is put out of a server loses the commands there.
        if (!event.outage && this.#commandsIn === event.id) this.#forgetCommands();
        this.#errands.drop(askingFor(event.id));
        return changed ? this.#settleAndLook() : undefined;
      case "guild":
        for (const thread of event.guild.threads) this.#parts.threads.heard(thread);
        // Permissions may have been taken and given while nobody was told.
        this.#parts.threads.forgive();
        this.#keeper.settle();
        this.#lookAround(event.guild.id, event.guild.threads);
        return this.#askForChannels(event.guild);
      case "channel-opened":
        for (const thread of event.threads) this.#parts.threads.heard(thread);
        // Discord does not always tell when the bot loses sight of a channel, but it does when it sees it again.
        this.#parts.intake.doubt();
        if (this.#keeper.home === undefined) this.#keeper.settle();
        return this.#lookAround(event.guildId, event.threads);
      case "problem":
        return this.#onProblem(event.problem);
      case "thread":
        this.#parts.threads.heard(event.channel);
        this.#attend(this.#parts.strays.heard([event.channel]));
        if (!event.channel.archived) this.#attend(this.#parts.arrears.woke(event.channel.id));
        return this.#parts.intake.take(event);
      case "thread-gone":
        this.#parts.threads.forget(event.id);
        return this.#parts.intake.take(event);
      case "interaction":
        return this.#attend(this.#parts.commands.take(event.interaction));
      case "message":
        return this.#book.channel(event.message.channelId) === undefined
          ? this.#parts.intake.take(event)
          : undefined;
      default:
        if (changed) this.#settleAndLook();
        else this.#parts.intake.take(event);
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
    // Nobody knows what has become of them since the last session.
    this.#forgetCommands();
    this.#parts.intake.doubt();
    logger.info("Connected to Discord", {
      bot: bot.username,
      guilds: guildIds.length,
      invite: inviteUrl(applicationId, this.#uses),
    });
    this.#attend(this.#parts.explanation.checkIntent());
    this.#attend(this.#waitForGuilds(++this.#session));
    this.#keeper.begin(guildIds);
  }

  async #waitForGuilds(session: number): Promise<void> {
    const { signal } = this.#stopping;
    await wait(GUILDS_WITHIN_MS, this.#options.clock, signal);
    if (signal.aborted || session !== this.#session) return;
    if (this.#book.waitNoLonger()) this.#settleAndLook();
  }

  #lookAround(guildId: Snowflake, told: readonly DiscordChannel[]): void {
    const home = this.#keeper.home?.guildId === guildId ? this.#keeper.home : undefined;
    if (home !== undefined) this.#attend(this.#parts.arrears.takeUp(told));
    this.#parts.intake.lookAround(guildId, told, home?.channel.id).catch((error) =>
      this.#options.logger.error("Cannot find out what was missed", { guild: guildId, error })
    );
  }

  /** For servers that introduce a guild without its channels. */
  #askForChannels({ id, channels }: DiscordGuild): void {
    const kind = askingFor(id);
    if (channels.length > 0) return this.#errands.drop(kind);
    this.#errands.run({
      kind,
      failure: "Cannot list the channels",
      success: "The channels are listed now",
      about: { guild: id },
      remedy: this.#letInAgain(),
      ask: () => this.#parts.rest.guildChannels(id),
      done: (listed) => {
        for (const channel of listed) this.#hear({ type: "channel", channel });
      },
    });
  }

  /** What to click where Discord forbids what the bot's invitation should have allowed. */
  #letInAgain(): Readonly<Record<string, unknown>> {
    if (this.#bot === undefined) return {};
    return {
      remedy: "Open the invite and let the bot into the server again, with bot and applications.commands",
      invite: inviteUrl(this.#bot.applicationId, this.#uses),
    };
  }

  #onProblem(problem: DiscordProblem): void {
    // REST and the gateway both find out about a token.
    if (this.#problem !== undefined) return;
    this.#problem = problem;
    this.#options.logger.error(problem.message, { problem: problem.code });
    this.#reportProblem(problem);
  }

  /** Something has changed for the bot: where it sees more than before, it has missed what was said there. */
  #settleAndLook(): void {
    const before = this.#keeper.home;
    this.#keeper.settle();
    const home = this.#keeper.home;
    if (home !== undefined && !seesAll(before, home)) this.#lookAround(home.guildId, []);
  }

  #onHome(before: Home | undefined, home: Home): void {
    const { worker } = this.#options;
    // What the bot cannot see is not told, from the first moment on.
    if (!seesAll(before, home) || !seesAll(home, before)) this.#parts.intake.doubt();
    this.#parts.threads.forgive();
    if (before === undefined) worker.setReceivedBatchCallback((batch) => this.#deliver(batch));
    worker.resumeDeliveries();
  }

  /** Once for a guild; conversations flow without the commands, too. */
  #registerCommands({ guildId, applicationId }: Home): void {
    if (this.#commandsIn === guildId) return;
    this.#commandsIn = guildId;
    this.#errands.run({
      kind: COMMANDS,
      failure: "The slash commands are not available",
      success: "The slash commands are available now",
      about: { guild: guildId },
      remedy: this.#letInAgain(),
      ask: () => this.#parts.interactions.register(applicationId, guildId),
    });
    if (this.#uses.webhooks) {
      // Known before its first message comes back by the gateway.
      this.#attend(
        this.#parts.webhooks.get().then(() => {}).catch((error) =>
          this.#options.logger.warn("The webhook for visitors' names is not known yet", { error })
        ),
      );
    }
  }

  #forgetCommands(): void {
    this.#commandsIn = undefined;
    this.#errands.drop(COMMANDS);
  }

  /** Something that a stop waits for. It must not reject. */
  #attend(work: Promise<void>): void {
    const attended = work.finally(() => this.#underWay.delete(attended));
    this.#underWay.add(attended);
  }

  /** A conversation has its thread; told again with each delivery. */
  #paired(thread: Snowflake, connection: Connection): void {
    this.#parts.intake.paired(thread);
    this.#attend(this.#parts.strays.paired(connection));
  }

  #deliver(batch: DeliveryBatch<Snowflake>): Promise<void> {
    this.#paired(batch.id, batch.connection);
    const delivery = this.#parts.outbox.receive(batch).finally(() => this.#underWay.delete(delivery));
    this.#underWay.add(delivery);
    return delivery;
  }
}

/** The errand that asks for the channels of a guild. */
function askingFor(guildId: Snowflake): string {
  return `channels of ${guildId}`;
}
