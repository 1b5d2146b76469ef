import { type Clock, DeliveryError, type Logger } from "../../core/mod.ts";
import { DiscordRefusal } from "../errors.ts";
import type { FindHome, Home } from "../home/home.ts";
import type { DiscordRest } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";
import { wait } from "../waiting.ts";
import { Allowance } from "./allowance.ts";

/** How often the channel is asked for while the bot may not see it; the gateway may tell earlier. */
const ASK_EVERY_MS = 60_000;

/** What {@link ShutOut} needs. */
export interface ShutOutOptions {
  readonly rest: Pick<DiscordRest, "channel">;
  readonly home: FindHome;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** The bot may see the channel again. */
  readonly onOver: () => void;
}

/**
 * The bot may not see the channel, which Discord does not always tell. One call finds out, everything that is to go there waits, and
 * one call a minute, or one when something changes, finds out that it is over.
 */
export class ShutOut {
  readonly #options: ShutOutOptions;
  readonly #allowance: Allowance;
  #from: Snowflake | undefined;
  #asking: Promise<boolean> | undefined;
  #news = new AbortController();

  constructor(options: ShutOutOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock);
  }

  /** For the operator, while the bot may not see the channel of a home. */
  reason({ channel, missing }: Home): string | undefined {
    if (this.#from !== channel.id && !missing.includes("View Channel")) return undefined;
    return `The bot may not see #${channel.name}, give it View Channel`;
  }

  /** Why nothing may be tried in the channel of a home; `undefined` when it may. */
  of(home: Home): DeliveryError | undefined {
    const reason = this.reason(home);
    if (reason === undefined) return undefined;
    return new DeliveryError(`Cannot deliver: ${reason}`, { retryAfterMs: ASK_EVERY_MS });
  }

  /**
   * A thread is out of sight: finds out whether the channel is, too. Asked once, however many want to know.
   *
   * @throws {DiscordUnreachable} when Discord could not be asked
   */
  async suspect(home: Home): Promise<boolean> {
    const { id } = home.channel;
    if (this.#from === id) return true;
    this.#asking ??= this.#isHidden(id).finally(() => this.#asking = undefined);
    const hidden = await this.#asking;
    if (hidden && this.#from !== id) void this.#begin(home);
    return hidden;
  }

  /** Something has changed that may let the bot in again. */
  changed(): void {
    if (this.#from !== undefined && this.#allowance.left > 0) this.#news.abort();
  }

  async #isHidden(channel: Snowflake): Promise<boolean> {
    try {
      await this.#options.rest.channel(channel);
      return false;
    } catch (error) {
      if (!(error instanceof DiscordRefusal)) throw error;
      this.#allowance.spend();
      return true;
    }
  }

  async #begin({ channel }: Home): Promise<void> {
    const { home, clock, logger, signal, onOver } = this.#options;
    const begun = { channel: channel.name, id: channel.id };
    this.#from = channel.id;
    logger.error("The bot may not see its channel, give it View Channel; conversations wait", begun);
    while (this.#from === channel.id) {
      this.#news = new AbortController();
      await wait(ASK_EVERY_MS, clock, AbortSignal.any([signal, this.#news.signal]));
      if (signal.aborted) return;
      // Whoever finds a home anew wakes what waits, and may find out anew.
      if (home()?.channel.id !== channel.id) {
        if (this.#from === channel.id) this.#from = undefined;
        return;
      }
      // What could not be asked is asked again.
      if (await this.#isHidden(channel.id).catch(() => true)) continue;
      this.#from = undefined;
      logger.info("The bot sees its channel again", begun);
      onOver();
    }
  }
}
