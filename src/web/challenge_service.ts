import type { Clock, Logger } from "../core/mod.ts";
import { Listener } from "./listener.ts";

/** RFC 8555 section 8.3. */
const PREFIX = "/.well-known/acme-challenge/";

/** Options of {@link ChallengeService}. */
export interface ChallengeServiceOptions {
  readonly host: string;
  /** The certificate authority asks at port 80. */
  readonly port: number;
  /** Where everyone else is sent, `https://chat.example.com` for example. */
  readonly site: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Plain HTTP beside HTTPS: shows the authority that the name is ours, and sends browsers on. */
export class ChallengeService {
  readonly #answers = new Map<string, string>();
  readonly #listener: Listener;

  /** Begins to listen. @throws {Deno.errors.AddrInUse} and whatever else keeps it from listening */
  constructor({ host, port, site, clock, logger }: ChallengeServiceOptions) {
    this.#listener = new Listener({
      hostname: host,
      port,
      clock,
      logger,
      handler: (request) => this.#answer(request, site),
    });
  }

  /** Where it listens. */
  get address(): Deno.NetAddr {
    return this.#listener.address;
  }

  /** Shows what the authority wants to see. @returns takes it away */
  show(token: string, keyAuthorization: string): () => void {
    this.#answers.set(token, keyAuthorization);
    return () => void this.#answers.delete(token);
  }

  /** Stops listening. */
  stop(signal: AbortSignal): Promise<void> {
    return this.#listener.stop(signal);
  }

  #answer(request: Request, site: string): Response {
    const { pathname, search } = new URL(request.url);
    if (pathname.startsWith(PREFIX)) {
      const answer = this.#answers.get(pathname.slice(PREFIX.length));
      const headers = { "Content-Type": "application/octet-stream", "Cache-Control": "no-store" };
      return new Response(answer ?? "Not found\n", { status: answer === undefined ? 404 : 200, headers });
    }
    return new Response(null, { status: 308, headers: { Location: `${site}${pathname}${search}` } });
  }
}
