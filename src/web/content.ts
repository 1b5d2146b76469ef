import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** How a text may travel, the smallest first. */
export const ENCODINGS = ["br", "gzip"] as const;

/** One of {@link ENCODINGS}, or as it is. */
export type Encoding = typeof ENCODINGS[number] | "identity";

/** Nearly as small as 11, in a tenth of the time. */
const BROTLI_QUALITY = 9;
const GZIP_LEVEL = 9;

/** Shorter than this, in bytes, a text does not get smaller by much. */
const WORTH_BYTES = 512;

const COMPRESSIBLE = /^(?:text\/|image\/svg\+xml|application\/(?:json|manifest\+json)|font\/ttf)/;

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

/** Bytes that browsers get again and again, in every encoding; compressed when they are first asked for that way. */
export class Content {
  /** The media type. */
  readonly type: string;
  /** The first 16 hexadecimal digits of the SHA-256. */
  readonly hash: string;
  /** Whether it travels compressed where the browser can read that. */
  readonly compressible: boolean;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #encoded = new Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(bytes: Uint8Array<ArrayBuffer>, type: string) {
    this.#bytes = bytes;
    this.type = type;
    this.hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    this.compressible = bytes.length >= WORTH_BYTES && COMPRESSIBLE.test(type);
  }

  /** Its length as it is, in bytes. */
  get size(): number {
    return this.#bytes.length;
  }

  /** The bytes as text. */
  get text(): string {
    return new TextDecoder().decode(this.#bytes);
  }

  /** A strong entity tag (RFC 9110 section 8.8.3): each encoding is a representation of its own. */
  etag(encoding: Encoding): string {
    return encoding === "identity" ? `"${this.hash}"` : `"${this.hash}-${encoding}"`;
  }

  /** The bytes as they travel. */
  encoded(encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.#encoded.get(encoding) ?? this.#encode(encoding);
    this.#encoded.set(encoding, known);
    return known;
  }

  async #encode(encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> {
    switch (encoding) {
      case "identity":
        return this.#bytes;
      case "gzip":
        return new Uint8Array(await deflate(this.#bytes, { level: GZIP_LEVEL }));
      case "br":
        return new Uint8Array(
          await brotli(this.#bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
        );
    }
  }
}
