import { abortable } from "./abortable.ts";
import { backoffMs } from "./backoff.ts";
import { Courier, type CourierContext } from "./courier.ts";
import { ChatBoxError } from "./errors.ts";
import type { Uuid } from "./id_type.ts";
import type { Side } from "./message.ts";
import { receiverOf } from "./service.ts";
import { Place, Places } from "./places.ts";
import { Slots } from "./slots.ts";
import type { UnderWay } from "./under_way.ts";

/** How many waiting connections are looked up at once. */
const PENDING_PAGE = 256;

/** How many connections of a look-up are at work at once; those that take long no longer count. */
const LOOK_UP_SLOTS = 256;

/** After this time, in milliseconds, a delivery takes long. */
const SLOW_MS = 1_000;

/**
 * So long after connections may have been removed, in milliseconds, it is looked which of those that wait are gone: a removal in steps
 * tells many times a second, and after an outage thousands wait.
 */
const LOOK_MS = 1_000;

/** What is under way on one side. */
interface Desk {
  readonly couriers: Map<Uuid, Courier>;
  readonly slots: Slots;
  /** With receivers that have a limit of their own. */
  readonly places: Places;
  /** The look-up under way. */
  lookingUp: boolean;
  /** Something was left in storage that the look-up may have passed by. */
  again: boolean;
}

/** Sends couriers where something waits: at most one at a time for each side of a connection. */
export class Dispatcher {
  readonly #context: CourierContext;
  readonly #desks: Readonly<Record<Side, Desk>> = { 1: makeDesk(), 2: makeDesk() };
  readonly #underWay: UnderWay;
  #started = false;
  #cancelLook: (() => void) | undefined;

  /** @param underWay counts in what is under way */
  constructor(context: CourierContext, underWay: UnderWay) {
    this.#context = context;
    this.#underWay = underWay;
    // One for all: thousands may wait.
    context.signal.addEventListener("abort", () => {
      this.#cancelLook?.();
      for (const side of [1, 2] as const) this.#hurry(side);
    }, { once: true });
  }

  /** How many connections have a delivery under way or waiting for its next attempt. */
  get size(): number {
    return this.#desks[1].couriers.size + this.#desks[2].couriers.size;
  }

  /** Begins to deliver, with what was pending before. */
  start(): void {
    this.#started = true;
    for (const side of [1, 2] as const) {
      // Not behind the look-up, which may have to wait for those who take the messages of all others.
      for (const uid of this.#context.services[side].clients.keys()) this.wake(uid, side, Infinity);
      this.#lookUp(side);
    }
  }

  /**
   * Something waits on a side of a connection.
   *
   * @param rev the connection's `rev` at which it came
   */
  wake(uid: Uuid, side: Side, rev: number): void {
    const service = this.#context.services[side];
    if (!this.#started || this.#context.signal.aborted || !service.durable) return;
    const desk = this.#desks[side];
    const courier = desk.couriers.get(uid);
    if (courier !== undefined) {
      courier.wake(rev);
      return;
    }
    const receiver = receiverOf(service, uid);
    if (receiver === undefined) return;
    const place = new Place(desk.places);
    // Too many already: it waits in storage, and the look-up finds it when there is room.
    if (!place.take(receiver)) this.#lookUp(side);
    else this.#launch(uid, side, place);
  }

  /** Delivers all that waits on a side, now: it has a new receiver, or is back after an outage. */
  resume(side: Side): void {
    this.#hurry(side);
    this.#lookUp(side);
  }

  /** Connections, or this one, may have been removed from the store: nobody waits for the next attempt to deliver there, or for messages. */
  forget(uid?: Uuid): void {
    const { signal, clock, services } = this.#context;
    if (signal.aborted) return;
    if (uid !== undefined) {
      for (const side of [1, 2] as const) this.#lookFor(uid, side);
      return;
    }
    const nobody = this.size + services[1].clients.size + services[2].clients.size === 0;
    if (nobody || this.#cancelLook !== undefined) return;
    this.#cancelLook = clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      for (const side of [1, 2] as const) {
        const uids = new Set([...this.#desks[side].couriers.keys(), ...services[side].clients.keys()]);
        for (const each of uids) this.#lookFor(each, side);
      }
    });
  }

  async #lookFor(uid: Uuid, side: Side): Promise<void> {
    const { directory, services } = this.#context;
    const courier = this.#desks[side].couriers.get(uid);
    const { onGone } = services[side].clients.get(uid) ?? {};
    if (courier?.waits !== true && onGone === undefined) return;
    if (!await directory.isGone(uid)) return;
    onGone?.();
    courier?.hurry();
  }

  #hurry(side: Side): void {
    for (const courier of this.#desks[side].couriers.values()) courier.hurry();
  }

  #launch(uid: Uuid, side: Side, place: Place, free?: () => void): void {
    const desk = this.#desks[side];
    let isLeftOut = false;
    const courier = new Courier(this.#context, uid, this.#context.services[side], {
      enter: (receiver) => {
        isLeftOut = !place.take(receiver);
        return !isLeftOut;
      },
      leave: () => place.leave(),
      mayContinue: () => {
        if (!place.wanted) return true;
        // Others wait for this place: to the end of the queue.
        desk.again = true;
        return false;
      },
      onSlow: () => {
        place.leave();
        free?.();
      },
      onEnd: () => {
        desk.couriers.delete(uid);
        place.leave();
        free?.();
        // Only now, or the look-up would pass by whoever is still at work.
        if (isLeftOut) this.#lookUp(side);
        this.#underWay.end();
      },
    });
    desk.couriers.set(uid, courier);
    this.#underWay.begin();
    courier.run();
  }

  #lookUp(side: Side): void {
    const { services, signal } = this.#context;
    const { durable, receive, clients } = services[side];
    if (!this.#started || signal.aborted || !durable) return;
    if (receive === undefined && clients.size === 0) return;
    const desk = this.#desks[side];
    desk.again = true;
    if (desk.lookingUp) return;
    desk.lookingUp = true;
    this.#underWay.add(this.#wakePending(side, desk));
  }

  async #wakePending(side: Side, desk: Desk): Promise<void> {
    const { signal, logger, services } = this.#context;
    try {
      while (desk.again && !signal.aborted) {
        desk.again = false;
        await this.#wakeAll(side, desk);
      }
    } catch (error) {
      if (!signal.aborted) {
        logger.error("Cannot look up what is pending", { service: services[side].name, error });
      }
    } finally {
      desk.lookingUp = false;
    }
  }

  async #wakeAll(side: Side, desk: Desk): Promise<void> {
    let after: Uuid | undefined;
    for (;;) {
      const uids = await this.#pending(side, after);
      for (const uid of uids) await this.#wakePaced(uid, side, desk);
      after = uids.at(-1);
      if (uids.length < PENDING_PAGE) return;
    }
  }

  /** Looks up until it succeeds or the ChatBox closes. */
  async #pending(side: Side, after: Uuid | undefined): Promise<readonly Uuid[]> {
    const { store, signal, clock, random, backoff, logger, services } = this.#context;
    for (let failures = 1;; failures++) {
      signal.throwIfAborted();
      try {
        return await store.pending(side, after, PENDING_PAGE);
      } catch (error) {
        if (error instanceof ChatBoxError && error.code === "closed") throw error;
        const waitMs = backoffMs(failures, random(), backoff);
        logger.warn("Cannot look up what is pending, trying again", {
          service: services[side].name,
          retryInMs: Math.round(waitMs),
          error,
        });
        const wait = Promise.withResolvers<void>();
        const cancel = clock.after(waitMs, wait.resolve);
        await abortable(wait.promise, signal).finally(cancel);
      }
    }
  }

  /** A few hundred at once, so that a long absence does not fill the memory; the slow ones are passed by. */
  async #wakePaced(uid: Uuid, side: Side, desk: Desk): Promise<void> {
    const { signal, clock, services } = this.#context;
    const receiver = receiverOf(services[side], uid);
    if (receiver === undefined || desk.couriers.has(uid)) return;
    const place = new Place(desk.places);
    if (receiver.maxAtOnce !== undefined && await this.#isPaired(uid, side)) {
      await place.wait(receiver, signal);
    }
    const free = await desk.slots.acquire(signal);
    if (desk.couriers.has(uid) || receiverOf(services[side], uid) !== receiver) {
      place.leave();
      free();
      desk.again ||= !desk.couriers.has(uid);
      return;
    }
    const cancel = clock.after(SLOW_MS, free);
    this.#launch(uid, side, place, () => {
      cancel();
      free();
    });
  }

  /** Whether a client needs nothing but a place: making one may take long, or fail, and must keep no place from others. */
  async #isPaired(uid: Uuid, side: Side): Promise<boolean> {
    try {
      const record = await this.#context.directory.byUid(uid);
      return record !== undefined && record.ids[side] !== null;
    } catch {
      // The courier meets the same fault, reports it, and tries again.
      return false;
    }
  }
}

function makeDesk(): Desk {
  return {
    couriers: new Map(),
    slots: new Slots(LOOK_UP_SLOTS),
    places: new Places(),
    lookingUp: false,
    again: false,
  };
}
