import { createRestManager, type RestManager } from "@discordeno/bot";
import type { Logger } from "../../core/mod.ts";
import { NO_ANSWER } from "./failed_call.ts";
import type { DiscordMetrics } from "../metrics.ts";
import { onceAtMost, readableOnce } from "./one_time_body.ts";
import { quiet } from "../quiet_logger.ts";
import type { RateLimitQueues } from "./rate_limit_queues.ts";
import { watched } from "./rest_watch.ts";
import { sharedLimit } from "./shared_routes.ts";

/**
 * How often discordeno tries again after a 429 by itself. Its own default is for ever, and without a pause where the
 * answer names none; we give the delivery back instead, which waits with backoff.
 */
const MAX_RATE_LIMIT_RETRIES = 1;

/** discordeno's REST manager, as {@link tamedManager} makes it. */
export type TamedManager = RestManager;

/** Options of {@link tamedManager}. */
export interface TamedManagerOptions {
  readonly token: string;
  /** Discord's own when left out; with or without `/v10`. */
  readonly apiUrl?: string | undefined;
  readonly logger: Logger;
  readonly queues: RateLimitQueues;
  /** Ends every attempt when it is aborted. */
  readonly signal: AbortSignal;
  /** How long one attempt may take, its answer's body included, in milliseconds. discordeno itself waits for ever. */
  readonly timeoutMs: (uploads: boolean) => number;
  /** Told of each attempt. */
  readonly requested: DiscordMetrics["requested"];
  /** Told the headers of each answer, and of which limit: a shared one, or what discordeno takes for one. */
  readonly onHeaders: (limit: string, headers: Headers) => void;
}

/**
 * Makes discordeno's REST manager, each of whose calls ends. The manager is made of functions that are meant to be replaced.
 */
export function tamedManager(options: TamedManagerOptions): TamedManager {
  const { token, apiUrl, logger, queues } = options;
  // The application's id is known from READY; given here, discordeno does not try to read it from the token.
  const rest = createRestManager({ token, applicationId: "0", logger: quiet(logger) });
  // Not `proxy.baseUrl`: that would switch the rate-limit queues off.
  if (apiUrl !== undefined) rest.baseUrl = apiUrl.replace(/\/+$/, "").replace(/\/v\d+$/, "");
  rest.maxRetryCount = MAX_RATE_LIMIT_RETRIES;
  rest.queues = queues;
  tame(rest, options);
  return rest;
}

function tame(rest: TamedManager, { signal, timeoutMs, requested, onHeaders }: TamedManagerOptions): void {
  const { createRequestBody, processHeaders, simplifyUrl } = rest;
  const sendRequest = watched(rest.sendRequest, { requested });
  rest.createRequestBody = (method, options) => {
    const limitMs = timeoutMs(options?.files !== undefined);
    const request = createRequestBody.call(rest, method, options);
    return Object.assign(
      request,
      { signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) },
      onceAtMost(method, options?.body) && readableOnce(request),
    );
  };
  // Its own takes making a thread and reading the webhooks of a channel, for one, for the same.
  rest.simplifyUrl = (url, method) => sharedLimit(method, url) ?? simplifyUrl(url, method);
  rest.processHeaders = (url, headers, identifier) => {
    onHeaders(url, headers);
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
    if (request.runThroughQueue === false) {
      // It would wait by itself and try again at once with all others; whoever goes past the queues asks the bucket again.
      request.retryCount = rest.maxRetryCount;
      await rest.invalidBucket.waitUntilRequestAvailable();
    }
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
