/**
 * Discord's rate limits: a bucket a route and channel, and fifty requests a second in all.
 *
 * @see https://docs.discord.com/developers/topics/rate-limits
 */

/** What is limited, and whether anything is. */
export interface RateLimitOptions {
  /** Buckets per route. */
  readonly routes?: boolean;
  /** Requests a second in all; 0 for no limit. Discord's is 50. */
  readonly global?: number;
  /** Buckets of other sizes than Discord's, by method and route. */
  readonly limits?: Readonly<Record<string, RateLimit>>;
}

/** A verdict about one request. */
export interface RateLimitVerdict {
  readonly headers: Record<string, string>;
  /** Set when it must be refused. */
  readonly refused?: { retryAfterS: number; global: boolean };
}

/** Requests and the milliseconds in which they may be made. */
export type RateLimit = readonly [requests: number, windowMs: number];

interface Bucket {
  windowStartMs: number;
  used: number;
}

/** Discord publishes no figures; these are what its headers showed to people. A route not listed gets the last. */
const LIMITS: Record<string, RateLimit> = {
  "POST /channels/:channel_id/messages": [5, 5000],
  "PATCH /channels/:channel_id/messages/:message_id": [5, 5000],
  "DELETE /channels/:channel_id/messages/:message_id": [5, 1000],
  "POST /channels/:channel_id/messages/bulk-delete": [1, 3000],
  "GET /channels/:channel_id/messages": [5, 5000],
  "POST /channels/:channel_id/typing": [5, 5000],
  "PUT /channels/:channel_id/messages/:message_id/reactions/:emoji/@me": [1, 250],
  "PATCH /channels/:channel_id": [5, 15_000],
  "POST /channels/:channel_id/threads": [50, 300_000],
  "POST /webhooks/:webhook_id/:webhook_token": [5, 2000],
};
const DEFAULT_LIMIT: RateLimit = [10, 10_000];
/** What the headers say when nothing is limited. Clients rely on them being there: discordeno polls without them. */
const UNLIMITED: RateLimit = [100_000, 1000];
/** A channel's name or topic: "twice per ten minutes", on top of its bucket. */
const RENAME_LIMIT: RateLimit = [2, 600_000];
const GLOBAL_WINDOW_MS = 1000;

/** Counts requests and says which come too soon. */
export class RateLimits {
  readonly #options: Required<RateLimitOptions>;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /**
   * @param options what is limited; nothing when left out
   * @param now the time in Unix milliseconds
   */
  constructor(options: RateLimitOptions, now: () => number) {
    this.#options = {
      routes: options.routes ?? false,
      global: options.global ?? 0,
      limits: options.limits ?? {},
    };
    this.#now = now;
  }

  /**
   * @param request the route, its top-level parameter, and whether it renames a channel
   * @returns headers for the answer, and whether it is refused
   */
  check(request: { method: string; route: string; major: string; renames: boolean }): RateLimitVerdict {
    // Interactions and webhooks do not count for the global limit.
    const counted = !/^\/(interactions|webhooks)\//.test(request.route);
    if (this.#options.global > 0 && counted) {
      const waitMs = this.#take("global", [this.#options.global, GLOBAL_WINDOW_MS]).waitMs;
      if (waitMs > 0) {
        return refusal(waitMs, true, { "x-ratelimit-global": "true", "x-ratelimit-scope": "global" });
      }
    }
    const route = `${request.method} ${request.route}`;
    const limit = this.#options.routes
      ? this.#options.limits[route] ?? LIMITS[route] ?? DEFAULT_LIMIT
      : UNLIMITED;
    const state = this.#take(`${route} ${request.major}`, limit);
    const headers = {
      "x-ratelimit-limit": String(limit[0]),
      "x-ratelimit-remaining": String(Math.max(0, limit[0] - state.used)),
      "x-ratelimit-reset": (state.resetMs / 1000).toFixed(3),
      "x-ratelimit-reset-after": ((state.resetMs - this.#now()) / 1000).toFixed(3),
      "x-ratelimit-bucket": bucketName(route),
    };
    if (state.waitMs > 0) return refusal(state.waitMs, false, { ...headers, "x-ratelimit-scope": "user" });
    if (request.renames && this.#options.routes) {
      const renames = this.#take(`rename ${request.major}`, RENAME_LIMIT);
      if (renames.waitMs > 0) {
        const resetAfter = {
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset-after": (renames.waitMs / 1000).toFixed(3),
        };
        return refusal(renames.waitMs, false, { ...headers, ...resetAfter, "x-ratelimit-scope": "shared" });
      }
    }
    return { headers };
  }

  #take(key: string, [requests, windowMs]: RateLimit): { used: number; resetMs: number; waitMs: number } {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined || now >= bucket.windowStartMs + windowMs) {
      this.#buckets.set(key, bucket = { windowStartMs: now, used: 0 });
    }
    const resetMs = bucket.windowStartMs + windowMs;
    if (bucket.used >= requests) return { used: bucket.used, resetMs, waitMs: resetMs - now };
    bucket.used++;
    return { used: bucket.used, resetMs, waitMs: 0 };
  }
}

/**
 * @param waitMs how long to wait
 * @param global whether it holds for every route
 * @param headers what else the answer carries
 * @returns a verdict that refuses
 */
export function refusal(waitMs: number, global: boolean, headers: Record<string, string>): RateLimitVerdict {
  const retryAfterS = Math.max(0.001, waitMs / 1000);
  return {
    headers: { ...headers, "retry-after": String(Math.ceil(retryAfterS)) },
    refused: { retryAfterS: Number(retryAfterS.toFixed(3)), global },
  };
}

/** Buckets have opaque names; the same for every channel, since the channel is the client's part of the key. */
function bucketName(route: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of route) hash = BigInt.asUintN(64, (hash ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
