import { createHash, timingSafeEqual } from "node:crypto";
import { answer, methodNotAllowed } from "./answers.ts";

/** What a proxy adds. The address of the peer is the proxy's then, and says nothing about who asks. */
const PROXY_HEADERS = [
  "Forwarded",
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Real-IP",
  "Via",
];

/** The names of this machine, with or without a port. */
const LOCAL_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/** What the page shows, and to whom. */
export interface MetricsPageOptions {
  /** The metrics in Prometheus' text format. */
  readonly read: () => Promise<string>;
  /** The media type of that. */
  readonly contentType: string;
  /** Who sends this as a bearer token may read from anywhere; without one only this machine may. */
  readonly token: string | undefined;
}

/**
 * Answers `GET /metrics`.
 *
 * @param peer the address of the other end of the connection
 * @returns 200 with the metrics, 401 without the right token, 405 for anything but reading
 */
export async function metricsPage(
  request: Request,
  peer: string,
  options: MetricsPageOptions,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return methodNotAllowed("GET, HEAD");
  }
  if (!isLocal(request, peer) && !hasToken(request, options.token)) {
    return answer("Metrics are for this machine, or for a bearer token", {
      status: 401,
      headers: { "WWW-Authenticate": 'Bearer realm="metrics"' },
    });
  }
  return answer((await options.read()).trimEnd(), { headers: { "Content-Type": options.contentType } });
}

function isLocal(request: Request, peer: string): boolean {
  const loopback = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(peer) || peer === "::1";
  // A page of any site may have its name lead to this machine (DNS rebinding); it cannot choose another Host than that name.
  const asked = LOCAL_HOST.test(request.headers.get("Host") ?? "");
  return loopback && asked && !PROXY_HEADERS.some((name) => request.headers.has(name));
}

function hasToken(request: Request, token: string | undefined): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.get("Authorization") ?? "") ?? [];
  if (token === undefined || given === undefined) return false;
  // Hashes have one length, so that comparing takes the same time whatever was sent.
  return timingSafeEqual(sha256(given), sha256(token));
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
