/** Takes a request through everything Discord would: version, route, limits, token, body, handler. And misfortune. */
import { DiscordError } from "../errors.ts";
import type { FaultAction, Faults, RequestInfo } from "../faults.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { readBody, type RequestBody } from "../http/body.ts";
import { Form } from "../http/form.ts";
import { type RateLimits, type RateLimitVerdict, refusal } from "../rate_limits.ts";
import type { World } from "../world.ts";
import type { OtherBots } from "./other_bots.ts";
import { checkIds, type RouteMatch, Router } from "./router.ts";
import { ROUTES } from "./routes.ts";

/** One request, as a test may look at it afterwards. */
export interface LoggedRequest extends RequestInfo {
  readonly at: number;
  readonly headers: Headers;
  /** Names of the uploaded files. */
  readonly files: readonly string[];
  /** 0 until it is answered, -1 when the answer was lost on purpose. */
  status: number;
}

/** What the REST server works with. */
export interface RestServerOptions {
  readonly world: World;
  readonly gateway: Gateway;
  readonly faults: Faults;
  readonly limits: RateLimits;
  readonly token: string;
  readonly others: OtherBots;
  /** Cuts the connection that a request came on. */
  readonly cutLine: (port: number) => void;
}

/** Kept for tests; older ones are dropped. */
const MAX_LOGGED = 50_000;
/** Time for half an answer to get through the relay. */
const TRUNCATE_AFTER_MS = 30;
const INVALID_WINDOW_MS = 10 * 60_000;
/** An answer nobody will get. */
const LOST = -1;

/** Discord's REST. */
export class RestServer {
  /** Every request so far, oldest first. */
  requests: LoggedRequest[] = [];
  /** Answers of 401, 403 and 429 so far, 10,000 of which in ten minutes get an address banned. */
  invalidRequests = 0;
  readonly #closed = Promise.withResolvers<void>();
  readonly #invalidAt: number[] = [];
  /** Answers 503 to everything when set. */
  outage = false;
  readonly #options: RestServerOptions;
  readonly #router = new Router(ROUTES);

  /** @param options what it works with */
  constructor(options: RestServerOptions) {
    this.#options = options;
  }

  /**
   * @param request one that begins with an API version
   * @param version as in the path, as `v10`
   * @param path below the version
   * @param port the TCP port of the other end
   * @returns the answer
   */
  async handle(request: Request, version: string, path: string, port: number): Promise<Response> {
    const { world } = this.#options;
    const url = new URL(request.url);
    const match = this.#router.match(request.method, path);
    const read = await this.#read(request);
    const logged: LoggedRequest = {
      at: world.clock.now(),
      method: request.method,
      path,
      route: match.found ? match.route.template : path,
      query: url.searchParams,
      headers: request.headers,
      body: read instanceof DiscordError ? undefined : read.json,
      files: read instanceof DiscordError ? [] : [...read.files.values()].map((file) => file.name),
      status: 0,
    };
    this.requests.push(logged);
    if (this.requests.length > MAX_LOGGED) this.requests = this.requests.slice(MAX_LOGGED / 2);
    world.changed();
    const fault = this.#options.faults.take(logged);
    if (fault !== undefined) world.transcript.add("fault", `${fault.kind} for ${logged.method} ${path}`);
    const early = await this.#before(fault, port);
    const response = early ??
      await this.#after(fault, port, this.#answer(request, version, logged, match, read));
    logged.status = fault?.kind === "drop" || fault?.kind === "lose" ? LOST : response.status;
    if ([401, 403, 429].includes(response.status)) {
      this.invalidRequests++;
      this.#invalidAt.push(world.clock.now());
    }
    world.transcript.add("rest", `${logged.method} ${path}${url.search} ${logged.status}`);
    world.changed();
    return response;
  }

  async #read(request: Request): Promise<RequestBody | DiscordError> {
    try {
      return await readBody(request);
    } catch (error) {
      if (error instanceof DiscordError) return error;
      return new DiscordError("invalidForm");
    }
  }

  #answer(
    request: Request,
    version: string,
    logged: LoggedRequest,
    match: RouteMatch,
    read: RequestBody | DiscordError,
  ): Response {
    const { world, gateway, limits } = this.#options;
    if (this.outage) {
      return new Response("upstream connect error or disconnect/reset before headers", { status: 503 });
    }
    if (this.#isBanned()) {
      world.transcript.add("loud", "TOO MANY INVALID REQUESTS: Discord bans the address");
      return new Response("error code: 1015", { status: 429, headers: { "retry-after": "600" } });
    }
    if (!match.found) {
      world.transcript.add(
        "loud",
        `UNKNOWN ROUTE ${logged.method} ${logged.path}: not simulated, answered ${match.error}`,
      );
      return json(new DiscordError(match.error));
    }
    const params = match.params;
    const major = params["channel_id"] ?? params["guild_id"] ?? params["webhook_id"] ?? "";
    const renames = logged.method === "PATCH" && logged.route === "/channels/:channel_id" &&
      isRename(logged.body);
    const verdict = limits.check({ method: logged.method, route: logged.route, major, renames });
    if (verdict.refused !== undefined) return tooMany(verdict);
    try {
      if (version !== "v10") throw new DiscordError("invalidApiVersion");
      const seen = match.route.open ? world : this.#authorize(request);
      if (read instanceof DiscordError) throw read;
      checkIds(params);
      const reply = match.route.handler({
        ...logged,
        world: seen,
        gateway,
        params,
        form: new Form(read.json),
        files: read.files,
      });
      if (reply.body === undefined) {
        return new Response(null, { status: reply.status ?? 204, headers: verdict.headers });
      }
      return Response.json(reply.body, { status: reply.status ?? 200, headers: verdict.headers });
    } catch (error) {
      if (error instanceof DiscordError) return json(error, verdict.headers);
      const stack = error instanceof Error ? error.stack : String(error);
      world.transcript.add(
        "loud",
        `the simulator itself failed at ${logged.method} ${logged.path}: ${stack}`,
      );
      return json(new DiscordError("internal"), verdict.headers);
    }
  }

  /** @see https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans */
  #isBanned(): boolean {
    const { clock, limits } = this.#options.world;
    const since = clock.now() - INVALID_WINDOW_MS;
    while ((this.#invalidAt[0] ?? Infinity) <= since) this.#invalidAt.shift();
    return this.#invalidAt.length >= limits.invalidRequests;
  }

  /** Gives the world as whoever asks finds it. */
  #authorize(request: Request): World {
    const { token, gateway, others, world } = this.#options;
    const given = request.headers.get("authorization");
    if (given === `Bot ${token}` && !gateway.tokenReset) return world;
    const seen = others.worldOf(given);
    if (seen === undefined) throw new DiscordError("unauthorized");
    return seen;
  }

  /** Requests that a fault holds back end now. */
  close(): void {
    this.#closed.resolve();
  }

  async #unlessClosed(promise: Promise<unknown>): Promise<void> {
    await Promise.race([promise.catch(() => {}), this.#closed.promise]);
  }

  /** Misfortune before anything is done. */
  async #before(fault: FaultAction | undefined, port: number): Promise<Response | undefined> {
    if (fault?.kind === "delay") await this.#unlessClosed(fault.until);
    if (fault?.kind === "drop") {
      this.#options.cutLine(port);
      return new Response(null, { status: 500 });
    }
    if (fault?.kind !== "status") return undefined;
    if (fault.status === 429 && fault.body === undefined) {
      const seconds = fault.retryAfterS ?? 1;
      const headers = {
        "x-ratelimit-reset-after": seconds.toFixed(3),
        "x-ratelimit-scope": "shared",
        ...fault.headers,
      };
      return tooMany(refusal(seconds * 1000, false, headers));
    }
    const body = fault.body ?? { message: `${fault.status}: Scripted`, code: 0 };
    const init = { status: fault.status, headers: { ...fault.headers } };
    return typeof body === "string" ? new Response(body, init) : Response.json(body, init);
  }

  /** Misfortune after it is done. */
  async #after(fault: FaultAction | undefined, port: number, response: Response): Promise<Response> {
    if (fault?.kind === "late") await this.#unlessClosed(fault.until);
    if (fault?.kind === "lose") this.#options.cutLine(port);
    if (fault?.kind !== "truncate") return response;
    if (response.body === null) {
      // Of an answer without a body there is no half.
      this.#options.cutLine(port);
      return response;
    }
    const bytes = await response.bytes();
    const half = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.subarray(0, Math.floor(bytes.length / 2))),
      pull: () => {
        // Asked for more, so the first half is on its way; the line is cut where the server behind can't take it back.
        setTimeout(() => this.#options.cutLine(port), TRUNCATE_AFTER_MS);
        return new Promise(() => {});
      },
    }, { highWaterMark: 0 });
    return new Response(half, { status: response.status, headers: response.headers });
  }
}

function isRename(body: unknown): boolean {
  return typeof body === "object" && body !== null && ("name" in body || "topic" in body);
}

function json(error: DiscordError, headers: Record<string, string> = {}): Response {
  return Response.json(error.toBody(), { status: error.status, headers });
}

function tooMany(verdict: RateLimitVerdict): Response {
  const { retryAfterS = 1, global = false } = verdict.refused ?? {};
  const body = { message: "You are being rate limited.", retry_after: retryAfterS, global };
  return Response.json(body, { status: 429, headers: verdict.headers });
}
