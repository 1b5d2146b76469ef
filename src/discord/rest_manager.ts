import { createRestManager, type RequestMethods, type RestManager } from "@discordeno/bot";
import type { Clock, Logger } from "../core/mod.ts";
import { DiscordRefusal, DiscordUnreachable, wordsOf } from "./errors.ts";
import { InvalidRequests } from "./invalid_requests.ts";
import { type DiscordMetrics, NO_DISCORD_METRICS } from "./metrics.ts";
import type { Upload } from "./ports.ts";
import { RateLimitQueues } from "./rate_limit_queues.ts";
import { watched } from "./rest_watch.ts";
import { TokenWatch } from "./token_watch.ts";
import { whyUnreachable } from "./unreachable.ts";
import { unlessAborted, wait } from "./waiting.ts";

/** How long one attempt may take, its answer's body included, in milliseconds. discordeno itself waits for ever. */
const ATTEMPT_TIMEOUT_MS = 15_000;

/**
 * How often discordeno tries again after a 429 by itself. Its own default is for ever, and without a pause where the
 * answer names none; we give the delivery back instead, which waits with backoff.
 */
const MAX_RATE_LIMIT_RETRIES = 1;

/** Once the global limit was met: 40 requests a second for ten minutes, below Discord's 50. */
const PACE_MS = 25;
const PACED_FOR_MS = 600_000;

/** An edge server in front of Discord refuses without a word of Discord's own: how long it is left alone, in milliseconds. */
const EDGE_WAIT_MS = 60_000;

/** The stop before a ban is over for the log when less than this of what is allowed was refused lately, so that it is told once. */
const CALM = 0.9;

const STOPPED = "Discord has refused so much that more would ban this address, waiting";

/** The status that discordeno gives where there is none. */
const NO_ANSWER = 999;

/** A longest wait for a queue whose limit has been used up; what takes longer is refused, to be tried again. */
const MAX_QUEUE_WAIT_MS = 60_000;

/** The same for an attempt that uploads. */
const UPLOAD_TIMEOUT_MS = 120_000;

type CreateBody = NonNullable<NonNullable<Parameters<RestManager["makeRequest"]>[2]>["body"]>;

/** Options of {@link RestCaller}. */
export interface RestCallerOptions {
  readonly token: string;
  /** Discord's own when left out; with or without `/v10`. */
  readonly apiUrl?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long one attempt may take, in milliseconds; {@link ATTEMPT_TIMEOUT_MS} when left out. */
  readonly attemptTimeoutMs?: number;
  /** Told what is sent and what waits. */
  readonly metrics?: DiscordMetrics;
  /** Told once when Discord refuses the token for good; every call fails from then on. */
  readonly onTokenRefused?: () => void;
  /** How many refusals are allowed in ten minutes; half of Discord's limit when left out. */
  readonly invalidRequestLimit?: number;
}

/** What a request carries. */
export interface CallOptions {
  /** JSON, in Discord's own spelling. */
  readonly body?: Readonly<Record<string, unknown>> | readonly unknown[];
  readonly files?: readonly Upload[];
  /** The route has a secret of its own: the bot's is not sent, and a 401 says nothing about it. */
  readonly anonymous?: boolean;
}

/**
 * Makes discordeno's calls reliable: every call ends, in an answer or in one of our two errors. Its rate-limit queues do
 * their work; calls of the same queue are handed over one at a time, because it polls once a second when a second call
 * meets an empty one.
 */
export class RestCaller {
  readonly #rest: RestManager;
  readonly #options: RestCallerOptions;
  readonly #queues = new RateLimitQueues();
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #token: TokenWatch;
  readonly #invalid: InvalidRequests;
  #toldOfStop = false;
  #pausedUntil = 0;
  #pacedUntil = 0;
  #nextSlot = 0;

  constructor(options: RestCallerOptions) {
    this.#options = options;
    const { token, apiUrl, logger } = options;
    this.#token = new TokenWatch(() => this.#isTokenRefused(), () => options.onTokenRefused?.());
    this.#invalid = new InvalidRequests(options.invalidRequestLimit);
    // The application's id is known from READY; given here, discordeno does not try to read it from the token.
    const rest = this.#rest = createRestManager({ token, applicationId: "0", logger: quiet(logger) });
    // Not `proxy.baseUrl`: that would switch the rate-limit queues off.
    if (apiUrl !== undefined) rest.baseUrl = apiUrl.replace(/\/+$/, "").replace(/\/v\d+$/, "");
    rest.maxRetryCount = MAX_RATE_LIMIT_RETRIES;
    rest.queues = this.#queues;
    this.#tame(rest);
  }

  get #metrics(): DiscordMetrics {
    return this.#options.metrics ?? NO_DISCORD_METRICS;
  }

  /** discordeno's manager is made of functions that are meant to be replaced. */
  #tame(rest: RestManager): void {
    const { createRequestBody, processHeaders } = rest;
    const sendRequest = watched(rest.sendRequest, {
      requested: (method, route, status, ms) => {
        this.#invalid.answered(status, this.#options.clock.now());
        this.#tellOfStop();
        this.#metrics.requested(method, route, status, ms);
      },
    });
    rest.createRequestBody = (method, options) => {
      const limitMs = this.#timeoutMs(options?.files !== undefined);
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(limitMs)]);
      const request = createRequestBody.call(rest, method, options);
      // A nonce makes it safe to send again what `fetch` finds lost; nothing makes it safe for any other POST.
      const once = method === "POST" && !isNonced(options?.body);
      return Object.assign(request, { signal }, once && readableOnce(request));
    };
    rest.processHeaders = (url, headers, identifier) => {
      this.#learn(headers);
      return processHeaders(url, headers, identifier);
    };
    // Its own looks again every second until the last limit has passed, stop or not.
    rest.processRateLimitedPaths = () => {
      const now = Date.now();
      for (const [key, { resetTimestamp }] of rest.rateLimitedPaths) {
        if (resetTimestamp <= now) rest.rateLimitedPaths.delete(key);
      }
    };
    // An answer that breaks off throws in here and is dropped by the queue: the call would never end.
    rest.sendRequest = async (request) => {
      const { reject } = request;
      // When the network fails it rejects with a guess of its own, and throws what has happened: that is what counts.
      request.reject = (reason) => {
        if (reason.status !== NO_ANSWER || "thrown" in reason) reject(reason);
      };
      try {
        await sendRequest(request);
      } catch (thrown) {
        reject(Object.assign({ ok: false, status: NO_ANSWER }, { thrown }));
      }
    };
  }

  #timeoutMs(uploads: boolean): number {
    const timeoutMs = this.#options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS;
    return uploads ? Math.max(timeoutMs, UPLOAD_TIMEOUT_MS) : timeoutMs;
  }

  #learn(headers: Headers): void {
    const now = this.#options.clock.now();
    const retryAfterMs = Number(headers.get("retry-after") ?? 0) * 1000;
    // discordeno heeds the bucket's headers only; an edge server in front of Discord sends this one alone.
    if (retryAfterMs > 0 && !headers.has("x-ratelimit-reset-after")) {
      this.#pausedUntil = Math.max(this.#pausedUntil, now + retryAfterMs);
    }
    if (headers.has("x-ratelimit-global")) this.#pacedUntil = now + PACED_FOR_MS;
  }

  /**
   * Makes one call.
   *
   * @param action what it does, for errors: "Cannot <action>"
   * @throws {DiscordRefusal} when Discord says no
   * @throws {DiscordUnreachable} when it could not be asked or did not answer
   */
  call(
    action: string,
    method: RequestMethods,
    route: `/${string}`,
    options: CallOptions = {},
  ): Promise<unknown> {
    const key = `Bot ${this.#options.token}${this.#rest.simplifyUrl(route, method)}`;
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(() => this.#attempt(action, method, route, key, options));
    const tail = result.catch(() => {}).then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return result;
  }

  async #attempt(
    action: string,
    method: RequestMethods,
    route: `/${string}`,
    key: string,
    { body, files, anonymous = false }: CallOptions,
  ): Promise<unknown> {
    await this.#demandToken(action);
    this.#demandOpen(action);
    await this.#pace();
    await this.#queueOpen(action, key);
    await this.#demandToken(action);
    this.#demandOpen(action);
    try {
      const answer = this.#rest.makeRequest(method, route, {
        // discordeno's type knows objects only; it serialises lists as well.
        ...(body !== undefined && { body: (Array.isArray(body) ? [...body] : { ...body }) as CreateBody }),
        ...(files !== undefined && { files: [...files] }),
        ...(anonymous && { unauthorized: true }),
      });
      return await unlessAborted(answer, this.#closing.signal);
    } catch (error) {
      const translated = this.#translate(action, error, this.#timeoutMs(files !== undefined));
      const unauthorized = !anonymous && translated instanceof DiscordRefusal && translated.status === 401;
      if (!unauthorized || await this.#token.suspect()) throw translated;
      throw new DiscordUnreachable(action, 401, "although the token is good", { sent: false });
    } finally {
      this.#reopen(key);
    }
  }

  /**
   * An answer without rate-limit headers, or none at all, leaves discordeno's queue closed with nothing that would open it again.
   * Only one call is in a queue at a time, so the one that it was closed for has ended.
   */
  #reopen(key: string): void {
    const queue = this.#queues.get(key);
    if (queue === undefined || queue.remaining > 0 || queue.interval !== 0 || queue.timeoutId !== undefined) {
      return;
    }
    queue.remaining = queue.max;
  }

  #demandOpen(action: string): void {
    if (this.#closing.signal.aborted) {
      throw new DiscordUnreachable(action, undefined, "stopping", { sent: false });
    }
    const now = this.#options.clock.now();
    const waitMs = this.#pausedUntil - now;
    if (waitMs > 0) {
      throw new DiscordUnreachable(action, 429, "paused", { retryAfterMs: waitMs, sent: false });
    }
    const retryAfterMs = this.#invalid.waitMs(now);
    this.#tellOfStop();
    if (retryAfterMs > 0) {
      throw new DiscordUnreachable(action, undefined, STOPPED, { retryAfterMs, sent: false });
    }
  }

  /** Why no call goes out at present although Discord can be reached, for the operator; `undefined` when calls go out. */
  get stopped(): string | undefined {
    return this.#invalid.waitMs(this.#options.clock.now()) > 0 ? STOPPED : undefined;
  }

  #tellOfStop(): void {
    const { logger, clock } = this.#options;
    const now = clock.now();
    if (!this.#toldOfStop && this.stopped !== undefined) {
      this.#toldOfStop = true;
      logger.error(
        "Every call to Discord waits, because more refusals (401, 403, 429) would ban this address; look for what is refused",
        { waitMs: this.#invalid.waitMs(now) },
      );
    } else if (this.#toldOfStop && this.stopped === undefined && this.#invalid.share(now) <= CALM) {
      this.#toldOfStop = false;
      logger.info("Calls to Discord go out again");
    }
  }

  async #demandToken(action: string): Promise<void> {
    if (await this.#token.refused()) {
      throw new DiscordRefusal(action, 401, 0, "the token was refused before");
    }
  }

  /** Asks who the bot is, which every token may that is good for anything. */
  async #isTokenRefused(): Promise<boolean> {
    try {
      await unlessAborted(this.#rest.makeRequest("GET", "/users/@me"), this.#closing.signal);
      return false;
    } catch (error) {
      const answer = this.#translate("check the token", error, this.#timeoutMs(false));
      return answer instanceof DiscordRefusal && answer.status === 401;
    }
  }

  async #pace(): Promise<void> {
    const now = this.#options.clock.now();
    if (now >= this.#pacedUntil) return;
    this.#nextSlot = Math.max(now, this.#nextSlot) + PACE_MS;
    await this.#delay("global", this.#nextSlot - now);
  }

  /** Waits as long as the queue says, instead of discordeno's whole seconds. */
  async #queueOpen(action: string, key: string): Promise<void> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const queue = this.#queues.get(key);
      if (queue === undefined || queue.isRequestAllowed()) return;
      const waitMs = this.#rest.checkRateLimits(key, "") || 0;
      if (waitMs > MAX_QUEUE_WAIT_MS) {
        throw new DiscordUnreachable(action, 429, "limited", { retryAfterMs: waitMs, sent: false });
      }
      await this.#delay("route", waitMs);
    }
  }

  #delay(reason: "route" | "global", waitMs: number): Promise<void> {
    this.#metrics.waited(reason, waitMs);
    return wait(waitMs, this.#options.clock, this.#closing.signal);
  }

  #translate(action: string, error: unknown, timeoutMs: number): Error {
    const cause = error instanceof Error ? error.cause : undefined;
    const { status = NO_ANSWER, body, thrown = error } = (cause ?? {}) as {
      status?: number;
      body?: string;
      thrown?: unknown;
    };
    if (status === 429) {
      const retryAfterMs = Math.max(0, this.#pausedUntil - this.#options.clock.now());
      return new DiscordUnreachable(action, 429, "limited", {
        sent: false,
        ...(retryAfterMs > 0 && { retryAfterMs }),
      });
    }
    if (status === NO_ANSWER) {
      const { reason, sent } = whyUnreachable(thrown, new URL(this.#rest.baseUrl).host, timeoutMs);
      return new DiscordUnreachable(action, undefined, reason, { sent });
    }
    if (status >= 500) {
      return new DiscordUnreachable(action, status, "an error of its own", { sent: true });
    }
    const { code, message } = parse(body);
    if (status === 403 && code === 0) {
      return new DiscordUnreachable(action, status, "which is not Discord's own answer", {
        retryAfterMs: EDGE_WAIT_MS,
        sent: false,
      });
    }
    return new DiscordRefusal(action, status, code, message);
  }

  /** Ends calls, and discordeno's timers. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#tails.values());
    // A queue sets its timer after it has given the answer.
    await new Promise<void>((resolve) => this.#options.clock.after(0, resolve));
    this.#queues.stop();
    this.#rest.rateLimitedPaths.clear();
  }
}

function parse(body: string | undefined): { code: number; message: string } {
  try {
    const { code, message, errors } = JSON.parse(body ?? "");
    const said = [String(message), ...wordsOf(errors)].join("; ").slice(0, 300);
    return { code: typeof code === "number" ? code : 0, message: said };
  } catch {
    return { code: 0, message: "without a reason" };
  }
}

function isNonced(body: unknown): boolean {
  return typeof body === "object" && body !== null && "nonce" in body;
}

type RequestBody = ReturnType<RestManager["createRequestBody"]>;

/**
 * A body that cannot be read twice, so cannot be sent twice: Deno's `fetch` sends a request again by itself when a connection that
 * was used before breaks, even after all of it was sent.
 */
function readableOnce({ body, headers }: RequestBody): Pick<RequestInit, "body" | "headers"> {
  if (body === undefined) return {};
  const { body: stream, headers: own } = new Response(body);
  // `fetch` knows the body of a response, and would send that again; a form names its boundary in the header.
  return {
    body: stream?.pipeThrough(new TransformStream()) ?? null,
    headers: { "content-type": own.get("content-type") ?? "", ...headers },
  };
}

type DiscordenoLogger = Pick<RestManager["logger"], "debug" | "info" | "warn" | "error" | "fatal">;

/** discordeno's own lines: their debug level holds message texts, so only warnings and errors pass, as debug lines. */
export function quiet(logger: Logger): DiscordenoLogger {
  const pass = (...args: unknown[]): void => {
    const [first] = args;
    const said = first instanceof Error ? first.name : String(first).slice(0, 300);
    logger.debug("discordeno says", { said });
  };
  return { debug: () => {}, info: () => {}, warn: pass, error: pass, fatal: pass };
}
