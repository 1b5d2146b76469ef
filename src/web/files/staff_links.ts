import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

/** Says what the key is used for: the same one derives visitors' ids elsewhere. */
const PURPOSE = "staff file link";

/**
 * Links by which staff open a single file of a visitor: those have no session, so the link itself says that it was given by this
 * server. It holds for one file, as long as there is that file.
 */
export class StaffLinks {
  readonly #key: Uint8Array;

  /** @param key at least 32 random bytes that stay the same across restarts */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The path and query that open a file. */
  pathOf(id: string): string {
    return `/files/${encodeURIComponent(id)}?key=${this.#sign(id).toString("base64url")}`;
  }

  /** Whether a key opens a file. */
  opens(id: string, key: string): boolean {
    const given = new Uint8Array(Buffer.from(key, "base64url"));
    const right = new Uint8Array(this.#sign(id));
    return given.length === right.length && timingSafeEqual(given, right);
  }

  #sign(id: string): Buffer {
    return createHmac("sha256", this.#key).update(`${PURPOSE} ${id}`).digest();
  }
}
