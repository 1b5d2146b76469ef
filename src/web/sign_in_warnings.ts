import type { Clock, Logger } from "../core/mod.ts";
import type { Refusal } from "./refusal.ts";

/** At most one line in so long a time, in milliseconds: strangers cannot fill the log with their tokens. */
const QUIET_MS = 60_000;

/** Tells the operator of sign-ins that were refused: the first at once, and how many there were since with the next line. */
export class SignInWarnings {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #refused = 0;
  #toldAt = -Infinity;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /**
   * A token was not accepted.
   *
   * @param refusal its words name the reason, never the token
   * @param address behind the socket, an IPv4 address or an IPv6 /64
   */
  refused(refusal: Refusal, address: string): void {
    this.#refused++;
    const now = this.#clock.now();
    if (now - this.#toldAt < QUIET_MS) return;
    this.#logger.info("Refused to sign a visitor in", {
      reason: refusal.message,
      address,
      refused: this.#refused,
    });
    this.#refused = 0;
    this.#toldAt = now;
  }
}
