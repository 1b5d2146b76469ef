import { backoffMs, type BackoffOptions } from "./backoff.ts";
import type { CallbackWatch } from "./callback_watch.ts";
import { DeliveryGivenBack } from "./delivery_given_back.ts";
import type { DeliveryBatch } from "./delivery.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import type { Directory } from "./directory.ts";
import { ChatBoxError, DeliveryError, PermanentDeliveryError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import type { JsonValue } from "./json.ts";
import type { Lanes } from "./lanes.ts";
import { type Message, otherSide, type Side } from "./message.ts";
import type { Clock, ConnectionRecord, Deliverable, Logger, Store } from "./ports.ts";
import { type Receiver, receiverOf, type Service } from "./service.ts";

/** What couriers share. */
export interface CourierContext {
  readonly store: Store;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly directory: Directory;
  readonly services: Readonly<Record<Side, Service>>;
  /** One call at a time for each connection of a side. */
  readonly lanes: Readonly<Record<Side, Lanes>>;
  readonly watch: CallbackWatch;
  readonly backoff: BackoffOptions;
  /** Aborted when the ChatBox begins to close. */
  readonly signal: AbortSignal;
}

/** What a courier tells whoever sent it. */
export interface CourierListener {
  /** Takes its place with the receiver, or has it; false when there is none: then it ends, and what waits stays in storage. */
  enter(receiver: Receiver): boolean;
  /** What comes next is not the receiver's: the place is for others meanwhile. */
  leave(): void;
  /** Whether it may go on with the next batch; otherwise it ends and what is left stays in storage. */
  mayContinue(): boolean;
  /** It waits for something that may take long: it no longer counts among those at work. */
  onSlow(): void;
  /** Called in the same step in which the courier decides that nothing is left, so that no wake gets lost. */
  onEnd(): void;
}

/**
 * Carries what waits on one side of one connection to its receiver: in order, one batch at a time, again after a failure.
 * It lives while there is work and holds nothing that the store does not.
 */
export class Courier {
  readonly #context: CourierContext;
  readonly #uid: Uuid;
  readonly #service: Service;
  readonly #listener: CourierListener;
  #failures = 0;
  /** The highest `seq` whose arrival was told. */
  #told = 0;
  /** The connection's `rev` up to which it has looked. */
  #seen = 0;
  #woken = false;
  #cancelWait: (() => void) | undefined;

  constructor(context: CourierContext, uid: Uuid, service: Service, listener: CourierListener) {
    this.#context = context;
    this.#uid = uid;
    this.#service = service;
    this.#listener = listener;
  }

  /** Something new waits: what is under way looks again before it ends, unless it has seen this `rev`. */
  wake(rev: number): void {
    if (rev > this.#seen) this.#woken = true;
  }

  /** Cuts a wait between attempts short; once the ChatBox closes, this ends it. */
  hurry(): void {
    this.#woken = true;
    this.#cancelWait?.();
  }

  /** Whether it waits for its next attempt. */
  get waits(): boolean {
    return this.#cancelWait !== undefined;
  }

  /** Works until nothing waits, there is no receiver, its connection is gone, or the ChatBox closes. Never rejects. */
  async run(): Promise<void> {
    // One function: the end is told in the same step in which it is decided.
    try {
      const { signal, logger } = this.#context;
      while (!signal.aborted) {
        let waitMs: number;
        const receiver = receiverOf(this.#service, this.#uid);
        if (receiver === undefined) return;
        this.#woken = false;
        try {
          const more = await this.#deliverOnce(receiver);
          this.#failures = 0;
          if (!more && !this.#woken) return;
          if (!this.#listener.mayContinue()) return;
          continue;
        } catch (error) {
          if (signal.aborted || (error instanceof ChatBoxError && error.code === "closed")) return;
          if (error instanceof DeliveryGivenBack) {
            // Whoever took the deliveries is gone, or the client is: what waits is for the next one, who may have come meanwhile.
            if (this.#woken || error.again) continue;
            return;
          }
          if (await this.#isGone()) {
            // Made anew under the same uid, or told of something before it went.
            if (this.#woken) continue;
            logger.debug("A delivery has ended: its connection is gone", { service: this.#service.name });
            return;
          }
          if (signal.aborted) return;
          waitMs = this.#report(error);
        }
        // Out here, so that thousands who wait do not keep what has failed for each of them.
        this.#listener.onSlow();
        await this.#wait(waitMs);
      }
    } finally {
      this.#listener.onEnd();
    }
  }

  /** Gives whether there is more than one batch took. */
  async #deliverOnce(receiver: Receiver): Promise<boolean> {
    const { store, directory } = this.#context;
    const { side, name } = this.#service;
    const waiting = await store.deliverable(this.#uid, side, receiver.limit, receiver.echo);
    this.#seen = Math.max(this.#seen, waiting.rev);
    // A note is of an attempt that has begun: what it was for may be taken back by now, and half arrived.
    if (waiting.messages.length === 0 && waiting.changes.length === 0 && waiting.note === undefined) {
      await store.confirm(this.#uid, side, { seq: waiting.seq, rev: waiting.rev });
      return waiting.more;
    }
    const record = directory.paired(this.#uid, side) ?? await this.#pair(waiting);
    if (record === undefined) return waiting.more;
    if (!record.active[side]) throw new DeliveryGivenBack();
    const id = record.ids[side];
    if (id === null) throw new DeliveryError(`Cannot deliver to ${name}: the client has no id`);
    if (!this.#listener.enter(receiver)) throw new DeliveryGivenBack();
    await this.#hand(receiver, waiting, id);
    return waiting.more;
  }

  /** Gives the client its id; nothing when it can never have one, and what waits has failed. */
  async #pair(waiting: Deliverable): Promise<ConnectionRecord | undefined> {
    const { store, directory } = this.#context;
    const { side } = this.#service;
    this.#listener.leave();
    try {
      return await directory.pair(this.#uid, side);
    } catch (error) {
      if (!(error instanceof PermanentDeliveryError)) throw error;
      await this.#fail([...waiting.changes, ...waiting.messages], error);
      await store.confirm(this.#uid, side, { seq: waiting.seq, rev: waiting.rev });
      return undefined;
    }
  }

  /** Whether a receiver is still the one who takes the messages, and the client with this encoded id still there for them. */
  #isWanted(receiver: Receiver, id: string): boolean {
    const { signal, directory } = this.#context;
    if (signal.aborted || receiverOf(this.#service, this.#uid) !== receiver) return false;
    const record = directory.atHand(this.#uid);
    const { side } = this.#service;
    return record === undefined || (record.active[side] && record.ids[side] === id);
  }

  async #hand(receiver: Receiver, waiting: Deliverable, encoded: string): Promise<void> {
    const { store, directory, signal, lanes, watch } = this.#context;
    const { side, name, idType } = this.#service;
    const id = idType.decode(encoded);
    const isWanted = (): boolean => this.#isWanted(receiver, encoded);
    const whole = { seq: waiting.seq, rev: waiting.rev };
    const last = waiting.messages.at(-1)?.seq ?? 0;
    const confirmed = { seq: 0, rev: 0 };
    const confirm = (progress: DeliveryProgress): Promise<void> => {
      const { seq = 0, rev = 0 } = progress;
      const all = seq >= last && rev >= whole.rev;
      return store.confirm(this.#uid, side, all ? { ...progress, ...whole } : progress).then(() => {
        this.#tell(all ? last : seq);
        confirmed.seq = Math.max(confirmed.seq, all ? whole.seq : seq);
        confirmed.rev = Math.max(confirmed.rev, rev);
      });
    };
    try {
      const call = (): void | Promise<void> => {
        if (!isWanted()) throw new DeliveryGivenBack(true);
        const batch: DeliveryBatch<unknown> = {
          id,
          connection: directory.handle(this.#uid),
          rev: waiting.rev,
          changes: waiting.changes,
          messages: waiting.messages,
          note: waiting.note,
          attempt: this.#failures + 1,
          signal,
          setNote: (note: JsonValue) => store.setNote(this.#uid, side, note),
          confirm,
          fail: (messages, error) => this.#fail(messages, error),
        };
        if (receiver.kind !== "batch") return receiver.callback(batch, isWanted);
        const watched = { callback: "received", service: name, uid: this.#uid };
        return watch.watch(watched, () => receiver.callback(batch, isWanted));
      };
      await (receiver.kind === "queue" ? call() : lanes[side].run(this.#uid, call));
    } catch (error) {
      if (!(error instanceof PermanentDeliveryError)) throw error;
      const unconfirmed = [
        ...waiting.changes.filter(({ rev }) => rev > confirmed.rev),
        ...waiting.messages.filter(({ seq }) => seq > confirmed.seq),
      ];
      await this.#fail(unconfirmed, error);
      await store.confirm(this.#uid, side, whole);
      return;
    }
    if (confirmed.seq < whole.seq || confirmed.rev < whole.rev) await confirm(whole);
  }

  /** Tells once that all up to this one has arrived. */
  #tell(arrived: number): void {
    if (arrived <= this.#told) return;
    this.#told = arrived;
    const side = otherSide(this.#service.side);
    this.#context.hub.publish(this.#uid, { type: "delivered", side, seq: arrived });
  }

  /** Tells the sender that these will never arrive. An echo that is refused is no failure: its message is on its way to the other side. */
  async #fail(messages: readonly Message[], error: PermanentDeliveryError): Promise<void> {
    const { store, hub, clock, logger } = this.#context;
    logger.error("A delivery failed for good", { uid: this.#uid, service: this.#service.name, error });
    for (const { seq, side } of messages) {
      if (side === this.#service.side) continue;
      const { message, changed } = await store.change(this.#uid, {
        seq,
        at: clock.now(),
        targets: [],
        change: { type: "fail", words: error.userMessage },
      });
      if (changed) hub.publish(this.#uid, { type: "message", message });
    }
  }

  /** Whether its connection has been removed: whoever erased it wants to read of it no more. */
  async #isGone(): Promise<boolean> {
    // One that is made anew under the same uid counts from the beginning.
    this.#seen = 0;
    if (!await this.#context.directory.isGone(this.#uid)) return false;
    this.#told = 0;
    this.#failures = 0;
    return true;
  }

  /** Counts and logs a failure, and gives the time until the next attempt in milliseconds. */
  #report(error: unknown): number {
    this.#failures++;
    const waitMs = this.#waitMs(error);
    this.#context.logger.warn("A delivery failed, trying again", {
      uid: this.#uid,
      service: this.#service.name,
      attempt: this.#failures,
      retryInMs: Math.round(waitMs),
      // The service expects this one: its words are enough, a stack would only hide them.
      ...(error instanceof DeliveryError ? { reason: error.message } : { error }),
    });
    return waitMs;
  }

  #waitMs(error: unknown): number {
    const { random, backoff } = this.#context;
    const wanted = retryAfterOf(error);
    const own = backoffMs(this.#failures, random(), backoff);
    return wanted === undefined ? own : wanted + random() * Math.min(wanted, backoff.baseMs);
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#cancelWait = undefined;
        resolve();
      };
      const cancel = this.#context.clock.after(waitMs, done);
      this.#cancelWait = done;
    });
  }
}

/** What an error says about when to try again; what is no time is not heeded. */
function retryAfterOf(error: unknown): number | undefined {
  const wanted: unknown = typeof error === "object" && error !== null
    ? Reflect.get(error, "retryAfterMs")
    : undefined;
  return typeof wanted === "number" && Number.isFinite(wanted) && wanted >= 0 ? wanted : undefined;
}
