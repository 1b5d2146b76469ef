import type { Clock, Logger } from "../core/mod.ts";
import { Assets } from "./assets.ts";
import { Identity, type SessionStore } from "./identity.ts";
import { type Certificate, Listener } from "./listener.ts";
import { isOwnOrigin } from "./origin.ts";
import type { WebMetrics } from "./metrics.ts";
import { metricsPage, type MetricsPageOptions } from "./metrics_page.ts";
import type { Presence } from "./presence.ts";
import { CloseCode, MAX_CONTENT_CODE_POINTS } from "./protocol.ts";
import { makeRoutes, type Readiness } from "./routes.ts";
import { socketPort } from "./socket_port.ts";
import type { VisitorChatBox } from "./visitor_conversation.ts";
import { type SessionContext, VisitorSession } from "./visitor_session.ts";

/** A socket that does not answer a ping within this time, in seconds, is gone. */
const IDLE_TIMEOUT_S = 30;

/** How long a new certificate waits for sockets to close, in milliseconds. */
const RENEW_DEADLINE_MS = 2_000;

/** Options of {@link WebService}. */
export interface WebServiceOptions {
  readonly chatBox: VisitorChatBox;
  readonly sessions: SessionStore;
  /** At least 32 random bytes that stay the same across restarts. */
  readonly identityKey: Uint8Array;
  readonly presence: Presence;
  readonly readiness: () => Readiness;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string | undefined;
  readonly allowedSites?: readonly string[];
  readonly createOn?: "access" | "message";
  readonly name?: string;
  readonly greeting?: string | undefined;
  /** Serves HTTPS with it; plain HTTP when left out. */
  readonly certificate?: Certificate | undefined;
  /** Told what happens; counts nothing when left out. */
  readonly metrics?: WebMetrics;
  /** What `/metrics` shows; there is no such page when left out. */
  readonly metricsPage?: MetricsPageOptions;
}

/** The visitors' side: pages, and a WebSocket a tab. */
export class WebService {
  readonly #options: WebServiceOptions;
  readonly #sessions = new Set<VisitorSession>();
  readonly #context: SessionContext;
  readonly #listener: Listener;
  #stopping = false;
  #onEmpty: (() => void) | undefined;

  /** Begins to listen. @throws {Deno.errors.AddrInUse} and whatever else keeps it from listening */
  constructor(options: WebServiceOptions) {
    const { chatBox, sessions, identityKey, presence, clock, logger, allowedSites = [], name = "ChatBox50" } =
      options;
    this.#options = options;
    this.#context = {
      chatBox,
      identity: new Identity(identityKey, sessions),
      presence,
      clock,
      logger,
      createOn: options.createOn ?? "message",
      limits: { content: MAX_CONTENT_CODE_POINTS, files: 0, fileBytes: 0 },
      ...(options.metrics && { metrics: options.metrics }),
    };
    const routes = makeRoutes({
      assets: Assets.load(),
      name,
      greeting: options.greeting,
      allowedSites,
      readiness: options.readiness,
    });
    this.#listener = new Listener({
      hostname: options.host,
      port: options.port,
      certificate: options.certificate,
      clock,
      logger,
      handler: (request, { remoteAddr }) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/ws") return this.#upgrade(request);
        if (pathname === "/metrics" && options.metricsPage !== undefined) {
          return metricsPage(request, remoteAddr.hostname, options.metricsPage);
        }
        return routes.fetch(request);
      },
    });
  }

  /** Where it listens. */
  get address(): Deno.NetAddr {
    return this.#listener.address;
  }

  /** How many sockets are open. */
  get sockets(): number {
    return this.#sessions.size;
  }

  #upgrade(request: Request): Response {
    if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
      return new Response("This is a WebSocket\n", { status: 426, headers: { Upgrade: "websocket" } });
    }
    if (!isOwnOrigin(request.headers.get("Origin"), request.headers.get("Host"), this.#options.publicUrl)) {
      return new Response("This origin may not open a WebSocket here\n", { status: 403 });
    }
    if (this.#stopping) {
      return new Response("Restarting\n", { status: 503, headers: { "Retry-After": "2" } });
    }
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_TIMEOUT_S });
    const session = new VisitorSession(this.#context, socketPort(socket));
    this.#sessions.add(session);
    this.#options.metrics?.socketOpened();
    const end = (event: Event): void => {
      if (event instanceof CloseEvent) this.#options.metrics?.socketClosed(event.code);
      session.close();
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) this.#onEmpty?.();
    };
    socket.addEventListener("message", (event) => {
      if (!this.#stopping) session.receive(event.data);
    });
    socket.addEventListener("close", end);
    // An error is always followed by a close; what it says is about the network, not about us.
    socket.addEventListener("error", end);
    return response;
  }

  /** Goes on with another certificate. Open sockets come back at once: they are told to, and lose nothing by it. */
  async renew(certificate: Certificate): Promise<void> {
    for (const session of this.#sessions) session.close(CloseCode.restarting, "new certificate");
    // The listener would end them with a code of its own: first they say that they have heard.
    await this.#allClosed(AbortSignal.timeout(RENEW_DEADLINE_MS));
    if (!this.#stopping) this.#listener.renew(certificate);
  }

  /** Accepts no new sockets and reads nothing more from those that are open; what they have sent is still answered. */
  pause(): void {
    this.#stopping = true;
  }

  /** Tells every socket to come back soon, and stops listening; waits for both until the signal is aborted. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const session of this.#sessions) session.close(CloseCode.restarting, "restarting");
    // The listener would end them with a code of its own: first they say that they have heard.
    await this.#allClosed(signal);
    await this.#listener.stop(signal);
  }

  #allClosed(signal: AbortSignal): Promise<void> {
    if (this.#sessions.size === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
