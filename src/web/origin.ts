import { isIP } from "node:net";
import type { Logger } from "../core/mod.ts";

/** Of so many origins the operator is told: those of an own site are few, and strangers can make up any number. */
const MOST_TOLD = 5;

/** The longest origin that is logged whole: a name has at most 253 letters. */
const MAX_ORIGIN = 300;

/**
 * Whether a page may open a WebSocket here: our own pages may, by the address that visitors use, by this machine's number or
 * `localhost` (an operator who looks past the proxy), and by any name where the address is not known. Programs that are no
 * browsers send no `Origin` at all.
 *
 * @param origin the `Origin` header
 * @param host the `Host` header
 * @param publicUrl the address visitors use, where it is known
 */
export function isOwnOrigin(origin: string | null, host: string | null, publicUrl?: string): boolean {
  if (origin === null) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.protocol !== "http:" && url.protocol !== "https:") return false;
  if (publicUrl !== undefined && url.origin === new URL(publicUrl).origin) return true;
  // A proxy that ends TLS hands on the host, not the scheme.
  if (host === null || url.host !== hostOf(host, url.protocol)) return false;
  // Any name can be made to lead here (DNS rebinding), a number cannot: where our name is known, no other counts.
  return publicUrl === undefined || isNumberOrLocalhost(url.hostname);
}

/** Tells the operator, once each, of origins that were refused: a site with two names has a chat that never connects under one. */
export class OriginWarnings {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A page of this origin was not let in. */
  refused(origin: string, publicUrl?: string): void {
    const name = origin.slice(0, MAX_ORIGIN);
    if (this.#told.has(name) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(name);
    this.#logger.warn(
      "Refused a page of another origin. If it is yours, PUBLIC_URL has to be its address, and other names have to redirect there",
      { origin: name, ...(publicUrl !== undefined && { publicUrl }) },
    );
  }
}

function isNumberOrLocalhost(hostname: string): boolean {
  return hostname === "localhost" || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

function hostOf(host: string, protocol: string): string | undefined {
  const text = `${protocol}//${host}`;
  return URL.canParse(text) ? new URL(text).host : undefined;
}
