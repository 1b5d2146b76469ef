/**
 * Signals that may be sent now and then: "is typing" and "has read".
 *
 * @module
 */
import type { ClientFrame } from "../web/protocol.ts";
import type { Clock } from "./ports.ts";

/** Staff sees "is typing" for ten seconds; a sign this often keeps it up. */
const TYPING_EVERY_MS = 6_000;
/** How long "is typing" shows here after the last sign; Discord repeats it every ten seconds at the latest. */
const TYPING_SHOWN_MS = 11_000;
/** Reading positions that change faster than this are sent together. */
const READ_EVERY_MS = 1_000;

/** Paces what isn't a message. */
export class SignalPace {
  readonly #clock: Clock;
  readonly #send: (frame: ClientFrame) => boolean;
  readonly #typingEnded: () => void;
  #typedAt = -Infinity;
  #read = 0;
  #readSent = 0;
  #cancelRead: (() => void) | null = null;
  #cancelTyping: () => void = () => {};

  /**
   * @param clock For the pace.
   * @param send Sends a frame if there is a connection, and says whether there was.
   * @param typingEnded Called when nobody of the staff has typed for a while.
   */
  constructor(clock: Clock, send: (frame: ClientFrame) => boolean, typingEnded: () => void) {
    this.#clock = clock;
    this.#send = send;
    this.#typingEnded = typingEnded;
  }

  /** The visitor typed. */
  typing(): void {
    const now = this.#clock.now();
    if (now - this.#typedAt < TYPING_EVERY_MS) return;
    if (this.#send({ type: "typing" })) this.#typedAt = now;
  }

  /** The visitor sent a message: the next key is news again. */
  wrote(): void {
    this.#typedAt = -Infinity;
  }

  /** Staff typed. */
  heardTyping(): void {
    this.#cancelTyping();
    this.#cancelTyping = this.#clock.setTimer(this.#typingEnded, TYPING_SHOWN_MS);
  }

  /** The visitor read up to `seq`. */
  read(seq: number): void {
    this.#read = Math.max(this.#read, seq);
    this.#cancelRead ??= this.#clock.setTimer(() => this.#flushRead(), READ_EVERY_MS);
  }

  /** A new connection: says the position again if it may not have arrived. */
  opened(seen: number): void {
    this.#readSent = 0;
    this.#read = seen;
    if (seen > 0) this.#flushRead();
  }

  /** Stops all timers. */
  stop(): void {
    this.#cancelTyping();
    this.#cancelRead?.();
    this.#cancelRead = null;
  }

  #flushRead(): void {
    this.#cancelRead?.();
    this.#cancelRead = null;
    if (this.#read > this.#readSent && this.#send({ type: "read", seq: this.#read })) {
      this.#readSent = this.#read;
    }
  }
}
