import { isUuid, type Uuid } from "../core/mod.ts";

/** 256 bits. */
const SECRET_BYTES = 32;

/** A signed-in visitor's secret: when it ends (6 bytes), chance (10), and a code that only this server can make (16). */
const EXPIRY_BYTES = 6;
const BODY_BYTES = 16;

const encoder = new TextEncoder();

/** Makes the texts of sessions with a key of the server. What was made here can be told from what was made up. */
export class SessionKeys {
  readonly #key: Promise<CryptoKey>;

  /** @param key at least 32 random bytes that stay the same across restarts */
  constructor(key: Uint8Array) {
    const raw = new Uint8Array(key);
    this.#key = crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  }

  /** A new secret, of 256 random bits. */
  newSecret(): string {
    return base64url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  }

  /** The uid that belongs to a secret. */
  async uidOfSecret(secret: string): Promise<Uuid> {
    return toUuid(await this.#mac(`uid ${secret}`));
  }

  /** The uid of a signed-in visitor's conversation that begins after they signed in. */
  async uidOfSubject(subject: string): Promise<Uuid> {
    return toUuid(await this.#mac(`subject ${subject}`));
  }

  /** A secret for a signed-in visitor, good until `expiresAt` (Unix milliseconds) without being kept anywhere. */
  async newSignedInSecret(uid: Uuid, expiresAt: number): Promise<string> {
    const body = crypto.getRandomValues(new Uint8Array(BODY_BYTES));
    for (let place = EXPIRY_BYTES - 1, rest = expiresAt; place >= 0; place--, rest = Math.floor(rest / 256)) {
      body[place] = rest % 256;
    }
    return base64url(new Uint8Array([...body, ...await this.#codeOf(uid, body)]));
  }

  /** When a signed-in visitor's secret ends, in Unix milliseconds; `undefined` when it is none of this uid. */
  async expiryOf(uid: Uuid, secret: string): Promise<number | undefined> {
    const bytes = Uint8Array.fromBase64(secret, { alphabet: "base64url" });
    const body = bytes.subarray(0, BODY_BYTES);
    if (!equalBytes(await this.#codeOf(uid, body), bytes.subarray(BODY_BYTES))) return undefined;
    return body.subarray(0, EXPIRY_BYTES).reduce((value, byte) => value * 256 + byte, 0);
  }

  async #codeOf(uid: Uuid, body: Uint8Array): Promise<Uint8Array> {
    return (await this.#mac(`signed in ${uid} ${base64url(body)}`)).subarray(0, SECRET_BYTES - BODY_BYTES);
  }

  async #mac(text: string): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, encoder.encode(text)));
  }
}

/** SHA-256 of a text's UTF-8. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/** Compares in the same time wherever the difference is. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}

/** Compares in the same time wherever the difference is. */
export function equalText(a: string, b: string): boolean {
  return equalBytes(encoder.encode(a), encoder.encode(b));
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function toUuid(mac: Uint8Array): Uuid {
  const bytes = mac.slice(0, 16);
  // RFC 9562 section 5.4: version 4, variant 10.
  bytes[6] = (bytes[6] ?? 0) & 0x0f | 0x40;
  bytes[8] = (bytes[8] ?? 0) & 0x3f | 0x80;
  const hex = bytes.toHex();
  const text = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    "-",
  );
  if (!isUuid(text)) throw new TypeError(`Cannot derive a uid: ${text} is not a UUID`);
  return text;
}
