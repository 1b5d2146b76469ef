import type { FaultAction, RequestInfo } from "../support/discord/mod.ts";
import type { SeededRandom } from "./random.ts";
import type { Tally } from "./tally.ts";

/** What happens to how many of a thousand requests. */
const PER_MILLE = {
  "429 of a route": 10,
  "429 of all": 1,
  "429 of the edge": 1,
  "500": 10,
  "502": 10,
  "503": 5,
  "no connection": 10,
  "response lost": 20,
  "response cut": 10,
  "slow": 15,
  "slow answer": 15,
  "timeout, then acts": 1,
  "timeout after acting": 1,
};

/** Of so many requests to make a thread Discord carries one out after the bridge has given it up: few are made in a run. */
const THREAD_MADE_LATE = 0.05;

type RequestFault = keyof typeof PER_MILLE;

/** Above the bridge's own limit for an attempt. */
const TIMEOUT_MS = [15_500, 18_000] as const;
const SLOW_MS = [50, 800] as const;
const RETRY_AFTER_S = [0.1, 2] as const;

const EDGE_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>";

/** Seeded misfortune of single requests. */
export class RequestFaults {
  readonly #random: SeededRandom;
  readonly #tally: Tally;
  /** What was posted late without a nonce, by thread. */
  readonly #late = new Map<string, string[]>();
  readonly #held = new Map<ReturnType<typeof setTimeout>, () => void>();
  #on = true;

  constructor(random: SeededRandom, tally: Tally) {
    this.#random = random;
    this.#tally = tally;
  }

  /** Lets go of what is held back, and does no harm any more. */
  stop(): void {
    this.#on = false;
    this.release();
  }

  /** Lets go of what is held back. */
  release(): void {
    for (const [timer, go] of this.#held) {
      clearTimeout(timer);
      go();
    }
    this.#held.clear();
  }

  /** What a webhook has posted late in a thread, so that it may stand there twice: webhooks have no nonce. */
  lateIn(thread: string): readonly string[] {
    return this.#late.get(thread) ?? [];
  }

  /** What happens to a request; undefined for nothing. */
  next(request: RequestInfo): FaultAction | undefined {
    if (!this.#on) return undefined;
    if (isThreadMaking(request) && this.#random.chance(THREAD_MADE_LATE)) {
      this.#tally.count("thread made late");
      return this.#action("timeout, then acts");
    }
    if (!this.#random.chance(sum(Object.values(PER_MILLE)) / 1_000)) return undefined;
    const fault = this.#random.weighted(PER_MILLE);
    if (fault === "slow" || fault === "timeout, then acts") {
      // Only a nonce can tell Discord that what comes late is what was tried again: all else would be done twice by right, and an
      // edit that comes late would take back a newer one.
      const post = hasNonce(request) ? undefined : postByWebhook(request);
      if (post !== undefined) this.#late.set(post.thread, [...this.lateIn(post.thread), post.content]);
      else if (fault === "timeout, then acts" && !hasNonce(request)) return undefined;
    }
    this.#tally.count(fault);
    return this.#action(fault);
  }

  #action(fault: RequestFault): FaultAction {
    switch (fault) {
      case "429 of a route":
        return this.#tooMany({ "x-ratelimit-limit": "5", "x-ratelimit-remaining": "0" });
      case "429 of all":
        return this.#tooMany({ "x-ratelimit-global": "true", "x-ratelimit-scope": "global" });
      case "429 of the edge":
        return {
          kind: "status",
          status: 429,
          body: EDGE_PAGE,
          headers: { "retry-after": "1", "content-type": "text/html" },
        };
      case "500":
        return { kind: "status", status: 500 };
      case "502":
        return { kind: "status", status: 502, body: EDGE_PAGE, headers: { "content-type": "text/html" } };
      case "503":
        return { kind: "status", status: 503, body: "upstream connect error" };
      case "no connection":
        return { kind: "drop" };
      case "response lost":
        return { kind: "lose" };
      case "response cut":
        return { kind: "truncate" };
      case "slow":
        return { kind: "delay", until: this.#hold(SLOW_MS) };
      case "slow answer":
        return { kind: "late", until: this.#hold(SLOW_MS) };
      case "timeout, then acts":
        return { kind: "delay", until: this.#hold(TIMEOUT_MS) };
      case "timeout after acting":
        return { kind: "late", until: this.#hold(TIMEOUT_MS) };
    }
  }

  #tooMany(headers: Record<string, string>): FaultAction {
    return { kind: "status", status: 429, retryAfterS: this.#random.between(...RETRY_AFTER_S), headers };
  }

  #hold(range: readonly [number, number]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#held.delete(timer);
      resolve();
    }, this.#random.between(...range));
    this.#held.set(timer, resolve);
    return promise;
  }
}

function postByWebhook(
  { method, route, query, body }: RequestInfo,
): { thread: string; content: string } | undefined {
  const thread = query.get("thread_id");
  if (method !== "POST" || route !== "/webhooks/:webhook_id/:webhook_token" || thread === null) {
    return undefined;
  }
  if (typeof body !== "object" || body === null || !("content" in body)) return undefined;
  return { thread, content: String(body.content) };
}

function isThreadMaking({ method, route }: RequestInfo): boolean {
  return method === "POST" && route === "/channels/:channel_id/threads";
}

function hasNonce({ body }: RequestInfo): boolean {
  return typeof body === "object" && body !== null && "nonce" in body;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
