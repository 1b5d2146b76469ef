/**
 * What the server counts, for Prometheus. The parts of the program are handed small ports and know nothing of this; names follow
 * https://prometheus.io/docs/practices/naming/.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Side, Store } from "./core/mod.ts";
import { meteredStore } from "./metrics/metered_store.ts";
import { watchProcess, type WatchProcessOptions } from "./metrics/process.ts";

/** From a millisecond to ten seconds, in seconds. */
const FAST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** From a hundredth of a second to an hour, in seconds: messages may wait for Discord. */
const SLOW_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600];
const SIZE_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 4000];

/** Where a message goes, by the side that gets it. */
const DIRECTIONS: Readonly<Record<Side, string>> = { 1: "to_visitor", 2: "to_staff" };

/** What is looked up when somebody asks. */
export interface MetricsSources {
  /** Open WebSockets. */
  readonly sockets: () => number;
  /** Writes that wait for the next commit. */
  readonly queuedWrites: () => number;
  /** Messages, and conversations, that wait for a side. */
  readonly pendingMessages: (to: Side) => number;
  readonly pendingConversations: (to: Side) => number;
  /** Whether conversations flow. */
  readonly ready: () => boolean;
  /** When the certificate ends, Unix milliseconds, 0 while there is none; not shown when left out. */
  readonly certificateUntil?: (() => number) | undefined;
}

/** Everything that is counted. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #accepted = this.#counter("messages_accepted_total", "New messages on disk", ["direction"]);
  readonly #stored = this.#histogram(
    "message_store_duration_seconds",
    "From the time that a message bears to its commit, in whole milliseconds",
    FAST_BUCKETS,
    ["direction"],
  );
  readonly #acked = this.#histogram(
    "ack_duration_seconds",
    "From a visitor's frame to its ack; the count is the acks sent",
    FAST_BUCKETS,
  );
  readonly #delivered = this.#counter("messages_delivered_total", "Messages that have arrived", [
    "direction",
  ]);
  readonly #latency = this.#histogram(
    "message_delivery_duration_seconds",
    "From storing a message to its arrival",
    SLOW_BUCKETS,
    ["direction"],
  );
  readonly #failed = this.#counter("messages_failed_total", "Messages that will never arrive", ["direction"]);
  readonly #socketsOpened = this.#counter("sockets_opened_total", "WebSockets opened");
  readonly #socketsClosed = this.#counter("sockets_closed_total", "WebSockets closed", ["code"]);
  readonly #socketsTurnedAway = this.#counter(
    "sockets_turned_away_total",
    "WebSockets refused because there were too many",
  );
  readonly #sessions = this.#gauge("sessions", "WebSockets whose visitor was welcomed");
  readonly #welcome = this.#histogram("welcome_duration_seconds", "From hello to welcome", FAST_BUCKETS);
  readonly #refused = this.#counter("frames_refused_total", "Frames answered with an error", ["code"]);
  readonly #requests = this.#counter(
    "discord_requests_total",
    "Calls of Discord's REST interface; status 0 is no answer",
    [
      "method",
      "route",
      "status",
    ],
  );
  readonly #requestTime = this.#histogram(
    "discord_request_duration_seconds",
    "Calls of Discord's REST interface",
    FAST_BUCKETS,
    ["method", "route"],
  );
  readonly #waits = this.#histogram(
    "discord_rate_limit_wait_seconds",
    "Waits before a call because of a rate limit",
    SLOW_BUCKETS,
    ["reason"],
  );
  readonly #gateway = this.#gauge("discord_gateway_connected", "Whether the gateway is connected");
  readonly #gatewayLosses = this.#counter(
    "discord_gateway_disconnects_total",
    "Lost connections to the gateway",
  );
  readonly #batch = this.#histogram("commit_batch_size", "Writes in a transaction", SIZE_BUCKETS);
  readonly #commit = this.#histogram(
    "commit_duration_seconds",
    "Transactions, their fsync included",
    FAST_BUCKETS,
  );
  #connected = false;

  /** What the visitors' side tells. */
  readonly web = {
    socketOpened: (): void => this.#socketsOpened.inc(),
    socketClosed: (code: number): void => this.#socketsClosed.inc({ code }),
    socketTurnedAway: (): void => this.#socketsTurnedAway.inc(),
    welcomed: (durationMs: number): void => {
      this.#welcome.observe(durationMs / 1000);
      this.#sessions.inc();
    },
    left: (): void => this.#sessions.dec(),
    acked: (durationMs: number): void => this.#acked.observe(durationMs / 1000),
    refused: (code: string): void => this.#refused.inc({ code }),
    delivered: (latencyMs: number): void => this.#arrived(1, latencyMs),
  };

  /** What Discord's side tells. */
  readonly discord = {
    requested: (method: string, route: string, status: number, durationMs: number): void => {
      this.#requests.inc({ method, route, status });
      this.#requestTime.observe({ method, route }, durationMs / 1000);
    },
    waited: (reason: string, durationMs: number): void => this.#waits.observe({ reason }, durationMs / 1000),
    gateway: (connected: boolean): void => {
      if (this.#connected && !connected) this.#gatewayLosses.inc();
      this.#connected = connected;
      this.#gateway.set(connected ? 1 : 0);
    },
  };

  /** What the storage tells. */
  readonly commits = {
    committed: (size: number, durationMs: number): void => {
      this.#batch.observe(size);
      this.#commit.observe(durationMs / 1000);
    },
  };

  /**
   * @param version of the program
   */
  constructor(version: string) {
    // Zero is a value: what has not happened yet is shown, too.
    for (const direction of Object.values(DIRECTIONS)) {
      for (const counter of [this.#accepted, this.#delivered, this.#failed]) counter.inc({ direction }, 0);
    }
    this.#gauge("build_info", "The program", ["version", "deno"]).set(
      { version, deno: Deno.version.deno },
      1,
    );
  }

  /** A store whose messages are counted. */
  store(store: Store, now: () => number): Store {
    return meteredStore(store, {
      accepted: (from, durationMs) => {
        const direction = DIRECTIONS[from === 1 ? 2 : 1];
        this.#accepted.inc({ direction });
        this.#stored.observe({ direction }, seconds(durationMs));
      },
      delivered: (to, latencyMs) => this.#arrived(to, latencyMs),
      failed: (to) => this.#failed.inc({ direction: DIRECTIONS[to] }),
    }, now);
  }

  #arrived(to: Side, latencyMs: number): void {
    const direction = DIRECTIONS[to];
    this.#delivered.inc({ direction });
    this.#latency.observe({ direction }, seconds(latencyMs));
  }

  /** Adds what is looked up when somebody asks. */
  watch(sources: MetricsSources): void {
    this.#gauge("sockets", "Open WebSockets", [], (gauge) => gauge.set(sources.sockets()));
    this.#gauge(
      "commit_queue",
      "Writes that wait for the next transaction",
      [],
      (gauge) => gauge.set(sources.queuedWrites()),
    );
    this.#gauge(
      "ready",
      "Whether conversations flow, as /readyz says",
      [],
      (gauge) => gauge.set(sources.ready() ? 1 : 0),
    );
    const { certificateUntil } = sources;
    if (certificateUntil !== undefined) {
      this.#gauge(
        "certificate_expiry_seconds",
        "When the certificate that is served ends, Unix time; 0 while there is none",
        [],
        (gauge) => gauge.set(certificateUntil() / 1000),
      );
    }
    // Service 1 reads for itself what it missed, so nothing ever waits for visitors.
    const direction = DIRECTIONS[2];
    this.#gauge(
      "messages_pending",
      "Messages that wait for delivery, at most 10000",
      ["direction"],
      (gauge) => gauge.set({ direction }, sources.pendingMessages(2)),
    );
    this.#gauge("conversations_pending", "Conversations with something that waits, at most 10000", [
      "direction",
    ], (gauge) => gauge.set({ direction }, sources.pendingConversations(2)));
  }

  /**
   * Begins to measure the process itself.
   *
   * @param options The clock, for tests
   * @returns ends it
   */
  watchProcess(options: WatchProcessOptions = {}): () => void {
    return watchProcess(this.#registry, options);
  }

  /** The media type of {@link Metrics.read}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything in Prometheus' text format. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ name: `chatbox50_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = [],
  ): Histogram {
    return new Histogram({
      name: `chatbox50_${name}`,
      help,
      labelNames,
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }

  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[] = [],
    collect?: (gauge: Gauge) => void,
  ): Gauge {
    return new Gauge({
      name: `chatbox50_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      ...(collect && {
        collect(this: Gauge): void {
          collect(this);
        },
      }),
    });
  }
}

/** Milliseconds by the clock as Prometheus' base unit; the clock may have been set back in between. */
function seconds(ms: number): number {
  return Math.max(0, ms / 1000);
}
