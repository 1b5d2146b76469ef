import type { Clock, Logger } from "../core/mod.ts";
import { answer } from "./answers.ts";

/** How soon listening is tried again after the accept loop has ended, in milliseconds. */
const RELISTEN_MS = 250;

/** How long a change of the certificate waits for answers that are on their way, in milliseconds. */
const ANSWERS_MS = 5_000;

/** How long the last bytes of an answer may be on their way after Deno calls it complete, in milliseconds. */
const LAST_BYTES_MS = 100;

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
  #renewals = 0;
  /** Ends the server of now at once, its open connections included. */
  #cut = new AbortController();
  /** Requests whose answers are on their way. */
  #underWay = 0;
  #onUnderWay: () => void = () => {};

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
    this.#cut = new AbortController();
    const server = Deno.serve({
      hostname,
      port,
      signal: this.#cut.signal,
      ...this.#certificate,
      onListen: () => {},
      onError: (error) => {
        logger.error("A request failed", { error });
        return answer("Internal server error", { status: 500 });
      },
    }, (request, info) => {
      this.#countRequest(1);
      info.completed.then(() => this.#countRequest(-1), () => this.#countRequest(-1));
      return handler(request, info);
    });
    server.finished.then(() => this.#ended(server, undefined), (error) => this.#ended(server, error));
    return server;
  }

  #countRequest(change: 1 | -1): void {
    this.#underWay += change;
    this.#onUnderWay();
  }

  /** Waits until every request is answered, or for as long as that may take. */
  async #quiet(): Promise<void> {
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancelLimit = clock.after(ANSWERS_MS, resolve);
    let cancelLast = (): void => {};
    const look = (): void => {
      cancelLast();
      cancelLast = this.#underWay === 0 ? clock.after(LAST_BYTES_MS, resolve) : (): void => {};
    };
    this.#onUnderWay = look;
    look();
    await promise;
    cancelLimit();
    cancelLast();
  }

  /**
   * Goes on with another certificate. `Deno.serve` has no way to change it, so it ends and begins again on the same port at once;
   * requests that are under way are answered before. The end is a cut, not `shutdown()`: on Deno 2.6 that leaves a request for ever
   * without an answer which comes in the same moment by an open HTTP/2 connection, and then never ends itself. A cut fails it, and whoever
   * asked, asks again.
   */
  async renew(certificate: Certificate): Promise<void> {
    const renewal = ++this.#renewals;
    const old = this.#server;
    const cut = this.#cut;
    const { port } = old.addr;
    this.#certificate = certificate;
    await this.#quiet();
    // Another change came meanwhile, and goes on by itself; or listening began again, with this certificate.
    if (renewal !== this.#renewals || old !== this.#server || this.#stopped) return;
    this.#onUnderWay = (): void => {};
    this.#renewing = old;
    cut.abort();
    // However it ended: it begins again.
    await old.finished.catch(() => {});
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
