import type { DeliveryBatch } from "./delivery.ts";
import { DeliveryGivenBack } from "./delivery_given_back.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import type { QueuedMessage } from "./queued_message.ts";

/**
 * A connection's batch on its way through a queue. It hands out one message after the other, and none while somebody is busy with one:
 * whoever gives that one back gets it, and what follows, in order and once.
 */
export class QueueLine<Id> {
  readonly #batch: DeliveryBatch<Id>;
  readonly #isWanted: () => boolean;
  #handedOut = 0;
  #consumed = 0;
  #isOver = false;
  #news: PromiseWithResolvers<void> | undefined;

  /** @param isWanted whether the queue is still the one for this batch */
  constructor(batch: DeliveryBatch<Id>, isWanted: () => boolean) {
    this.#batch = batch;
    this.#isWanted = isWanted;
  }

  /** How many messages and changes it has. */
  get length(): number {
    return this.#batch.changes.length + this.#batch.messages.length;
  }

  /** How many nobody has asked for yet. */
  get waiting(): number {
    return this.#isOver ? 0 : this.length - this.#handedOut;
  }

  /** Hands out the next one; `undefined` when there is none for this queue any more. */
  take(): QueuedMessage<Id> | undefined {
    if (!this.#isOver && !this.#isWanted()) this.giveBack();
    if (this.#isOver) return undefined;
    const { changes, messages, id, connection } = this.#batch;
    const index = this.#handedOut++;
    const change = changes[index];
    if (change !== undefined) {
      return { ...change, id, connection, kind: change.deletedAt === undefined ? "edit" : "delete" };
    }
    const message = messages[index - changes.length];
    return message && { ...message, id, connection, kind: "message" };
  }

  /** The one that was handed out has been dealt with. Gives whether there is another one. */
  consume(): boolean {
    if (this.#isOver) return false;
    this.#consumed = this.#handedOut;
    if (!this.#isWanted()) this.giveBack();
    this.#tell();
    return this.waiting > 0;
  }

  /** Ends it: what was not dealt with comes again, to whoever is there for it then. */
  giveBack(): void {
    this.#isOver = true;
    this.#tell();
  }

  /** Ends it for another receiver, unless somebody is busy with one of its messages: then with that one. */
  withdraw(): void {
    if (this.#handedOut === this.#consumed) this.giveBack();
  }

  /**
   * Waits until more than so many have been dealt with, and gives how many.
   *
   * @throws {DeliveryGivenBack} when that will not happen
   */
  async consumedBeyond(count: number): Promise<number> {
    while (this.#consumed === count) {
      if (this.#isOver) throw new DeliveryGivenBack(true);
      this.#news ??= Promise.withResolvers();
      await this.#news.promise;
    }
    return this.#consumed;
  }

  /** What has arrived when the first so many have been dealt with. */
  progress(count: number): DeliveryProgress {
    const { changes, messages, rev } = this.#batch;
    if (count === this.length) return { seq: messages.at(-1)?.seq ?? 0, rev };
    const change = changes[Math.min(count, changes.length) - 1];
    const message = messages[count - changes.length - 1];
    return {
      ...(change !== undefined && { rev: change.rev }),
      ...(message !== undefined && { seq: message.seq }),
    };
  }

  #tell(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }
}
