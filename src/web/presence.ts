import type { Clock } from "../core/mod.ts";
import type { Presence as PresenceState } from "./protocol.ts";

/** Somebody of the staff who wrote or typed within this time counts as online. */
const ONLINE_FOR_MS = 15 * 60_000;

/** Whether somebody of the staff is there. */
export class Presence {
  readonly #clock: Clock;
  readonly #listeners = new Set<(state: PresenceState) => void>();
  #lastActiveAt: number;
  #state: PresenceState = "away";
  #cancel: (() => void) | undefined;

  /** @param lastActiveAt when somebody of the staff was last active, in Unix milliseconds */
  constructor(clock: Clock, lastActiveAt = 0) {
    this.#clock = clock;
    this.#lastActiveAt = lastActiveAt;
    this.#update();
  }

  /** Online or away. */
  get state(): PresenceState {
    return this.#state;
  }

  /** Somebody of the staff wrote or typed. */
  touch(at: number = this.#clock.now()): void {
    this.#lastActiveAt = Math.max(this.#lastActiveAt, at);
    this.#update();
  }

  /** Calls back at every change, until the returned function is called. */
  subscribe(listener: (state: PresenceState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #update(): void {
    const remainingMs = this.#lastActiveAt + ONLINE_FOR_MS - this.#clock.now();
    const state: PresenceState = remainingMs > 0 ? "online" : "away";
    // One timer at a time, whatever the traffic: when it fires it looks again.
    if (state === "online" && this.#cancel === undefined) {
      this.#cancel = this.#clock.after(remainingMs, () => {
        this.#cancel = undefined;
        this.#update();
      });
    }
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
