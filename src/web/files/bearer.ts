import type { Uuid } from "../../core/mod.ts";
import type { Identity } from "../identity.ts";

/** RFC 6750 section 2.1; a session is no longer than this. */
const BEARER = /^Bearer ([A-Za-z0-9._-]{1,256})$/i;

/**
 * The conversation that the session in an `Authorization` header opens.
 *
 * @throws {ChatBoxError} `overloaded` when the look-up fails
 */
export async function conversationOf(
  header: string | undefined,
  identity: Identity,
): Promise<Uuid | undefined> {
  const session = BEARER.exec(header ?? "")?.[1];
  return session === undefined ? undefined : await identity.conversationOf(session);
}
