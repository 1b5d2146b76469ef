/** What Discord's side tells whoever counts. */
export interface DiscordMetrics {
  /**
   * Discord has answered a request, or did not.
   *
   * @param route the path without its ids
   * @param status the HTTP status; 0 when there was no answer
   */
  requested(method: string, route: string, status: number, durationMs: number): void;
  /** A request waits: for a route's own limit, or because the limit of all was met lately. */
  waited(reason: "route" | "global", durationMs: number): void;
  /** The gateway is connected and its events are told, or no more. */
  gateway(connected: boolean): void;
}

/** Counts nothing. */
export const NO_DISCORD_METRICS: DiscordMetrics = { requested: nothing, waited: nothing, gateway: nothing };

function nothing(): void {}
