import { ChatBoxError } from "./errors.ts";

/**
 * A UUID in its lower-case text form (RFC 9562).
 *
 * @example A text is one after it was looked at
 * ```ts
 * import { isUuid, type Uuid } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * function parse(text: string): Uuid | undefined {
 *   return isUuid(text) ? text : undefined;
 * }
 * equal(parse("7d8a1f0e-3c5b-4e8f-9a62-0c6d2b1e4f35"), "7d8a1f0e-3c5b-4e8f-9a62-0c6d2b1e4f35");
 * equal(parse("me"), undefined);
 * ```
 */
export type Uuid = string & { readonly "~brand": "uuid" };

/**
 * How ids of a service are kept as text. For every value `decode(encode(value))` equals the value, and different values
 * have different texts. An id type stands for its `T` alone, not for a wider or a narrower one.
 *
 * @example Days as ids
 * ```ts
 * import { custom, type IdType } from "@chatbox50/chatbox50/core";
 * import { deepEqual, throws } from "node:assert/strict";
 *
 * const day: IdType<Date> = custom({
 *   name: "day",
 *   encode: (date) => date.toISOString().slice(0, 10),
 *   decode: (text) => new Date(text),
 * });
 * deepEqual(day.decode(day.encode(new Date("2026-02-28"))), new Date("2026-02-28"));
 * throws(() => day.decode("yesterday"), { code: "bad_id" });
 * ```
 *
 * @typeParam T what the service uses as an id
 */
export interface IdType<T> {
  /** Names the type in errors. */
  readonly name: string;
  /**
   * The text that stands for a value.
   *
   * @throws {TypeError} when the value is not of the type.
   */
  readonly encode: (value: T) => string;
  /**
   * The value for which a text stands.
   *
   * @throws {ChatBoxError} `bad_id` when the text was not made by `encode`.
   */
  readonly decode: (text: string) => T;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Tells whether a text is a UUID in lower case.
 *
 * @example In lower case only
 * ```ts
 * import { isUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const texts = ["7d8a1f0e-3c5b-4e8f-9a62-0c6d2b1e4f35", "7D8A1F0E-3C5B-4E8F-9A62-0C6D2B1E4F35", ""];
 * deepEqual(texts.map(isUuid), [true, false, false]);
 * ```
 */
export function isUuid(text: string): text is Uuid {
  return UUID.test(text);
}

/** Throws the error for a text that does not decode. */
export function rejectText(name: string, text: string, options?: ErrorOptions): never {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  throw new ChatBoxError("bad_id", `Cannot decode an id: ${JSON.stringify(shown)} is not a ${name}`, options);
}

/**
 * UUIDs, the default.
 *
 * @example There and back
 * ```ts
 * import { randomUuid, uuid } from "@chatbox50/chatbox50/core";
 * import { equal, throws } from "node:assert/strict";
 *
 * const id = randomUuid();
 * equal(uuid.decode(uuid.encode(id)), id);
 * throws(() => uuid.decode("me"), { code: "bad_id" });
 * ```
 */
export const uuid: IdType<Uuid> = {
  name: "uuid",
  encode(value: Uuid): string {
    const text = String(value).toLowerCase();
    if (!isUuid(text)) throw new TypeError(`Cannot encode an id: ${JSON.stringify(value)} is not a uuid`);
    return text;
  },
  decode: (text) => isUuid(text) ? text : rejectText("uuid", text),
};

/**
 * Any text, unpaired surrogates included.
 *
 * @example There and back
 * ```ts
 * import { string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * equal(string.decode(string.encode("Ada \ud800")), "Ada \ud800");
 * ```
 */
export const string: IdType<string> = {
  name: "string",
  encode(value: string): string {
    if (typeof value !== "string") throw new TypeError(`Cannot encode an id: ${value} is not a string`);
    return value;
  },
  decode: (text) => text,
};
