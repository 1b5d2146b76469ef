import { type Clock, systemClock } from "../core/mod.ts";

/** What systemd says to a service, see https://www.freedesktop.org/software/systemd/man/sd_notify.html */
export interface SupervisorOptions {
  /** WATCHDOG_USEC: how long it waits for a sign of life, in microseconds. */
  readonly watchdogUsec: string | undefined;
  /** WATCHDOG_PID: the process that is meant. */
  readonly watchdogPid: string | undefined;
  /** This process. */
  readonly pid: number;
  /** Sends one message of one line. */
  readonly send: (message: string) => void;
  readonly clock?: Clock;
}

/** Tells systemd that the server is ready, alive and stopping. Signs of life come from the event loop: one that hangs gives none. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  #cancel: () => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The server answers. @param status one line for `systemctl status` */
  ready(status: string): void {
    // Deno writes what stands before a line's end by itself, so a message has one line.
    this.#options.send(`STATUS=${status}`);
    this.#options.send("READY=1");
    const everyMs = this.#watchdogMs() / 2;
    if (everyMs > 0) this.#beat(everyMs);
  }

  /** The server is on its way down; what it has to finish is not cut short by the watchdog. */
  stopping(): void {
    this.#options.send("STOPPING=1");
  }

  /** No more signs of life. */
  end(): void {
    this.#cancel();
  }

  #beat(everyMs: number): void {
    this.#options.send("WATCHDOG=1");
    this.#cancel = this.#clock.after(everyMs, () => this.#beat(everyMs));
  }

  #watchdogMs(): number {
    const { watchdogUsec, watchdogPid, pid } = this.#options;
    if (watchdogPid !== undefined && watchdogPid !== String(pid)) return 0;
    const usec = Number(watchdogUsec ?? 0);
    return Number.isSafeInteger(usec) && usec > 0 ? usec / 1000 : 0;
  }
}
