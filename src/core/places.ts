import type { Receiver } from "./service.ts";
import { Slots } from "./slots.ts";

/** The places of receivers that serve only so many connections at once; a receiver takes its places with it when it goes. */
export class Places {
  readonly #slots = new WeakMap<Receiver, Slots>();

  /** Those of a receiver; `undefined` when it serves all connections. */
  of(receiver: Receiver): Slots | undefined {
    if (receiver.maxAtOnce === undefined) return undefined;
    const known = this.#slots.get(receiver);
    if (known !== undefined) return known;
    const slots = new Slots(receiver.maxAtOnce);
    this.#slots.set(receiver, slots);
    return slots;
  }
}

/** One connection's place with the receiver of the moment: held while its messages are there, and only then. */
export class Place {
  readonly #places: Places;
  #receiver: Receiver | undefined;
  #release: (() => void) | undefined;

  constructor(places: Places) {
    this.#places = places;
  }

  /** Takes the place unless it is held already; false when all are taken. */
  take(receiver: Receiver): boolean {
    if (this.#receiver === receiver) return true;
    this.leave();
    const release = this.#places.of(receiver)?.tryAcquire();
    if (release === null) return false;
    this.#hold(receiver, release);
    return true;
  }

  /** Takes the place as soon as there is one, or ends with the signal's reason. */
  async wait(receiver: Receiver, signal: AbortSignal): Promise<void> {
    this.leave();
    this.#hold(receiver, await this.#places.of(receiver)?.acquire(signal));
  }

  /** Whether somebody waits for it. */
  get wanted(): boolean {
    return this.#receiver !== undefined && this.#places.of(this.#receiver)?.wanted === true;
  }

  /** Gives it back, if it is held. */
  leave(): void {
    this.#release?.();
    this.#receiver = undefined;
    this.#release = undefined;
  }

  #hold(receiver: Receiver, release: (() => void) | undefined): void {
    this.#receiver = receiver;
    this.#release = release;
  }
}
