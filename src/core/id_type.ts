import { ChatBoxError } from "./errors.ts";

/** A UUID in its lower-case text form (RFC 9562). */
export type Uuid = string & { readonly "~brand": "uuid" };

/**
 * How ids of a service are kept as text. For every value `decode(encode(value))` equals the value, and different values
 * have different texts. An id type stands for its `T` alone, not for a wider or a narrower one.
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

/** Tells whether a text is a UUID in lower case. */
export function isUuid(text: string): text is Uuid {
  return UUID.test(text);
}

/** Throws the error for a text that does not decode. */
export function rejectText(name: string, text: string, options?: ErrorOptions): never {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  throw new ChatBoxError("bad_id", `Cannot decode an id: ${JSON.stringify(shown)} is not a ${name}`, options);
}

/** UUIDs, the default. */
export const uuid: IdType<Uuid> = {
  name: "uuid",
  encode(value: Uuid): string {
    const text = String(value).toLowerCase();
    if (!isUuid(text)) throw new TypeError(`Cannot encode an id: ${JSON.stringify(value)} is not a uuid`);
    return text;
  },
  decode: (text) => isUuid(text) ? text : rejectText("uuid", text),
};

/** Any text, unpaired surrogates included. */
export const string: IdType<string> = {
  name: "string",
  encode(value: string): string {
    if (typeof value !== "string") throw new TypeError(`Cannot encode an id: ${value} is not a string`);
    return value;
  },
  decode: (text) => text,
};
