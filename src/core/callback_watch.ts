import type { Uuid } from "./id_type.ts";
import type { Clock, Logger } from "./ports.ts";
import { isThenable } from "./thenable.ts";

/** What is told about a callback that does not come back. */
export interface WatchedCall {
  /** The kind of callback: "create" for example. */
  readonly callback: string;
  readonly service: string;
  readonly uid: Uuid;
}

interface Open {
  readonly call: WatchedCall;
  readonly due: number;
}

/** Options of a {@link CallbackWatch}. */
export interface CallbackWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** After how many milliseconds a callback that has not settled is reported; `Infinity` for never. */
  readonly timeoutMs: number;
}

/** Calls the services back, and reports callbacks that never settle. One timer for all: they all have the same time, so the first one in is due first. */
export class CallbackWatch {
  readonly #options: CallbackWatchOptions;
  readonly #open = new Set<Open>();
  #cancel: (() => void) | undefined;
  #inside = 0;
  #closed = false;

  constructor(options: CallbackWatchOptions) {
    this.#options = options;
  }

  /** Whether a callback is being called at this very moment: until its first `await`, when it is async. */
  get inside(): boolean {
    return this.#inside > 0;
  }

  /** Calls back and gives what comes of it; a promise, or anything like one, is watched and comes back as a promise. */
  watch<T>(call: WatchedCall, callback: () => T | PromiseLike<T>): T | Promise<T> {
    this.#inside++;
    let result: T | PromiseLike<T>;
    try {
      result = callback();
    } finally {
      this.#inside--;
    }
    return isThenable(result) ? this.#until(call, result) : result;
  }

  async #until<T>(call: WatchedCall, result: PromiseLike<T>): Promise<T> {
    const { clock, timeoutMs } = this.#options;
    const open = { call, due: clock.now() + timeoutMs };
    this.#open.add(open);
    this.#schedule();
    try {
      return await result;
    } finally {
      this.#open.delete(open);
      if (this.#open.size === 0) this.#stop();
    }
  }

  /** Reports nothing more: nobody waits. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #schedule(): void {
    const { clock, timeoutMs } = this.#options;
    if (this.#cancel !== undefined || timeoutMs === Infinity || this.#closed) return;
    for (const { due } of this.#open) {
      this.#cancel = clock.after(Math.max(0, due - clock.now()), () => this.#report());
      return;
    }
  }

  #report(): void {
    this.#cancel = undefined;
    const { clock, logger, timeoutMs } = this.#options;
    const now = clock.now();
    for (const open of this.#open) {
      if (open.due > now) break;
      this.#open.delete(open);
      logger.error("A callback has not settled: its connection waits for it", {
        ...open.call,
        waitedMs: timeoutMs,
      });
    }
    this.#schedule();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
