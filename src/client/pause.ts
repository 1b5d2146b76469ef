/**
 * A pause that the server asked for.
 *
 * @module
 */
import type { Clock } from "./ports.ts";

/** Whether anything may be sent, and from when on. */
export class Pause {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #until = 0;
  #cancel: () => void = () => {};

  /**
   * @param clock For the time.
   * @param onEnd Called when sending may go on.
   */
  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** Until when nothing is sent, in local Unix milliseconds; 0 when there is no pause. */
  get until(): number {
    return this.#until;
  }

  /** Whether nothing may be sent. */
  get lasts(): boolean {
    return this.#until > 0;
  }

  /** Sends nothing for so many milliseconds; a longer pause that is under way stays as it is. */
  extend(forMs: number): void {
    const until = this.#clock.now() + forMs;
    if (until <= this.#until) return;
    this.#until = until;
    this.#cancel();
    this.#cancel = this.#clock.setTimer(() => {
      this.#until = 0;
      this.#onEnd();
    }, forMs);
  }

  /** Ends the pause without a word: the page goes. */
  stop(): void {
    this.#cancel();
    this.#until = 0;
  }
}
