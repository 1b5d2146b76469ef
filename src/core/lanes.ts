import type { Uuid } from "./id_type.ts";

/** More calls than this waiting for one connection are refused: whoever is called does not come back. */
const MAX_WAITING = 1_000;

/**
 * Makes calls of one connection follow each other, while those of different connections run side by side. It remembers only
 * the connections that have a call under way.
 */
export class Lanes {
  readonly #lanes = new Map<Uuid, { last: Promise<unknown>; waiting: number }>();

  /**
   * Calls after every earlier call of the connection has settled, at once when there is none.
   *
   * @throws {RangeError} when 1,000 calls are waiting already
   */
  run<T>(uid: Uuid, call: () => T | Promise<T>): Promise<T> {
    const busy = this.#lanes.get(uid);
    if (busy !== undefined && busy.waiting >= MAX_WAITING) {
      return Promise.reject(
        new RangeError(`Cannot call for connection ${uid}: ${MAX_WAITING} calls are waiting already`),
      );
    }
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
}

function attempt<T>(call: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve) => resolve(call()));
}
