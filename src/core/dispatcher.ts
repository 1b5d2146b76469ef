import { Courier, type CourierContext } from "./courier.ts";
import type { Uuid } from "./id_type.ts";
import type { Side } from "./message.ts";

/** How many waiting connections are looked up at once after a start. */
const PENDING_PAGE = 256;

/** Sends couriers where something waits: at most one at a time for each side of a connection. */
export class Dispatcher {
  readonly #context: CourierContext;
  readonly #couriers: Readonly<Record<Side, Map<Uuid, Courier>>> = { 1: new Map(), 2: new Map() };
  readonly #running = new Set<Promise<void>>();
  #started = false;

  constructor(context: CourierContext) {
    this.#context = context;
  }

  /** How many connections have a delivery under way or waiting for its next attempt. */
  get size(): number {
    return this.#running.size;
  }

  /** Begins to deliver, with what was pending before. */
  start(): void {
    this.#started = true;
    for (const side of [1, 2] as const) this.resume(side);
  }

  /** Something waits on a side of a connection. */
  wake(uid: Uuid, side: Side): void {
    const service = this.#context.services[side];
    if (!this.#started || !service.durable || service.receive === undefined) return;
    const busy = this.#couriers[side].get(uid);
    if (busy !== undefined) {
      busy.wake();
      return;
    }
    const courier = new Courier(this.#context, uid, service, () => this.#couriers[side].delete(uid));
    this.#couriers[side].set(uid, courier);
    const run = courier.run().finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Delivers all that waits on a side, now: it has a new receiver, or is back after an outage. */
  resume(side: Side): void {
    const { services, logger } = this.#context;
    for (const courier of this.#couriers[side].values()) courier.hurry();
    if (!this.#started || !services[side].durable || services[side].receive === undefined) return;
    const run = this.#wakePending(side).catch((error) => {
      logger.error("Cannot look up what is pending", { service: services[side].name, error });
    }).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #wakePending(side: Side): Promise<void> {
    const { store, signal } = this.#context;
    let after: Uuid | undefined;
    while (!signal.aborted) {
      const uids = await store.pending(side, after, PENDING_PAGE);
      for (const uid of uids) this.wake(uid, side);
      after = uids.at(-1);
      if (uids.length < PENDING_PAGE) return;
    }
  }

  /** Waits until all that is under way has ended; abort the context's signal before. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
