/**
 * How long to wait before the next attempt to connect.
 *
 * @module
 */
import { CloseCode } from "../web/protocol.ts";

/** Why there is no connection. */
export type OfflineCause =
  | "network"
  | "restarting"
  | "overloaded"
  /** There are too many connections from this address: tabs, or people who share it. */
  | "crowded";

/** The first wait on a bad network, before it doubles. */
const NETWORK_BASE_MS = 500;
const NETWORK_MAX_MS = 30_000;

/** A restart takes a second or two; its visitors come back spread over this time, not all at once. */
const RESTART_MIN_MS = 250;
const RESTART_SPREAD_MS = 1_750;

/** Whoever was told that it is too much goes easy. */
const OVERLOADED_BASE_MS = 4_000;
const OVERLOADED_MAX_MS = 120_000;

/**
 * Tells from a close code why the connection ended.
 *
 * @param code The WebSocket close code.
 * @param welcomed Whether the server had taken the connection in.
 * @returns The cause, or what makes any further attempt pointless.
 */
export function causeOfClose(code: number, welcomed: boolean): OfflineCause | "blocked" | "protocol" {
  switch (code) {
    case CloseCode.restarting:
      return "restarting";
    case CloseCode.overloaded:
      return "overloaded";
    case CloseCode.tooMany:
      // The same code ends a socket that sends too much; but nobody is turned away who is in.
      return welcomed ? "overloaded" : "crowded";
    case CloseCode.forbidden:
      return "blocked";
    case CloseCode.notProtocol:
      return "protocol";
    default:
      return "network";
  }
}

/**
 * The wait before the next attempt, with jitter so that many visitors don't return in step.
 *
 * @param cause Why the connection ended.
 * @param attempt How many attempts in a row have failed, from 0.
 * @param fraction A random number from 0 to 1.
 * @returns Milliseconds.
 */
export function retryDelayMs(cause: OfflineCause, attempt: number, fraction: number): number {
  if (cause === "restarting" && attempt === 0) return RESTART_MIN_MS + fraction * RESTART_SPREAD_MS;
  const [base, max] = cause === "overloaded" || cause === "crowded"
    ? [OVERLOADED_BASE_MS, OVERLOADED_MAX_MS]
    : [NETWORK_BASE_MS, NETWORK_MAX_MS];
  const full = Math.min(max, base * 2 ** Math.min(attempt, 16));
  return full / 2 + fraction * (full / 2);
}
