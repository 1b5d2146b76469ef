/**
 * The visitor's messages on their way to the server: in order, again after a lost connection, at the pace the
 * server asks for.
 *
 * @module
 */
import type { ErrorCode } from "../web/protocol.ts";
import type { OutboxStorage } from "./outbox_storage.ts";
import type { PendingMessage } from "./pending.ts";
import type { Pause } from "./pause.ts";
import type { Clock } from "./ports.ts";

/** How an {@link Outbox} is made. */
export interface OutboxOptions {
  readonly storage: OutboxStorage;
  readonly clock: Clock;
  /** While it lasts, nothing is sent. */
  readonly pause: Pause;
  /** Hands a message to the socket; false when there is none. */
  readonly transmit: (message: PendingMessage) => boolean;
  /** Called when `items` changed by itself. */
  readonly onChange: () => void;
  /** How many messages may be without an answer at once. */
  readonly maxInFlight: number;
}

/** How long to wait when the server refuses for now but names no time. */
export const DEFAULT_PAUSE_MS = 2_000;
/** How often to look for messages of tabs that died without a word. */
const ADOPT_EVERY_MS = 30_000;

/** Refusals that pass by waiting. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["rate_limited", "overloaded"]);

/** Whether what was refused goes through later, as it is. */
export function isPassing(code: ErrorCode): boolean {
  return PASSING.has(code);
}

/** Messages without an acknowledgement, in the order in which they were written. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** Insertion order is sending order. */
  readonly #items = new Map<string, PendingMessage>();
  readonly #inFlight = new Set<string>();
  #order = 0;
  #open = false;
  /** Waits until everything in flight has its answer. */
  #onLanded: (() => void) | null = null;
  #cancelAdoption: () => void = () => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** What waits, oldest first, failed ones included. */
  get items(): readonly PendingMessage[] {
    return [...this.#items.values()];
  }

  /** The message with this `cid`, if it waits. */
  get(cid: string): PendingMessage | undefined {
    return this.#items.get(cid);
  }

  /** Takes over what other tabs left behind, now and from time to time. */
  start(): void {
    this.#cancelAdoption();
    const adopted = this.#options.storage.adopt();
    if (adopted.length > 0) {
      // What was left behind is older than what this tab wrote since.
      const all = [...adopted, ...this.#items.values()];
      this.#items.clear();
      this.#order = 0;
      for (const item of all) this.#keep({ ...item, order: this.#order++ });
      this.#options.onChange();
      this.flush();
    }
    this.#cancelAdoption = this.#options.clock.setTimer(() => this.start(), ADOPT_EVERY_MS);
  }

  /** Stops all timers and leaves the messages to the next tab. */
  stop(): void {
    this.#cancelAdoption();
    this.#options.storage.release();
  }

  /** The page is back although it said goodbye: what waits is this tab's again. */
  reclaim(): void {
    for (const item of this.#items.values()) this.#options.storage.keep(item);
    this.start();
  }

  /** Whose messages these are; what waits goes along with the visitor who signs in. */
  setOwner(owner: string | undefined): void {
    this.#options.storage.owner = owner;
    for (const item of this.#items.values()) this.#options.storage.keep(item);
  }

  /** Adds a message and sends it when it may. */
  add(message: Omit<PendingMessage, "order">): void {
    const item: PendingMessage = { ...message, order: this.#order++ };
    this.#keep(item);
    this.flush();
  }

  /** The server is ready: everything unacknowledged goes out (again). */
  opened(): void {
    this.#open = true;
    this.#onLanded = null;
    this.flush();
  }

  /**
   * Sends nothing more until {@link Outbox.opened}.
   *
   * @param onLanded Called once, when nothing is in flight any more; not when the connection is lost before.
   */
  close(onLanded: () => void): void {
    this.#open = false;
    this.#onLanded = onLanded;
    this.#landed();
  }

  /** The connection is gone: what was in flight may or may not have arrived. */
  lost(): void {
    this.#open = false;
    this.#onLanded = null;
    this.#inFlight.clear();
  }

  /**
   * The server has stored a message.
   *
   * @param cid Which one.
   * @returns The message, unless it was none of this outbox's.
   */
  acknowledged(cid: string): PendingMessage | undefined {
    const item = this.#items.get(cid);
    this.discard(cid);
    return item;
  }

  /**
   * The server refused a message: for now (then all wait for the time it named), or for good.
   *
   * @returns Whether it failed for good.
   */
  refused(cid: string, code: ErrorCode, message: string, retryAfterMs?: number): boolean {
    const item = this.#items.get(cid);
    this.#inFlight.delete(cid);
    const passing = isPassing(code);
    if (passing) this.#options.pause.extend(retryAfterMs ?? DEFAULT_PAUSE_MS);
    else if (item !== undefined) this.#keep({ ...item, failed: { code, message } });
    this.flush();
    this.#landed();
    return !passing && item !== undefined;
  }

  /** Tries a failed message once more. It keeps its `cid`: should it have arrived, it isn't doubled. */
  retry(cid: string): void {
    const item = this.#items.get(cid);
    if (item?.failed === undefined) return;
    const { failed: _failed, ...rest } = item;
    this.#keep(rest);
    this.flush();
  }

  /** Gives a message up. */
  discard(cid: string): void {
    this.#items.delete(cid);
    this.#inFlight.delete(cid);
    this.#options.storage.drop(cid);
    this.flush();
    this.#landed();
  }

  /** Gives everything up. */
  clear(): void {
    for (const cid of [...this.#items.keys()]) this.#options.storage.drop(cid);
    this.#items.clear();
    this.#inFlight.clear();
  }

  #landed(): void {
    const onLanded = this.#onLanded;
    if (onLanded === null || this.#inFlight.size > 0) return;
    this.#onLanded = null;
    onLanded();
  }

  #keep(item: PendingMessage): void {
    this.#items.set(item.cid, item);
    this.#options.storage.keep(item);
  }

  /** Sends what may be sent. */
  flush(): void {
    if (!this.#open || this.#options.pause.lasts) return;
    for (const item of this.#items.values()) {
      if (this.#inFlight.size >= this.#options.maxInFlight) return;
      if (item.failed !== undefined || this.#inFlight.has(item.cid)) continue;
      if (!this.#options.transmit(item)) return;
      this.#inFlight.add(item.cid);
    }
  }
}
