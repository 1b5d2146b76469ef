import type { Clock, Logger } from "../../core/mod.ts";
import { BanStop, STOPPED } from "./ban_stop.ts";
import type { Bucket } from "./bucket.ts";
import { Buckets } from "./buckets.ts";
import { DiscordRefusal, DiscordUnreachable } from "../errors.ts";
import { failureOf } from "./failed_call.ts";
import { type DiscordMetrics, NO_DISCORD_METRICS } from "../metrics.ts";
import type { Upload } from "../ports.ts";
import { RateLimitQueues } from "./rate_limit_queues.ts";
import { sharedLimit } from "./shared_routes.ts";
import { type TamedManager, tamedManager } from "./tamed_manager.ts";
import { TokenWatch } from "./token_watch.ts";
import { unlessAborted, wait } from "../waiting.ts";

/** How long one attempt may take, its answer's body included, in milliseconds. discordeno itself waits for ever. */
const ATTEMPT_TIMEOUT_MS = 15_000;

/** The same for an attempt that uploads. */
const UPLOAD_TIMEOUT_MS = 120_000;

/** Once the global limit was met: 40 requests a second for ten minutes, below Discord's 50. */
const PACE_MS = 25;
const PACED_FOR_MS = 600_000;

/** A longest wait for a queue whose limit has been used up; what takes longer is refused, to be tried again. */
const MAX_QUEUE_WAIT_MS = 60_000;

type Request = Parameters<TamedManager["makeRequest"]>;
type Method = Request[0];
type Body = NonNullable<NonNullable<Request[2]>["body"]>;

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

/** A call as it is made. */
interface Call {
  readonly action: string;
  readonly method: Method;
  readonly route: `/${string}`;
  readonly options: CallOptions;
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
 * their work for what is one thread's own; calls of the same queue are handed over one at a time, because it polls once a second
 * when a second call meets an empty one. It waits for each answer before it sends the next call, so what conversations share goes
 * past its queues, through buckets.
 */
export class RestCaller {
  readonly #rest: TamedManager;
  readonly #options: RestCallerOptions;
  readonly #queues = new RateLimitQueues();
  readonly #buckets: Buckets;
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #besideEachOther = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #token: TokenWatch;
  readonly #banStop: BanStop;
  #pausedUntil = 0;
  #pacedUntil = 0;
  #nextSlot = 0;

  constructor(options: RestCallerOptions) {
    this.#options = options;
    const { token, apiUrl, clock, logger } = options;
    this.#token = new TokenWatch(() => this.#isTokenRefused(), () => options.onTokenRefused?.());
    this.#banStop = new BanStop({ clock, logger, limit: options.invalidRequestLimit });
    this.#buckets = new Buckets(clock);
    this.#rest = tamedManager({
      token,
      apiUrl,
      logger,
      queues: this.#queues,
      signal: this.#closing.signal,
      timeoutMs: (uploads) => this.#timeoutMs(uploads),
      requested: (method, route, status, ms) => {
        this.#banStop.answered(status);
        this.#metrics.requested(method, route, status, ms);
      },
      onHeaders: (limit, headers) => {
        this.#learn(headers);
        this.#buckets.learn(limit, headers);
      },
    });
  }

  get #metrics(): DiscordMetrics {
    return this.#options.metrics ?? NO_DISCORD_METRICS;
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
    method: Method,
    route: `/${string}`,
    options: CallOptions = {},
  ): Promise<unknown> {
    const limit = sharedLimit(method, route);
    const request = { action, method, route, options };
    return limit === undefined ? this.#inTurn(request) : this.#beside(request, this.#buckets.of(limit));
  }

  #inTurn(request: Call): Promise<unknown> {
    const key = `Bot ${this.#options.token}${this.#rest.simplifyUrl(request.route, request.method)}`;
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(() => this.#queued(request, key));
    const tail = result.catch(() => {}).then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return result;
  }

  async #queued(request: Call, key: string): Promise<unknown> {
    const { action } = request;
    await this.#demandToken(action);
    this.#demandOpen(action);
    await this.#pace();
    await this.#queueOpen(action, key);
    await this.#demandToken(action);
    this.#demandOpen(action);
    try {
      return await this.#send(request, true);
    } finally {
      this.#reopen(key);
    }
  }

  #beside(request: Call, bucket: Bucket): Promise<unknown> {
    const result = this.#throughBucket(request, bucket);
    const end: Promise<unknown> = result.catch(() => {}).then(() => this.#besideEachOther.delete(end));
    this.#besideEachOther.add(end);
    return result;
  }

  /** After a 429 it goes out once more, as it does in a queue of discordeno's. */
  async #throughBucket(request: Call, bucket: Bucket, again = false): Promise<unknown> {
    const { action } = request;
    await this.#demandToken(action);
    if (!again) this.#demandOpen(action);
    await this.#enter(action, bucket, again);
    let sent = false;
    try {
      // Of no route: what discordeno knows of the limit of all.
      await this.#outwait(action, "global", this.#rest.checkRateLimits("", "") || 0);
      await this.#pace();
      await this.#demandToken(action);
      this.#demandOpen(action);
      sent = true;
      return await this.#send(request, false);
    } catch (error) {
      if (again || !sent || !(error instanceof DiscordUnreachable) || error.status !== 429) throw error;
    } finally {
      bucket.leave(sent);
    }
    return await this.#throughBucket(request, bucket, true);
  }

  async #enter(action: string, bucket: Bucket, again: boolean): Promise<void> {
    const asked = this.#options.clock.now();
    const retryAfterMs = await bucket.enter(again);
    const waitedMs = this.#options.clock.now() - asked;
    if (waitedMs > 0) this.#metrics.waited("route", waitedMs);
    if (retryAfterMs > 0) {
      throw new DiscordUnreachable(action, 429, "limited", { retryAfterMs, sent: false });
    }
  }

  async #send({ action, method, route, options }: Call, runThroughQueue: boolean): Promise<unknown> {
    const { body, files, anonymous = false } = options;
    try {
      const answer = this.#rest.makeRequest(method, route, {
        runThroughQueue,
        // discordeno's type knows objects only; it serialises lists as well.
        ...(body !== undefined && { body: (Array.isArray(body) ? [...body] : { ...body }) as Body }),
        ...(files !== undefined && { files: [...files] }),
        ...(anonymous && { unauthorized: true }),
      });
      return await unlessAborted(answer, this.#closing.signal);
    } catch (error) {
      const failure = this.#failure(action, error, files !== undefined);
      const unauthorized = !anonymous && failure instanceof DiscordRefusal && failure.status === 401;
      if (!unauthorized || await this.#token.suspect()) throw failure;
      throw new DiscordUnreachable(action, 401, "although the token is good", { sent: false });
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
    const waitMs = this.#pausedUntil - this.#options.clock.now();
    if (waitMs > 0) {
      throw new DiscordUnreachable(action, 429, "paused", { retryAfterMs: waitMs, sent: false });
    }
    const retryAfterMs = this.#banStop.waitMs;
    this.#banStop.tell();
    if (retryAfterMs > 0) {
      throw new DiscordUnreachable(action, undefined, STOPPED, { retryAfterMs, sent: false });
    }
  }

  /** Why no call goes out at present although Discord can be reached, for the operator; `undefined` when calls go out. */
  get stopped(): string | undefined {
    return this.#banStop.waitMs > 0 ? STOPPED : undefined;
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
      const answer = this.#failure("check the token", error);
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
      await this.#outwait(action, "route", this.#rest.checkRateLimits(key, "") || 0);
    }
  }

  async #outwait(action: string, reason: "route" | "global", waitMs: number): Promise<void> {
    if (waitMs > MAX_QUEUE_WAIT_MS) {
      throw new DiscordUnreachable(action, 429, "limited", { retryAfterMs: waitMs, sent: false });
    }
    if (waitMs > 0) await this.#delay(reason, waitMs);
  }

  #delay(reason: "route" | "global", waitMs: number): Promise<void> {
    this.#metrics.waited(reason, waitMs);
    return wait(waitMs, this.#options.clock, this.#closing.signal);
  }

  #failure(action: string, error: unknown, uploads = false): DiscordRefusal | DiscordUnreachable {
    const { baseUrl } = this.#rest;
    const retryAfterMs = Math.max(0, this.#pausedUntil - this.#options.clock.now());
    return failureOf({ action, baseUrl, timeoutMs: this.#timeoutMs(uploads), retryAfterMs }, error);
  }

  /** Ends calls, and discordeno's timers. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#buckets.stop();
    await Promise.allSettled([...this.#tails.values(), ...this.#besideEachOther]);
    // A queue sets its timer after it has given the answer.
    await new Promise<void>((resolve) => this.#options.clock.after(0, resolve));
    this.#queues.stop();
    this.#rest.rateLimitedPaths.clear();
  }
}
