import type { Uuid } from "./id_type.ts";

/**
 * Makes calls of one connection follow each other, while those of different connections run side by side. It remembers only
 * the connections that have a call under way.
 */
export class Lanes {
  readonly #lanes = new Map<Uuid, { last: Promise<unknown>; waiting: number }>();

  /**
   * Calls after every earlier call of the connection has settled, at once when there is none. Whoever calls sees to it that only so
   * many wait: a side has one courier for each connection, and its accesses wait together (see `Callbacks`).
   */
  run<T>(uid: Uuid, call: () => T | Promise<T>): Promise<T> {
    const busy = this.#lanes.get(uid);
    const lane = busy ?? { last: Promise.resolve(), waiting: 0 };
    if (busy === undefined) this.#lanes.set(uid, lane);
    lane.waiting++;
    const result = busy === undefined ? attempt(call) : busy.last.then(call);
    const settled = (): void => {
      if (--lane.waiting === 0) this.#lanes.delete(uid);
    };
    lane.last = result.then(settled, settled);
    return result;
  }

  /** What stands for the last call of a connection that is under way or waits: another one for each call. */
  last(uid: Uuid): object | undefined {
    return this.#lanes.get(uid)?.last;
  }
}

function attempt<T>(call: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve) => resolve(call()));
}
