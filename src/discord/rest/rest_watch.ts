import { NO_ANSWER } from "./failed_call.ts";
import type { DiscordMetrics } from "../metrics.ts";

/** What is touched here of what discordeno sends. */
interface Attempt {
  readonly method: string;
  readonly route: string;
  resolve(answer: { readonly status: number }): void;
  reject(answer: { readonly status: number }): void;
  retryRequest?(options: unknown): Promise<void>;
}

type Send<A extends Attempt> = (request: A) => Promise<void>;

/**
 * Measures what discordeno sends, each attempt by itself.
 *
 * @param send discordeno's own
 * @returns one that tells the metrics, too
 */
export function watched<A extends Attempt>(
  send: Send<A>,
  metrics: Pick<DiscordMetrics, "requested">,
): Send<A> {
  const started = new WeakMap<object, number>();
  return async (request) => {
    const known = started.has(request);
    started.set(request, performance.now());
    if (!known) {
      const { method, route, resolve, reject, retryRequest } = request;
      const done = (status: number): void =>
        metrics.requested(
          method,
          routeName(route),
          status === NO_ANSWER ? 0 : status,
          performance.now() - (started.get(request) ?? 0),
        );
      request.resolve = (answer) => {
        done(answer.status);
        resolve(answer);
      };
      request.reject = (answer) => {
        done(answer.status);
        reject(answer);
      };
      if (retryRequest !== undefined) {
        request.retryRequest = async (options) => {
          done(429);
          await retryRequest(options);
        };
      }
    }
    await send(request);
  };
}

/**
 * A route without what differs from call to call, for counting.
 *
 * @param route a path of the REST interface
 */
export function routeName(route: string): string {
  return (route.split("?")[0] ?? "")
    .replace(/\/reactions\/[^/]+/, "/reactions/:emoji")
    .replace(/^(\/webhooks\/\d+)\/[^/]+/, "$1/:token")
    .replace(/^(\/interactions\/\d+)\/[^/]+/, "$1/:token")
    .replace(/\/\d{5,}/g, "/:id");
}
