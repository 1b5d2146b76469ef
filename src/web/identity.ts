import { ChatBoxError, isUuid, type Uuid } from "../core/mod.ts";

/** Where sessions of visitors who have written are kept. */
export interface SessionStore {
  find(secretHash: Uint8Array): Promise<{ readonly secretHash: Uint8Array; readonly uid: Uuid } | undefined>;
  /** Stores a session, or that it was used again; the connection must exist. */
  save(secretHash: Uint8Array, uid: Uuid, at: number): Promise<void>;
}

/** A visitor, recognised or new. */
export interface Visitor {
  readonly uid: Uuid;
  /** SHA-256 of the session's secret; the secret itself is not kept. */
  readonly secretHash: Uint8Array;
  /** The whole session, only when it was made just now. */
  readonly issued?: string;
}

/** 256 bits. */
const SECRET_BYTES = 32;

const SESSION = /^([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/;

/**
 * Issues and recognises sessions, `<uid>.<secret>` with 256 random bits of secret in base64url.
 *
 * A visitor who never writes leaves no row, and still may open a second tab or reload. So the uid is derived from the
 * secret with a key of the server: that this server issued a session can be seen from the session itself. Once the visitor has
 * written, the SHA-256 of the secret is stored and decides.
 */
export class Identity {
  readonly #key: Promise<CryptoKey>;
  readonly #sessions: SessionStore;

  /** @param key at least 32 random bytes that stay the same across restarts */
  constructor(key: Uint8Array, sessions: SessionStore) {
    const raw = new Uint8Array(key);
    this.#key = crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    this.#sessions = sessions;
  }

  /**
   * Recognises a session, or makes a new one when it is missing, malformed or unknown.
   *
   * @throws {ChatBoxError} when the look-up fails; a visitor is never given a new conversation for that
   */
  async recognise(session: string | null): Promise<Visitor> {
    return (session !== null ? await this.#find(session) : undefined) ?? await this.#issue();
  }

  async #find(session: string): Promise<Visitor | undefined> {
    const [, uid, secret] = SESSION.exec(session) ?? [];
    if (uid === undefined || secret === undefined || !isUuid(uid)) return undefined;
    const secretHash = await sha256(secret);
    const stored = await this.#sessions.find(secretHash).catch((cause) => {
      throw new ChatBoxError("overloaded", "Cannot look the session up: try again later", { cause });
    });
    if (stored !== undefined) {
      const known = equalBytes(stored.secretHash, secretHash) && stored.uid === uid;
      return known ? { uid, secretHash } : undefined;
    }
    return equalText(await this.#uidOf(secret), uid) ? { uid, secretHash } : undefined;
  }

  async #issue(): Promise<Visitor> {
    const secret = base64url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
    const uid = await this.#uidOf(secret);
    return { uid, secretHash: await sha256(secret), issued: `${uid}.${secret}` };
  }

  /** Stores the session of a visitor who begins to write. */
  save(visitor: Visitor, at: number): Promise<void> {
    return this.#sessions.save(visitor.secretHash, visitor.uid, at);
  }

  async #uidOf(secret: string): Promise<Uuid> {
    const mac = await crypto.subtle.sign("HMAC", await this.#key, new TextEncoder().encode(`uid ${secret}`));
    const bytes = new Uint8Array(mac).slice(0, 16);
    // RFC 9562 section 5.4: version 4, variant 10.
    bytes[6] = (bytes[6] ?? 0) & 0x0f | 0x40;
    bytes[8] = (bytes[8] ?? 0) & 0x3f | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const text = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
      .join("-");
    if (!isUuid(text)) throw new TypeError(`Cannot derive a uid: ${text} is not a UUID`);
    return text;
  }
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Takes the same time wherever the difference is. */
function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}

function equalText(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  return equalBytes(encoder.encode(a), encoder.encode(b));
}
