import type { Clock } from "../../core/mod.ts";
import type { Refusal } from "../refusal.ts";

/** What is on the wire has come after this long, in milliseconds; whoever has to wait longer is refused by the limit itself. */
const LONGEST_MS = 5_000;

/**
 * Keeps a socket's messages in order when one of them is refused for now: those behind it are on the wire already, and would pass it
 * before it is sent again. So they are refused, too, until nothing has come for the time that the visitor was told to wait, or for
 * five seconds.
 */
export class SendHold {
  readonly #clock: Clock;
  #refusal: Refusal | undefined;
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something was refused. Holds back nothing when asking again would give the same answer. */
  begin(refusal: Refusal): void {
    if (refusal.retryAfterMs === undefined) return;
    this.#refusal = refusal;
    this.#until = this.#clock.now() + Math.min(refusal.retryAfterMs, LONGEST_MS);
  }

  /** Why a message that comes now is refused; `undefined` when it is not. */
  look(): Refusal | undefined {
    const refusal = this.#refusal;
    if (refusal === undefined) return undefined;
    if (this.#clock.now() < this.#until) {
      this.begin(refusal);
      return refusal;
    }
    this.#refusal = undefined;
    return undefined;
  }
}
