import type { Clock, Logger } from "../core/mod.ts";

/** How soon listening is tried again after the accept loop has ended, in milliseconds. */
const RELISTEN_MS = 250;

/** Options of {@link Listener}. */
export interface ListenerOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly handler: Deno.ServeHandler<Deno.NetAddr>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps listening: `Deno.serve` stops accepting for good when descriptors run out, so it is begun again. */
export class Listener {
  readonly #options: ListenerOptions;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #stopped = false;

  /** @throws {Deno.errors.AddrInUse} and whatever else keeps it from listening */
  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = this.#serve(options.port);
  }

  /** Where it listens. */
  get address(): Deno.NetAddr {
    return this.#server.addr;
  }

  #serve(port: number): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, handler, logger } = this.#options;
    const server = Deno.serve({
      hostname,
      port,
      onListen: () => {},
      onError: (error) => {
        logger.error("A request failed", { error });
        return new Response("Internal server error\n", { status: 500 });
      },
    }, handler);
    server.finished.then(() => this.#ended(undefined), (error) => this.#ended(error));
    return server;
  }

  #ended(error: unknown): void {
    if (this.#stopped) return;
    this.#options.logger.error("Stopped accepting connections, listening again", { error });
    this.#again(this.address.port);
  }

  #again(port: number): void {
    this.#options.clock.after(RELISTEN_MS, () => {
      if (this.#stopped) return;
      try {
        this.#server = this.#serve(port);
      } catch (error) {
        this.#options.logger.error("Cannot listen yet, trying again", { error });
        this.#again(port);
      }
    });
  }

  /** Accepts nothing more, and waits for what is under way until the signal is aborted. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopped = true;
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#server.shutdown(), aborted]);
  }
}
