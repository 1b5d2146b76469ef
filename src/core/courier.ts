import { backoffMs, type BackoffOptions } from "./backoff.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import type { Directory } from "./directory.ts";
import { ChatBoxError, DeliveryError, PermanentDeliveryError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import type { JsonValue } from "./json.ts";
import { otherSide, type Side } from "./message.ts";
import type { Clock, Deliverable, Logger, Store } from "./ports.ts";
import type { Receiver, Service } from "./service.ts";

/** What couriers share. */
export interface CourierContext {
  readonly store: Store;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly directory: Directory;
  readonly services: Readonly<Record<Side, Service>>;
  readonly backoff: BackoffOptions;
  /** Aborted when the ChatBox closes. */
  readonly signal: AbortSignal;
}

/**
 * Carries what waits on one side of one connection to its receiver: in order, one batch at a time, again after a failure.
 * It lives while there is work and holds nothing that the store does not.
 */
export class Courier {
  readonly #context: CourierContext;
  readonly #uid: Uuid;
  readonly #service: Service;
  #failures = 0;
  /** The highest `seq` whose arrival was told. */
  #told = 0;
  #woken = false;
  #cancelWait: (() => void) | undefined;
  readonly #onEnd: () => void;

  /** @param onEnd called in the same step in which the courier decides that nothing is left, so that no wake gets lost */
  constructor(context: CourierContext, uid: Uuid, service: Service, onEnd: () => void) {
    this.#context = context;
    this.#uid = uid;
    this.#service = service;
    this.#onEnd = onEnd;
  }

  /** Something new waits: what is under way looks again before it ends. */
  wake(): void {
    this.#woken = true;
  }

  /** Works until nothing waits, there is no receiver, or the ChatBox closes. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#work();
    } finally {
      this.#onEnd();
    }
  }

  async #work(): Promise<void> {
    const { signal, logger } = this.#context;
    while (!signal.aborted) {
      this.#woken = false;
      const receiver = this.#service.receive;
      if (receiver === undefined) return;
      try {
        const idle = await this.#deliverOnce(receiver);
        this.#failures = 0;
        if (idle && !this.#woken) return;
      } catch (error) {
        if (signal.aborted || (error instanceof ChatBoxError && error.code === "closed")) return;
        this.#failures++;
        const waitMs = this.#waitMs(error);
        logger.warn("A delivery failed, trying again", {
          uid: this.#uid,
          service: this.#service.name,
          attempt: this.#failures,
          retryInMs: Math.round(waitMs),
          error,
        });
        await this.#wait(waitMs);
      }
    }
  }

  /** Cuts a wait between attempts short. */
  hurry(): void {
    this.#cancelWait?.();
  }

  /** Gives true when nothing is left to deliver. */
  async #deliverOnce(receiver: Receiver): Promise<boolean> {
    const { store, directory } = this.#context;
    const side = this.#service.side;
    const waiting = await store.deliverable(this.#uid, side, receiver.limit, receiver.echo);
    const progress = { seq: waiting.seq, rev: waiting.rev };
    if (waiting.messages.length === 0 && waiting.changes.length === 0) {
      await store.confirm(this.#uid, side, progress);
      return !waiting.more;
    }
    try {
      const id = (await directory.pair(this.#uid, side)).ids[side];
      if (id === null) {
        throw new DeliveryError(`Cannot deliver to ${this.#service.name}: the client has no id`);
      }
      await this.#hand(receiver, waiting, this.#service.idType.decode(id));
      const last = waiting.messages.at(-1)?.seq;
      await this.#confirm(progress, last ?? 0);
    } catch (error) {
      if (!(error instanceof PermanentDeliveryError)) throw error;
      await this.#fail(waiting, error);
    }
    return false;
  }

  async #hand(receiver: Receiver, waiting: Deliverable, id: unknown): Promise<void> {
    const { store, directory, signal } = this.#context;
    await receiver.callback({
      id,
      connection: directory.handle(this.#uid),
      rev: waiting.rev,
      changes: waiting.changes,
      messages: waiting.messages,
      note: waiting.note,
      attempt: this.#failures + 1,
      signal,
      setNote: (note: JsonValue) => store.setNote(this.#uid, this.#service.side, note),
      confirm: (progress: DeliveryProgress) => this.#confirm(progress),
    });
  }

  /** @param arrived the last message that has arrived, where that is less than the progress says */
  async #confirm(progress: DeliveryProgress, arrived = progress.seq): Promise<void> {
    const { store, hub } = this.#context;
    await store.confirm(this.#uid, this.#service.side, progress);
    if (arrived === undefined || arrived <= this.#told) return;
    this.#told = arrived;
    hub.publish(this.#uid, { type: "delivered", side: otherSide(this.#service.side), seq: arrived });
  }

  /** Tells the sender of everything unconfirmed that it will never arrive, and goes on with what comes after. */
  async #fail(waiting: Deliverable, error: PermanentDeliveryError): Promise<void> {
    const { store, hub, clock, logger } = this.#context;
    const side = this.#service.side;
    logger.error("A delivery failed for good", { uid: this.#uid, service: this.#service.name, error });
    const { delivered } = await store.watermarks(this.#uid, side);
    for (const { seq } of waiting.messages.filter((message) => message.seq > delivered)) {
      const { message, changed } = await store.change(this.#uid, {
        seq,
        at: clock.now(),
        targets: [],
        change: { type: "fail", words: error.userMessage },
      });
      if (changed) hub.publish(this.#uid, { type: "message", message });
    }
    await store.confirm(this.#uid, side, { seq: waiting.seq, rev: waiting.rev });
  }

  #waitMs(error: unknown): number {
    const { random, backoff } = this.#context;
    const wanted = error instanceof DeliveryError ? error.retryAfterMs : undefined;
    const own = backoffMs(this.#failures, random(), backoff);
    return wanted === undefined ? own : wanted + random() * Math.min(wanted, backoff.baseMs);
  }

  #wait(waitMs: number): Promise<void> {
    const { clock, signal } = this.#context;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener("abort", done);
        this.#cancelWait = undefined;
        resolve();
      };
      const cancel = clock.after(waitMs, done);
      this.#cancelWait = done;
      signal.addEventListener("abort", done);
    });
  }
}
