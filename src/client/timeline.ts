/**
 * The messages of the conversation that the client knows: one stretch without gaps, up to the newest.
 *
 * @module
 */
import type { Message } from "../web/protocol.ts";

/** A message as the server stored it. */
export interface StoredMessage extends Message {
  /** The id under which this tab sent it, if it did. */
  readonly cid?: string;
}

/** Messages by `seq`, ascending. */
export class Timeline {
  #messages: StoredMessage[] = [];
  #more = false;

  /** The messages, oldest first. A new array after each change. */
  get messages(): readonly StoredMessage[] {
    return this.#messages.slice();
  }

  /** Whether older messages exist on the server. */
  get more(): boolean {
    return this.#more;
  }

  /** The oldest known `seq`; 0 when there is no message. */
  get oldest(): number {
    return this.#messages[0]?.seq ?? 0;
  }

  /** The newest known `seq`; 0 when there is no message. */
  get newest(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }

  /** Whether the newest message is from the visitor. */
  get visitorSpokeLast(): boolean {
    return this.#messages.at(-1)?.from === "visitor";
  }

  /** Forgets everything for the latest page. */
  replace(messages: readonly Message[], more: boolean): void {
    this.#messages = [...messages].sort((a, b) => a.seq - b.seq);
    this.#more = more;
  }

  /**
   * Takes new and changed messages.
   *
   * @returns Those that weren't known before.
   */
  upsert(messages: readonly StoredMessage[]): StoredMessage[] {
    const added: StoredMessage[] = [];
    for (const message of messages) {
      // A change of a message older than the known stretch would tear a hole: the page with it will come changed.
      if (this.#more && message.seq < this.oldest) continue;
      const index = this.#indexOf(message.seq);
      const known = this.#messages[index];
      if (known?.seq !== message.seq) {
        this.#messages.splice(index, 0, message);
        added.push(message);
      } else if (message.rev >= known.rev) {
        this.#messages[index] = known.cid === undefined ? message : { ...message, cid: known.cid };
      }
    }
    return added;
  }

  /**
   * Puts an older page in front.
   *
   * @returns Whether it belonged there.
   */
  prepend(page: readonly Message[], more: boolean): boolean {
    const last = page.at(-1);
    // An answer to a question asked before a reset doesn't fit any more.
    if (last !== undefined && last.seq + 1 !== this.oldest) return false;
    this.#messages = [...page, ...this.#messages];
    this.#more = more;
    return true;
  }

  /** Counts the messages of others after `seq` that still exist. */
  unreadAfter(seq: number): number {
    let count = 0;
    for (let index = this.#messages.length - 1; index >= 0; index--) {
      const message = this.#messages[index];
      if (message === undefined || message.seq <= seq) break;
      if (message.from !== "visitor" && message.deleted !== true) count++;
    }
    return count;
  }

  /** The message with this `seq`, if it is known. */
  get(seq: number): StoredMessage | undefined {
    const message = this.#messages[this.#indexOf(seq)];
    return message?.seq === seq ? message : undefined;
  }

  /** Where `seq` is or belongs. Nearly always that is the end. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.#messages.length;
    if (seq > this.newest) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#messages[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
