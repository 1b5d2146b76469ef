import type { Clock, Logger } from "../../core/mod.ts";
import { connectWaitMs } from "../backoff.ts";
import { DiscordRefusal, failureFields } from "../errors.ts";
import { EventReader } from "./events.ts";
import type { DiscordEvent, DiscordGateway, DiscordProblem, DiscordRest } from "../ports.ts";
import { problemOfClose, TOKEN_PROBLEM } from "../home/problems.ts";
import { quiet } from "../quiet_logger.ts";
import { PatientShard } from "./shard.ts";
import { unlessAborted, wait } from "../waiting.ts";

/**
 * GUILDS, GUILD_MESSAGES, GUILD_MESSAGE_TYPING, MESSAGE_CONTENT (privileged).
 * https://discord.com/developers/docs/events/gateway#gateway-intents
 */
const INTENTS = 1 << 0 | 1 << 9 | 1 << 11 | 1 << 15;

/** So few IDENTIFYs left today: wait for tomorrow's rather than have the token reset. */
const LAST_IDENTIFIES = 5;

/** How many connections in a row may fail before the gateway's address is asked for again. */
const ASK_ADDRESS_EVERY = 5;

/** Options of {@link openGateway}. */
export interface GatewayOptions {
  readonly token: string;
  readonly rest: DiscordRest;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Jitter, from 0 to below 1. */
  readonly random: () => number;
}

/** Opens Discord's gateway: one connection, since a bot needs a second one at 2,500 guilds. */
export function openGateway(options: GatewayOptions): DiscordGateway {
  return new Gateway(options);
}

class Gateway implements DiscordGateway {
  readonly #options: GatewayOptions;
  readonly #reader: EventReader;
  readonly #stopping = new AbortController();
  #listener: ((event: DiscordEvent) => void) | undefined;
  #shard: PatientShard | undefined;
  #starting: Promise<void> | undefined;
  /** The budget was asked for just now, for the first connection. */
  #asked = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#reader = new EventReader(options.logger);
  }

  start(listener: (event: DiscordEvent) => void): void {
    this.#listener = listener;
    this.#starting = this.#begin();
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#stopping.abort();
    await this.#starting;
    await this.#shard?.stop();
  }

  #tell(event: DiscordEvent): void {
    this.#listener?.(event);
  }

  async #begin(): Promise<void> {
    const url = await this.#findUrl();
    if (url === undefined) return;
    this.#asked = true;
    const { token, logger, clock } = this.#options;
    const shard: PatientShard = this.#shard = new PatientShard({
      id: 0,
      connection: {
        token,
        url,
        intents: INTENTS,
        version: 10,
        totalShards: 1,
        compress: false,
        transportCompression: null,
        properties: { os: "linux", browser: "ChatBox50", device: "ChatBox50" },
      },
      events: {},
      logger: quiet(logger),
      requestIdentify: () => shard.identify(),
      shardIsReady: () => Promise.resolve(),
    }, {
      packet: (packet) => {
        for (const event of this.#reader.read(packet.t, packet.d)) this.#tell(event);
      },
      disconnected: () => this.#tell({ type: "disconnected" }),
      beforeConnect: (failures, resumes) => this.#beforeConnect(failures, resumes),
      fatal: (code, reason) => this.#fail(problemOfClose(code, reason)),
      error: (action, error) => logger.warn("The gateway stumbled", { action, error }),
      now: () => clock.now(),
    });
    shard.begin();
  }

  /** Asks for the gateway's address until there is an answer; `undefined` when there never will be one. */
  async #findUrl(): Promise<string | undefined> {
    const { rest, logger, clock } = this.#options;
    for (let failures = 0; !this.#stopping.signal.aborted; failures++) {
      await this.#wait(connectWaitMs(failures, this.#options.random()));
      if (this.#stopping.signal.aborted) return undefined;
      try {
        // A call may wait long for its answer, a stop must not.
        const answer = unlessAborted(rest.gatewayUrl(), this.#stopping.signal);
        const { url, remaining, resetAfterMs } = await answer;
        if (remaining > LAST_IDENTIFIES) return url;
        logger.error("Too many connections to Discord today, waiting for the next day's budget", {
          remaining,
          resumesAt: new Date(clock.now() + resetAfterMs).toISOString(),
        });
        await this.#wait(resetAfterMs);
      } catch (error) {
        if (this.#stopping.signal.aborted) return undefined;
        if (error instanceof DiscordRefusal && error.status === 401) {
          this.#fail(TOKEN_PROBLEM);
          return undefined;
        }
        logger.warn("Cannot reach Discord, trying again", { attempt: failures + 1, ...failureFields(error) });
      }
    }
    return undefined;
  }

  /** Before each IDENTIFY the day's budget is asked for: Discord resets the token of whoever goes beyond it. */
  async #beforeConnect(failures: number, resumes: boolean): Promise<void> {
    await this.#wait(connectWaitMs(failures, this.#options.random()));
    const asked = this.#asked;
    this.#asked = false;
    if (asked || (resumes && (failures === 0 || failures % ASK_ADDRESS_EVERY !== 0))) return;
    const url = await this.#findUrl();
    if (url !== undefined && this.#shard !== undefined) this.#shard.connection.url = url;
  }

  #fail(problem: DiscordProblem): void {
    this.#tell({ type: "problem", problem });
    this.#stopping.abort();
  }

  #wait(waitMs: number): Promise<void> {
    return waitMs <= 0 ? Promise.resolve() : wait(waitMs, this.#options.clock, this.#stopping.signal);
  }
}
