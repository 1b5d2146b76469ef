import type { Clock, Logger } from "../core/mod.ts";
import { answer, forMethod } from "./answers.ts";
import { Assets } from "./assets.ts";
import { AvatarPaths } from "./avatars/avatar_paths.ts";
import { Avatars } from "./avatars/avatars.ts";
import { NO_PICTURES, type StaffPictures } from "./avatars/ports.ts";
import type { VisitorFiles } from "./files/ports.ts";
import { StaffLinks } from "./files/staff_links.ts";
import { NO_TRANSFER_LIMITS, TransferLimits, type TransferSettings } from "./files/transfer_limits.ts";
import { SecurityHeaders } from "./headers.ts";
import { Identity, type IdentityStore, type SessionStore } from "./identity.ts";
import { type ClientAddress, ClientAddresses } from "./limits/client_address.ts";
import { ConnectionCount, type ConnectionLimits } from "./limits/connection_count.ts";
import { ProxyWarnings } from "./limits/proxy_warnings.ts";
import { type LimitSettings, NO_LIMITS, VisitorLimits } from "./limits/visitor_limits.ts";
import { type Certificate, Listener } from "./listener.ts";
import { handshakeFault } from "./handshake.ts";
import { isOwnOrigin, OriginWarnings } from "./origin.ts";
import { NO_WEB_METRICS, type WebMetrics } from "./metrics.ts";
import { metricsPage, type MetricsPageOptions } from "./metrics_page.ts";
import type { Presence } from "./presence.ts";
import { CloseCode, MAX_CONTENT_CODE_POINTS, MAX_FILE_BYTES, MAX_FILES } from "./protocol.ts";
import { makeRoutes, type Readiness } from "./routes.ts";
import { SignIn } from "./sign_in.ts";
import { SignInWarnings } from "./sign_in_warnings.ts";
import { isStillThere, upgrade, whenGone } from "./upgrade.ts";
import type { SessionContext } from "./session/context.ts";
import { socketPort } from "./session/socket_port.ts";
import type { VisitorChatBox } from "./session/visitor_conversation.ts";
import { VisitorSession } from "./session/visitor_session.ts";

/**
 * How many sockets that were turned away may be there until they close. The runtime waits for the other end's word with no limit of
 * time, and each of them holds a descriptor as long as that end is silent, and a frame of up to 64 MiB that it has begun.
 */
const TURNED_AWAY: ConnectionLimits = { all: 64, perAddress: 4 };

/** Where few sockets are allowed, they are few of those, too: one for so many. */
const ATTENDED_FOR_EACH_TURNED_AWAY = 16;

/** How long a new certificate waits for sockets to close, in milliseconds. */
const RENEW_DEADLINE_MS = 2_000;

/** Options of {@link WebService}. */
export interface WebServiceOptions {
  readonly chatBox: VisitorChatBox;
  readonly sessions: SessionStore;
  readonly identities: IdentityStore;
  readonly files: VisitorFiles;
  /** At least 32 random bytes that stay the same across restarts. */
  readonly identityKey: Uint8Array;
  /** Shared with the site's own server, which signs who its visitors are; nobody can sign in without it. */
  readonly identitySecret?: string | undefined;
  /** Where pictures of the staff are; they have none when left out. */
  readonly pictures?: StaffPictures;
  readonly presence: Presence;
  readonly readiness: () => Readiness;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string | undefined;
  /** CIDRs of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; none when left out. */
  readonly trustedProxies?: readonly string[];
  readonly allowedSites?: readonly string[];
  /** How much visitors may do in a time; no limits when left out. */
  readonly limits?: LimitSettings;
  /** How many sockets there may be; no limits when left out. */
  readonly connections?: ConnectionLimits;
  /** How much uploads and downloads may hold; no limits but an hour's time when left out. */
  readonly transfers?: TransferSettings;
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
  readonly #headers: SecurityHeaders;
  readonly #addresses: ClientAddresses;
  readonly #avatars: Avatars;
  readonly #connections: ConnectionCount;
  readonly #turnedAway: ConnectionCount;
  readonly #warnings: ProxyWarnings;
  readonly #originWarnings: OriginWarnings;
  #stopping = false;
  #onEmpty: (() => void) | undefined;

  /** Begins to listen. @throws {Deno.errors.AddrInUse} and whatever else keeps it from listening */
  constructor(options: WebServiceOptions) {
    const { sessions, identities, files, clock, logger, publicUrl, allowedSites = [] } = options;
    this.#options = options;
    const identity = new Identity({ key: options.identityKey, sessions, identities, clock });
    const { pictures = NO_PICTURES } = options;
    const avatarPaths = new AvatarPaths(options.identityKey, pictures);
    this.#avatars = new Avatars({ pictures, clock });
    const rates = new VisitorLimits(options.limits ?? NO_LIMITS, clock);
    this.#context = {
      chatBox: options.chatBox,
      identity,
      signIn: new SignIn(options.identitySecret, clock),
      signInWarnings: new SignInWarnings(logger, clock),
      files,
      rates,
      presence: options.presence,
      clock,
      logger,
      createOn: options.createOn ?? "message",
      avatarPath: avatarPaths.pathOf,
      limits: { content: MAX_CONTENT_CODE_POINTS, files: MAX_FILES, fileBytes: MAX_FILE_BYTES },
      metrics: options.metrics ?? NO_WEB_METRICS,
    };
    const alwaysSecure = options.certificate !== undefined || publicUrl?.startsWith("https:") === true;
    this.#headers = new SecurityHeaders(allowedSites, alwaysSecure);
    this.#addresses = new ClientAddresses(options.trustedProxies ?? []);
    const { connections = { all: 0, perAddress: 0 } } = options;
    this.#connections = new ConnectionCount(connections);
    this.#turnedAway = new ConnectionCount(turnedAwayBeside(connections));
    this.#warnings = new ProxyWarnings(logger);
    this.#originWarnings = new OriginWarnings(logger);
    const routes = makeRoutes({
      assets: Assets.load(),
      name: options.name ?? "ChatBox50",
      greeting: options.greeting,
      readiness: options.readiness,
      identity,
      files,
      avatarPaths,
      avatars: this.#avatars,
      staffLinks: new StaffLinks(options.identityKey),
      isBlocked: (uid) => options.chatBox.worker1.isBlocked(options.chatBox.connection(uid)),
      rates,
      transfers: new TransferLimits(options.transfers ?? NO_TRANSFER_LIMITS, clock),
      clock,
      logger,
    });
    this.#listener = new Listener({
      hostname: options.host,
      port: options.port,
      certificate: options.certificate,
      clock,
      logger,
      handler: async (request, { remoteAddr }) => {
        const client = this.#addresses.of(remoteAddr.hostname, request.headers);
        this.#warnings.request(client);
        const pathname = pathOf(request);
        const response = pathname === undefined
          ? answer("This is no address", { status: 400 })
          : pathname === "/ws"
          ? await this.#upgrade(request, client)
          : pathname === "/metrics" && options.metricsPage !== undefined
          ? await metricsPage(request, remoteAddr.hostname, options.metricsPage)
          : await routes.fetch(request, { client });
        // 101: what goes on from here is no HTTP any more.
        if (response.status === 101) return response;
        return this.#headers.complete(forMethod(request.method, response), client.secure);
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

  async #upgrade(request: Request, client: ClientAddress): Promise<Response> {
    const fault = handshakeFault(request);
    if (fault !== undefined) return fault;
    const { publicUrl } = this.#options;
    const origin = request.headers.get("Origin");
    if (!isOwnOrigin(origin, request.headers.get("Host"), publicUrl)) {
      this.#originWarnings.refused(origin ?? "", publicUrl);
      return answer("This origin may not open a WebSocket here", { status: 403 });
    }
    if (!await isStillThere(request)) return answer("Gone", { status: 400 });
    if (this.#stopping) return answer("Restarting", { status: 503, headers: { "Retry-After": "2" } });
    const attended = this.#connections.enter(client.prefix);
    const leave = attended ?? this.#turnedAway.enter(client.prefix);
    if (attended === undefined) this.#noteTurnedAway(client);
    if (leave === undefined) {
      const headers = { "Retry-After": "60", Connection: "close" };
      return answer("Too many connections", { status: 503, headers });
    }
    const upgraded = upgrade(request);
    if (upgraded === undefined) {
      leave();
      return answer("This is no WebSocket handshake", { status: 400 });
    }
    const { socket, response } = upgraded;
    if (attended === undefined) {
      // A page learns why from the close code of an open socket only; a refused handshake tells it nothing.
      socket.addEventListener("open", () => socket.close(CloseCode.tooMany, "too many connections"));
      whenGone(socket, this.#options.clock, leave);
    } else this.#attend(socket, client, leave);
    return response;
  }

  #noteTurnedAway(client: ClientAddress): void {
    this.#options.metrics?.socketTurnedAway();
    this.#options.logger.debug("Turned a connection away: there are too many", { address: client.prefix });
    this.#warnings.turnedAway(client);
  }

  #attend(socket: WebSocket, { prefix }: ClientAddress, leave: () => void): void {
    const session = new VisitorSession(this.#context, socketPort(socket), prefix);
    this.#sessions.add(session);
    this.#options.metrics?.socketOpened();
    socket.addEventListener("message", (event) => {
      if (!this.#stopping) session.receive(event.data);
    });
    whenGone(socket, this.#options.clock, (code) => {
      if (code !== undefined) this.#options.metrics?.socketClosed(code);
      leave();
      session.close();
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) this.#onEmpty?.();
    });
  }

  /** Goes on with another certificate. Open sockets come back at once: they are told to, and lose nothing by it. */
  async renew(certificate: Certificate): Promise<void> {
    for (const session of this.#sessions) session.close(CloseCode.restarting, "new certificate");
    // The listener would end them with a code of its own: first they say that they have heard.
    await this.#allClosed(AbortSignal.timeout(RENEW_DEADLINE_MS));
    if (this.#stopping) return;
    await this.#listener.renew(certificate);
    this.#options.logger.info("Serving the new certificate");
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
    this.#avatars.stop();
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

/** The address is made of the Host header and the path as they came; Deno's getters throw on what makes none. */
function pathOf(request: Request): string | undefined {
  try {
    return new URL(request.url).pathname;
  } catch {
    return undefined;
  }
}

function turnedAwayBeside({ all }: ConnectionLimits): ConnectionLimits {
  if (all === 0) return TURNED_AWAY;
  const few = Math.ceil(all / ATTENDED_FOR_EACH_TURNED_AWAY);
  return { ...TURNED_AWAY, all: Math.min(TURNED_AWAY.all, few) };
}
