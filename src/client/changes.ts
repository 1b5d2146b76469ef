/**
 * Edits and deletions on their way to the server: in order, again after a lost connection, at the pace the server
 * asks for.
 *
 * Only one at a time is without an answer, so that an error frame that names no message can be told to belong to it.
 * They wait in the browser's storage, too: a reload takes them up again once the conversation is the same.
 *
 * @module
 */
import type { ErrorCode, Message } from "../web/protocol.ts";
import type { ChangesStorage } from "./changes_storage.ts";
import { DEFAULT_PAUSE_MS, isPassing } from "./outbox.ts";
import type { Pause } from "./pause.ts";
import type { ChangeFrame, PendingChange } from "./pending_change.ts";
import type { Clock } from "./ports.ts";

/** How {@link Changes} are made. */
export interface ChangesOptions {
  readonly storage: ChangesStorage;
  readonly clock: Clock;
  /** While it lasts, nothing is sent. */
  readonly pause: Pause;
  /** Hands a change to the socket; false when there is none. */
  readonly transmit: (frame: ChangeFrame) => boolean;
  /** Called when `items` changed by itself. */
  readonly onChange: () => void;
}

/** The server says nothing of a change that changes nothing, for example one that had arrived before. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Changes without an answer, in the order in which they were asked for. */
export class Changes {
  readonly #options: ChangesOptions;
  #items: readonly PendingChange[] = [];
  #inFlight: PendingChange | null = null;
  /** Whose messages they change; null until that is known. */
  #uid: string | null = null;
  #open = false;
  #cancelTimeout: () => void = () => {};

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** What waits, oldest first, refused ones included. */
  get items(): readonly PendingChange[] {
    return this.#items;
  }

  /** Asks for a change. What still waits for the same message is overtaken by it. */
  add(frame: ChangeFrame): void {
    this.#keepOnly((item) => item === this.#inFlight || item.frame.seq !== frame.seq);
    this.#set([...this.#items, { frame }]);
    this.flush();
  }

  /**
   * The server is ready: everything without an answer goes out (again), and what an earlier page left behind.
   *
   * @param uid Whose conversation it is, for certain.
   * @param messages Those known of it: what they show already is done.
   */
  opened(uid: string, messages: readonly Message[]): void {
    this.#uid = uid;
    this.#open = true;
    this.#adopt(uid, messages);
    this.flush();
  }

  /** The connection is gone: what was in flight may or may not have arrived. */
  lost(): void {
    this.#open = false;
    this.#land();
  }

  /** Messages came as they are now: whatever they show has been done. */
  settle(messages: readonly Message[]): void {
    if (this.#items.length === 0) return;
    const bySeq = new Map(messages.map((message) => [message.seq, message]));
    this.#keepOnly((item) => {
      const message = bySeq.get(item.frame.seq);
      return message === undefined || !isDone(item.frame, message);
    });
    this.flush();
  }

  /**
   * An error frame came that names no `cid`.
   *
   * @param code Why.
   * @param message The server's words.
   * @param seq Which message it names, if it names one.
   * @returns The change that it refused: for good, or (`failed` left out) for now. Null when it was about something else.
   */
  refused(code: ErrorCode, message: string, seq?: number): PendingChange | null {
    const item = this.#inFlight;
    if (item === null || (seq !== undefined && seq !== item.frame.seq)) return null;
    this.#land();
    if (isPassing(code)) {
      // Whatever time the server named is part of the pause by now.
      if (!this.#options.pause.lasts) this.#options.pause.extend(DEFAULT_PAUSE_MS);
      return item;
    }
    const failed: PendingChange = { ...item, failed: { code, message } };
    this.#set(this.#items.map((other) => other === item ? failed : other));
    this.flush();
    return failed;
  }

  /** Tries a refused change once more. */
  retry(seq: number): void {
    const item = this.#items.find((one) => one.frame.seq === seq && one.failed !== undefined);
    if (item !== undefined) this.add(item.frame);
  }

  /** Gives a refused change up. */
  discard(seq: number): void {
    this.#keepOnly((item) => item.frame.seq !== seq || item.failed === undefined);
  }

  /** Gives everything up. */
  clear(): void {
    this.#set([]);
    this.leave();
  }

  /** The conversation is another one; what was wanted in this one waits for its visitor in the storage. */
  leave(): void {
    this.#options.storage.release();
    this.#land();
    this.#items = [];
    this.#uid = null;
  }

  /** The page may be about to go: another tab may take over what waits. */
  release(): void {
    this.#options.storage.release();
  }

  /** The page is back although it said goodbye: what waits is this tab's again. */
  reclaim(): void {
    this.#set(this.#items);
  }

  /** Sends the next one if it may. */
  flush(): void {
    if (!this.#open || this.#inFlight !== null || this.#options.pause.lasts) return;
    const next = this.#items.find((item) => item.failed === undefined);
    if (next === undefined || !this.#options.transmit(next.frame)) return;
    this.#inFlight = next;
    this.#cancelTimeout = this.#options.clock.setTimer(() => {
      this.#keepOnly((item) => item !== next);
      this.flush();
      this.#options.onChange();
    }, ANSWER_TIMEOUT_MS);
  }

  /** What was left behind is older than what this page wants. Of several for one message the last one counts. */
  #adopt(uid: string, messages: readonly Message[]): void {
    const own = new Set(this.#items.map(({ frame }) => frame.seq));
    const left = new Map(this.#options.storage.adopt(uid).map((item) => [item.frame.seq, item]));
    const bySeq = new Map(messages.map((message) => [message.seq, message]));
    const adopted = [...left.values()].filter(({ frame }) => {
      const message = bySeq.get(frame.seq);
      return !own.has(frame.seq) && (message === undefined || !isDone(frame, message));
    });
    this.#set([...adopted, ...this.#items]);
  }

  #set(items: readonly PendingChange[]): void {
    this.#items = items;
    if (this.#uid !== null) this.#options.storage.keep(this.#uid, items);
  }

  #keepOnly(wanted: (item: PendingChange) => boolean): void {
    const kept = this.#items.filter(wanted);
    if (kept.length < this.#items.length) this.#set(kept);
    if (this.#inFlight !== null && !this.#items.includes(this.#inFlight)) this.#land();
  }

  #land(): void {
    this.#cancelTimeout();
    this.#inFlight = null;
  }
}

function isDone(frame: ChangeFrame, message: Message): boolean {
  return message.deleted === true || (frame.type === "edit" && message.content === frame.content);
}
