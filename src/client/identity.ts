/**
 * Who the visitor is, as the site around the widget says.
 *
 * @module
 */
import type { IdentityClaim } from "../web/protocol.ts";

/** What a site says of its visitor. */
export type VisitorIdentity = IdentityClaim;

/** Longer names and addresses are no use to staff. */
const MAX_CLAIM = 200;
/** A token larger than this is no sensible token, and mustn't make the frame too big. */
const MAX_TOKEN = 8_192;

/**
 * Reads what a site's script passed to `identify`.
 *
 * @param value Anything.
 * @returns The identity; null for nobody, which signs out.
 */
export function parseIdentity(value: unknown): VisitorIdentity | null {
  if (typeof value !== "object" || value === null) return null;
  const given = value as Readonly<Record<string, unknown>>;
  const text = (key: "token" | "name" | "email", most: number): VisitorIdentity => {
    const part = given[key];
    return typeof part === "string" && part.trim() !== "" && part.length <= most
      ? { [key]: part.trim() }
      : {};
  };
  const identity = { ...text("token", MAX_TOKEN), ...text("name", MAX_CLAIM), ...text("email", MAX_CLAIM) };
  return Object.keys(identity).length === 0 ? null : identity;
}

/**
 * Tells whose unsent messages may be sent: those of a signed-in visitor must wait for that visitor, even if somebody
 * else uses the browser meanwhile. Nothing is proven by this; the server checks the token.
 *
 * @param identity Who the visitor is.
 * @returns The token's subject; undefined for everybody who isn't signed in.
 */
export function ownerOf(identity: VisitorIdentity | null): string | undefined {
  if (identity?.token === undefined) return undefined;
  try {
    const payload = identity.token.split(".")[1] ?? "";
    const bytes = Uint8Array.from(
      atob(payload.replaceAll("-", "+").replaceAll("_", "/")),
      (character) => character.charCodeAt(0),
    );
    const { sub }: { sub?: unknown } = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof sub === "string") return `sub:${sub}`;
  } catch {
    // The server will refuse it.
  }
  return "unknown";
}
