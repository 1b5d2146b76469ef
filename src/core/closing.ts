import type { CallbackWatch } from "./callback_watch.ts";
import { ChatBoxError } from "./errors.ts";
import type { Clock, Logger, Store } from "./ports.ts";
import { UnderWay } from "./under_way.ts";

/** What closing a box needs. */
export interface ClosingOptions {
  /** The box's name. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Store;
  readonly watch: CallbackWatch;
  /** For how many milliseconds what is under way is waited for; `Infinity` for as long as it takes. */
  readonly timeoutMs: number;
}

/**
 * The end of a box: first nothing new is begun, then what is under way comes to its end or is no longer waited for, then the store is
 * closed. What was not confirmed by then is still pending there.
 */
export class Closing {
  /** What the end waits for. */
  readonly underWay: UnderWay = new UnderWay();
  readonly #options: ClosingOptions;
  readonly #begun = new AbortController();
  readonly #over = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(options: ClosingOptions) {
    this.#options = options;
  }

  /** Aborted when the end begins; its reason is a `ChatBoxError` with the code `closed`. */
  get begun(): AbortSignal {
    return this.#begun.signal;
  }

  /** Aborted when nothing is waited for any more; its reason is a `ChatBoxError` with the code `closed`. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Closes, once for all who ask. @param signal when aborted, what is under way is no longer waited for, whoever asked first */
  close(signal: AbortSignal | undefined): Promise<void> {
    const { watch, logger, name } = this.#options;
    if (signal?.aborted) this.#stopWaiting();
    signal?.addEventListener("abort", () => this.#stopWaiting(), { once: true, signal: this.over });
    this.#closed ??= this.#end();
    if (!watch.inside) return this.#closed;
    // It cannot wait for the callback from which it is called, and whoever calls must not wait for ever.
    this.#closed.catch((error) => logger.error("Cannot close the store", { box: name, error }));
    return Promise.resolve();
  }

  async #end(): Promise<void> {
    const { clock, logger, name, store, timeoutMs, watch } = this.#options;
    this.#begun.abort(this.#reason());
    const cancel = timeoutMs === Infinity ? undefined : clock.after(timeoutMs, () => this.#stopWaiting());
    await Promise.race([this.underWay.drain(), aborted(this.over)]);
    cancel?.();
    if (this.underWay.size > 0) {
      logger.warn("Closed without waiting for what has not settled: its messages stay in storage", {
        box: name,
        underWay: this.underWay.size,
      });
    }
    this.#stopWaiting();
    watch.close();
    await store.close();
  }

  #stopWaiting(): void {
    this.#over.abort(this.#reason());
  }

  #reason(): ChatBoxError {
    return new ChatBoxError("closed", `Cannot go on: the ChatBox ${this.#options.name} is closed`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
