import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { LruMap } from "../../core/mod.ts";
import type { StaffPictures } from "./ports.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed name is no longer than this, in characters. */
const MAX_SEALED = 512;

/** More paths than this are not remembered; a team has fewer people. */
const MAX_KEPT = 1_000;

/** Says what the keys are used for: the same one derives visitors' ids elsewhere. */
const PURPOSE = "staff picture";

/**
 * The paths under which pictures of the staff are served. The name of a picture, which may hold its owner's id elsewhere, is sealed in
 * the path: nobody reads it there, and nobody but this server makes such a path, so that nothing is fetched but what an author of a
 * stored message has as a picture. Nothing has to be remembered for it, and the same picture has the same path for ever.
 */
export class AvatarPaths {
  readonly #pictures: Pick<StaffPictures, "nameOf">;
  readonly #sealKey: Uint8Array;
  readonly #nonceKey: Uint8Array;
  readonly #known = new LruMap<string, { readonly path: string | undefined }>(MAX_KEPT);

  /** @param key at least 32 random bytes that stay the same across restarts */
  constructor(key: Uint8Array, pictures: Pick<StaffPictures, "nameOf">) {
    this.#pictures = pictures;
    this.#sealKey = derive(key, `${PURPOSE} seal`);
    this.#nonceKey = derive(key, `${PURPOSE} nonce`);
  }

  /** The path of the picture that a message's author has; `undefined` when it is none of those that are served. */
  readonly pathOf = (address: string): string | undefined => {
    const known = this.#known.get(address);
    if (known !== undefined) return known.path;
    const name = this.#pictures.nameOf(address);
    const path = name === undefined ? undefined : `/avatars/${this.#seal(name)}`;
    this.#known.set(address, { path });
    return path;
  };

  /** The name in a path's last part; `undefined` when it was not made here. */
  nameOf(sealed: string): string | undefined {
    if (sealed.length > MAX_SEALED || !/^[A-Za-z0-9_-]+$/.test(sealed)) return undefined;
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv(CIPHER, this.#sealKey, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const name = Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
        decipher.final(),
      ]);
      return name.toString();
    } catch {
      // What does not open was not sealed with this key.
      return undefined;
    }
  }

  /** The nonce follows from the name: none is used for two names, and a picture keeps its path, which browsers may keep for ever. */
  #seal(name: string): string {
    const nonce = derive(this.#nonceKey, name).subarray(0, NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#sealKey, nonce);
    const sealed = [nonce, cipher.update(name, "utf8"), cipher.final()];
    return Buffer.concat([...sealed, cipher.getAuthTag()]).toString("base64url");
  }
}

function derive(key: Uint8Array, text: string): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(text).digest());
}
