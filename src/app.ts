/**
 * Builds the server from its parts, starts them in order and stops them in reverse order. Only this file knows all of them.
 *
 * @module
 */
import type { Config } from "./config.ts";
import { ChatBox, type Clock, randomUuid, systemClock, type Uuid } from "./core/mod.ts";
import {
  CHANNEL_NAME,
  DiscordPictures,
  DiscordService,
  type DiscordStatus,
  isSnowflake,
  type Snowflake,
  snowflake,
} from "./discord/mod.ts";
import type { LoggerFactory } from "./logging.ts";
import { explainDamage, OPEN_FAULT_REASONS } from "./app/command.ts";
import { listen } from "./app/listening.ts";
import { preflights } from "./app/preflight.ts";
import { repeat } from "./app/repeat.ts";
import { openTls } from "./app/tls/tls.ts";
import { RetentionSchedule } from "./app/retention_schedule.ts";
import { Metrics } from "./metrics.ts";
import { EXIT, StartError } from "./start_error.ts";
import {
  DatabaseOpenError,
  FileSweeper,
  openStorage,
  type Storage,
  type StorageOptions,
} from "./storage/mod.ts";
import { VERSION } from "./version.ts";
import { type ConnectionLimits, Presence, socketsForOpenFiles, StaffLinks, WebService } from "./web/mod.ts";

const MIB = 1024 * 1024;

/** How long a stop waits for what is under way, in milliseconds. */
const STOP_DEADLINE_MS = 8_000;

/** How soon a change by another process is noticed where nothing is written, in milliseconds. */
const FOREIGN_CHECK_MS = 1_000;

/** The key from which visitors' ids are derived; made once for each database. */
const IDENTITY_KEY = "identity_key";

/** What `/readyz` says from then on, without the operator's paths. */
const DAMAGED = "The database is damaged";

/** What the server is started with. */
export interface AppOptions {
  readonly makeLogger: LoggerFactory;
  /** Calls the start off. */
  readonly signal: AbortSignal;
  /** The system's when left out. */
  readonly clock?: Clock;
}

/** A running server. */
export interface App {
  /** Where it listens, as addresses to open. */
  readonly addresses: readonly string[];
  /** Resolves when it has ended by itself, or after {@link App.stop}. */
  readonly finished: Promise<{ readonly exitCode: number }>;
  /** Ends it in good order. */
  stop(reason: string): Promise<void>;
}

/**
 * Starts the server.
 *
 * @throws {StartError} for what the operator can do something about
 */
export async function startApp(config: Config, options: AppOptions): Promise<App> {
  try {
    return await build(config, options);
  } catch (error) {
    throw explainDamage(error);
  }
}

async function build(config: Config, options: AppOptions): Promise<App> {
  const { makeLogger, signal, clock = systemClock } = options;
  const logger = makeLogger("app");
  const token = config.discordToken;
  if (token === undefined) throw new StartError("DISCORD_TOKEN is not set", "config");
  // Looked at first, so that a start which cannot succeed leaves no file behind.
  for (const { look, doubt } of preflights(config)) {
    look();
    const found = doubt?.(clock.now());
    if (found !== undefined) {
      logger.warn("Visitors' browsers will refuse the certificate", { reason: found.detail });
    }
  }

  await using started = new AsyncDisposableStack();
  const metrics = new Metrics(VERSION);
  started.defer(metrics.watchProcess());
  const storage = open(config.databasePath, { logger: makeLogger("storage"), listener: metrics.commits });
  started.defer(() => storage.close());
  const sweeper = new FileSweeper({
    files: storage.files,
    emptyLog: () => storage.emptyLog(),
    clock,
    logger: makeLogger("storage"),
  });
  started.defer(() => sweeper.close());
  const identityKey = await storage.meta.getOrSet(
    IDENTITY_KEY,
    () => crypto.getRandomValues(new Uint8Array(32)),
  );

  const chatBox = new ChatBox<Uuid, Snowflake>({
    name: config.name,
    // Browsers keep a cursor of their own and catch up by it.
    service1: { name: "web", durable: false },
    // A visitor's message is accepted while Discord is out of reach: the thread is made when it can be delivered.
    service2: { name: "discord", idType: snowflake, pairAt: "message" },
    store: metrics.store(storage.store, () => clock.now()),
    logger: makeLogger("chatbox"),
    clock,
    ids: randomUuid,
  });
  started.defer(() => chatBox.close({ signal: AbortSignal.timeout(STOP_DEADLINE_MS) }));

  // Another process, such as `chatbox50 erase`, may change the database at any time.
  storage.foreignChanges.subscribe(() => chatBox.forget());
  started.defer(repeat(clock, FOREIGN_CHECK_MS, () => storage.foreignChanges.check()));
  if (config.retentionDays !== undefined) {
    const retention = new RetentionSchedule({
      target: storage.retention,
      days: config.retentionDays,
      onRemoved: (uid) => chatBox.forget(uid),
      clock,
      logger: makeLogger("retention"),
    });
    started.defer(() => retention.stop());
  }

  const presence = new Presence(clock, await storage.store.lastActiveAt(2));
  started.defer(() => presence.close());

  const { publicUrl } = config;
  const staffLinks = new StaffLinks(identityKey);
  const discord = new DiscordService({
    worker: chatBox.worker2,
    token,
    apiUrl: config.discordApiUrl,
    ...(isSnowflake(config.discordChannelId) && { channelId: config.discordChannelId }),
    threadOn: config.threadOn,
    notePrefix: config.notePrefix,
    staffRole: config.staffRole,
    reopenOn: config.reopen,
    persona: config.discordPersona,
    files: storage.files,
    ...(publicUrl !== undefined && { fileLink: (id) => `${publicUrl}${staffLinks.pathOf(id)}` }),
    onStaffActive: () => presence.touch(),
    metrics: metrics.discord,
    logger: makeLogger("discord"),
    clock,
  });

  let damaged = false;
  const status = (): DiscordStatus => damaged ? { ready: false, reason: DAMAGED } : discord.status;
  const tls = await openTls(config, { store: storage.meta, clock, makeLogger });
  started.defer(() => tls.stop(AbortSignal.timeout(STOP_DEADLINE_MS)));
  const descriptors = socketsForOpenFiles();
  const web = listen(config, () =>
    new WebService({
      chatBox,
      sessions: storage.sessions,
      identities: storage.identities,
      files: storage.files,
      identityKey,
      identitySecret: config.identitySecret,
      pictures: new DiscordPictures({ apiUrl: config.discordApiUrl, logger: makeLogger("discord") }),
      presence,
      readiness: status,
      clock,
      logger: makeLogger("web"),
      host: config.host,
      port: config.port,
      publicUrl: config.publicUrl,
      trustedProxies: config.trustProxy,
      allowedSites: config.allowedSites ?? [],
      limits: {
        messages: config.limitMessages,
        frames: config.limitFrames,
        sessions: config.limitSessions,
        uploads: config.limitUploads,
      },
      connections: { ...socketLimit(config, descriptors), perAddress: config.maxConnectionsPerIp },
      transfers: {
        atOnce: config.maxTransfers,
        allAtOnce: descriptors.transfers,
        deadlineMs: config.transferSeconds * 1_000,
        unsentBytes: config.maxUnsentMib * MIB,
        keepFreeBytes: config.keepFreeMib * MIB,
      },
      createOn: config.threadOn,
      name: config.name,
      greeting: config.greeting,
      certificate: tls.certificate,
      metrics: metrics.web,
      metricsPage: {
        read: () => metrics.read(),
        contentType: metrics.contentType,
        token: config.metricsToken,
      },
    }));
  metrics.watch({
    sockets: () => web.sockets,
    queuedWrites: () => storage.queued,
    pendingMessages: (to) => storage.backlog.messages(to),
    pendingConversations: (to) => storage.backlog.conversations(to),
    ready: () => status().ready,
    certificateUntil: tls.until,
  });
  started.defer(() => web.stop(AbortSignal.timeout(STOP_DEADLINE_MS)));
  signal.throwIfAborted();

  await chatBox.start();
  discord.start();
  sweeper.start();
  await storage.files.warnOfLittleRoom(config.keepFreeMib * MIB);
  tls.start((certificate) => void web.renew(certificate));
  const addresses = [addressOf(config, web.address.port)];
  logger.info("Started", {
    version: VERSION,
    address: addresses[0],
    database: config.databasePath,
    channel: config.discordChannelId ?? `#${CHANNEL_NAME}`,
  });

  const parts = started.move();
  const finished = Promise.withResolvers<{ readonly exitCode: number }>();
  let stopping: Promise<void> | undefined;
  const app: App = {
    addresses,
    finished: finished.promise,
    stop(reason): Promise<void> {
      return stopping ??= stop(reason, 0);
    },
  };
  // Storage has said what to do. Going on would deliver what cannot be marked as delivered, and take in what cannot be kept.
  storage.damaged.then(() => {
    damaged = true;
    stopping ??= stop(DAMAGED, EXIT.noInput);
  });
  discord.problem.then(() => stopping ??= stop("Discord refuses", EXIT.config));
  return app;

  /** Nothing more comes in, what is under way ends, everything is on disk, the sockets hear of it, the file is closed. */
  async function stop(reason: string, exitCode: number): Promise<void> {
    web.pause();
    await within(STOP_DEADLINE_MS, discord.stop());
    await storage.flush().catch((error) =>
      logger.error("What waited was not stored, and not acked", { error })
    );
    await parts.disposeAsync();
    logger.info("Stopped", { reason });
    finished.resolve({ exitCode });
  }
}

function socketLimit(
  { maxConnections }: Config,
  { sure, more }: ReturnType<typeof socketsForOpenFiles>,
): Omit<ConnectionLimits, "perAddress"> {
  return maxConnections === undefined ? { all: sure, more } : { all: maxConnections };
}

function open(path: string, options: StorageOptions): Storage {
  try {
    return openStorage(path, options);
  } catch (error) {
    if (!(error instanceof DatabaseOpenError)) throw error;
    throw new StartError(error.message, OPEN_FAULT_REASONS[error.fault], { cause: error });
  }
}

/** Where a browser finds the server: by its name, or on this machine. */
function addressOf({ host, domain, tlsCert }: Config, port: number): string {
  if (domain !== undefined) return `https://${domain}${port === 443 ? "" : `:${port}`}`;
  const reachable = host === "0.0.0.0" || host === "::"
    ? "localhost"
    : host.includes(":")
    ? `[${host}]`
    : host;
  return `${tlsCert === undefined ? "http" : "https"}://${reachable}:${port}`;
}

async function within(limitMs: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = systemClock.after(limitMs, resolve);
  try {
    await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}
