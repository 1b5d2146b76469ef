import type { Clock, Logger } from "../../core/mod.ts";
import { InvalidRequests } from "./invalid_requests.ts";

/** The stop is over for the log when less than this of what is allowed was refused lately, so that it is told once. */
const CALM = 0.9;

/** Why no call goes out, for the operator. */
export const STOPPED = "Discord has refused so much that more would ban this address, waiting";

/** Options of {@link BanStop}. */
export interface BanStopOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many refusals are allowed in ten minutes; half of Discord's limit when left out. */
  readonly limit?: number | undefined;
}

/** Stops all calls before Discord bans the address for what it has refused, and tells the log of the stop and of its end. */
export class BanStop {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #invalid: InvalidRequests;
  #told = false;

  constructor({ clock, logger, limit }: BanStopOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#invalid = new InvalidRequests(limit);
  }

  /** Takes note of an answer. */
  answered(status: number): void {
    this.#invalid.answered(status, this.#clock.now());
    this.tell();
  }

  /** How long no call may go out, in milliseconds; 0 when it may now. */
  get waitMs(): number {
    return this.#invalid.waitMs(this.#clock.now());
  }

  /** Tells the log, once each, that calls wait and that they go out again. */
  tell(): void {
    const { waitMs } = this;
    if (!this.#told && waitMs > 0) {
      this.#told = true;
      this.#logger.error(
        "Every call to Discord waits, because more refusals (401, 403, 429) would ban this address; look for what is refused",
        { waitMs },
      );
    } else if (this.#told && waitMs === 0 && this.#invalid.share(this.#clock.now()) <= CALM) {
      this.#told = false;
      this.#logger.info("Calls to Discord go out again");
    }
  }
}
