import type { Clock, Logger } from "../core/mod.ts";
import { answer } from "./answers.ts";

/** How soon listening is tried again after the accept loop has ended, in milliseconds. */
const RELISTEN_MS = 250;

/** A certificate chain and its private key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Options of {@link Listener}. */
export interface ListenerOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly handler: Deno.ServeHandler<Deno.NetAddr>;
  /** Serves HTTPS with it; plain HTTP when left out. */
  readonly certificate?: Certificate | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps listening: `Deno.serve` stops accepting for good when descriptors run out, so it is begun again. */
export class Listener {
  readonly #options: ListenerOptions;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #stopped = false;
  #certificate: Certificate | undefined;
  #renewing: Deno.HttpServer<Deno.NetAddr> | undefined;

  /** @throws {Deno.errors.AddrInUse} and whatever else keeps it from listening */
  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
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
      ...this.#certificate,
      onListen: () => {},
      onError: (error) => {
        logger.error("A request failed", { error });
        return answer("Internal server error", { status: 500 });
      },
    }, handler);
    server.finished.then(() => this.#ended(server, undefined), (error) => this.#ended(server, error));
    return server;
  }

  /**
   * Goes on with another certificate. `Deno.serve` has no way to change it, so it ends and begins again on the same port at once;
   * requests that are under way are answered.
   */
  async renew(certificate: Certificate): Promise<void> {
    const old = this.#server;
    const { port } = old.addr;
    this.#certificate = certificate;
    this.#renewing = old;
    await old.shutdown();
    // Another change came meanwhile, and begins by itself.
    if (this.#renewing !== old) return;
    this.#renewing = undefined;
    this.#begin(port);
  }

  #ended(server: Deno.HttpServer<Deno.NetAddr>, error: unknown): void {
    if (this.#stopped || server === this.#renewing || server !== this.#server) return;
    this.#options.logger.error("Stopped accepting connections, listening again", { error });
    this.#again(this.address.port);
  }

  #again(port: number): void {
    this.#options.clock.after(RELISTEN_MS, () => this.#begin(port));
  }

  #begin(port: number): void {
    if (this.#stopped) return;
    try {
      this.#server = this.#serve(port);
    } catch (error) {
      this.#options.logger.error("Cannot listen yet, trying again", { error });
      this.#again(port);
    }
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
