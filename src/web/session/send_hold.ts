import type { Clock } from "../../core/mod.ts";
import { RateLimited } from "../limits/rate_limited.ts";
import type { Refusal } from "../refusal.ts";

/** What is on the wire has come after this long, in milliseconds; whoever has to wait longer is refused by the limit itself. */
const LONGEST_MS = 5_000;

/**
 * Keeps a socket's messages in order when one is too many for now: those behind it are on the wire already, and would pass it before it is
 * sent again. So they are refused, too, until nothing has come for the time that the visitor was told to wait, or for five seconds in all.
 */
export class SendHold {
  readonly #clock: Clock;
  #held: { readonly refusal: RateLimited; readonly since: number; readonly until: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something was refused. Nothing is held back unless it was too many: what else is refused may go at once the next time. */
  begin(refusal: Refusal): void {
    if (refusal instanceof RateLimited) this.#extend(refusal, this.#clock.now());
  }

  /** Why a message that comes now is refused; `undefined` when it is not. */
  look(): Refusal | undefined {
    if (this.#held === undefined) return undefined;
    const { refusal, since, until } = this.#held;
    const now = this.#clock.now();
    // Before it began: the clock was set back.
    if (now >= until || now < since) {
      this.#held = undefined;
      return undefined;
    }
    this.#extend(refusal, since);
    return refusal;
  }

  #extend(refusal: RateLimited, since: number): void {
    const until = Math.min(this.#clock.now() + refusal.retryAfterMs, since + LONGEST_MS);
    this.#held = { refusal, since, until };
  }
}
