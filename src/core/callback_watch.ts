import type { Uuid } from "./id_type.ts";
import type { Clock, Logger } from "./ports.ts";

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
  /** Called when it is reported. */
  readonly onLate: (() => void) | undefined;
}

/** Options of a {@link CallbackWatch}. */
export interface CallbackWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** After how many milliseconds a callback that has not settled is reported; `Infinity` for never. */
  readonly timeoutMs: number;
}

/** Reports callbacks that never settle. One timer for all: they all have the same time, so the first one in is due first. */
export class CallbackWatch {
  readonly #options: CallbackWatchOptions;
  readonly #open = new Set<Open>();
  #cancel: (() => void) | undefined;

  constructor(options: CallbackWatchOptions) {
    this.#options = options;
  }

  /**
   * Gives what a callback gave, watching it when it is a promise.
   *
   * @param onLate called once when it has not settled in time
   */
  async watch<T>(call: WatchedCall, result: T | Promise<T>, onLate?: () => void): Promise<T> {
    if (!(result instanceof Promise)) return await result;
    const { clock, timeoutMs } = this.#options;
    const open = { call, due: clock.now() + timeoutMs, onLate };
    this.#open.add(open);
    this.#schedule();
    try {
      return await result;
    } finally {
      this.#open.delete(open);
      if (this.#open.size === 0) this.#stop();
    }
  }

  #schedule(): void {
    const { clock, timeoutMs } = this.#options;
    if (this.#cancel !== undefined || timeoutMs === Infinity) return;
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
      open.onLate?.();
    }
    this.#schedule();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
