import { type IdType, rejectText } from "./id_type.ts";

/**
 * Finite numbers, exactly: `-0` and `0` are two ids.
 *
 * @example There and back
 * ```ts
 * import { number } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(number.decode(number.encode(0.1)), 0.1);
 * ```
 */
export const number: IdType<number> = {
  name: "number",
  encode(value: number): string {
    if (!Number.isFinite(value)) throw new TypeError(`Cannot encode an id: ${value} is not a finite number`);
    return numberText(value);
  },
  decode(text: string): number {
    const value = Number(text);
    return Number.isFinite(value) && numberText(value) === text ? value : rejectText("number", text);
  },
};

// String() gives the shortest text that reads back as the same number (ECMA-262 section 6.1.6.1.20), except for -0.
function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

const BIGINT = /^(?:0|-?[1-9][0-9]*)$/;

/**
 * Whole numbers of any size.
 *
 * @example There and back
 * ```ts
 * import { bigint } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(bigint.decode(bigint.encode(12345678901234567890n)), 12345678901234567890n);
 * ```
 */
export const bigint: IdType<bigint> = {
  name: "bigint",
  encode(value: bigint): string {
    if (typeof value !== "bigint") throw new TypeError(`Cannot encode an id: ${value} is not a bigint`);
    return value.toString();
  },
  decode: (text) => BIGINT.test(text) ? BigInt(text) : rejectText("bigint", text),
};

/**
 * `true` and `false`.
 *
 * @example There and back
 * ```ts
 * import { boolean } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(boolean.decode(boolean.encode(true)), true);
 * ```
 */
export const boolean: IdType<boolean> = {
  name: "boolean",
  encode(value: boolean): string {
    if (typeof value !== "boolean") throw new TypeError(`Cannot encode an id: ${value} is not a boolean`);
    return value ? "true" : "false";
  },
  decode: (text) => text === "true" ? true : text === "false" ? false : rejectText("boolean", text),
};

const HEX = /^(?:[0-9a-f]{2})*$/;

/**
 * Bytes, kept as hexadecimal digits.
 *
 * @example There and back
 * ```ts
 * import { bytes } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(bytes.decode(bytes.encode(new Uint8Array([1, 2]))), new Uint8Array([1, 2]));
 * ```
 */
export const bytes: IdType<Uint8Array> = {
  name: "bytes",
  encode(value: Uint8Array): string {
    if (!(value instanceof Uint8Array)) {
      throw new TypeError(`Cannot encode an id: ${value} is not a Uint8Array`);
    }
    return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  },
  decode(text: string): Uint8Array {
    if (!HEX.test(text)) return rejectText("bytes", text);
    return Uint8Array.from(
      { length: text.length / 2 },
      (_, index) => parseInt(text.slice(index * 2, index * 2 + 2), 16),
    );
  },
};

/**
 * Several ids that are one together, of a fixed length.
 *
 * @example A channel and a person in it
 * ```ts
 * import { bigint, string, tuple } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const member = tuple(bigint, string);
 * deepEqual(member.decode(member.encode([42n, "ada"])), [42n, "ada"]);
 * ```
 *
 * @param parts the types of its parts, in order
 */
export function tuple<T extends readonly unknown[]>(
  ...parts: { readonly [K in keyof T]: IdType<T[K]> }
): IdType<T> {
  const name = `tuple(${parts.map((part) => part.name).join(", ")})`;
  return {
    name,
    encode(value: T): string {
      if (!Array.isArray(value) || value.length !== parts.length) {
        throw new TypeError(
          `Cannot encode an id: its length is ${value?.length}, a ${name} has ${parts.length} parts`,
        );
      }
      return JSON.stringify(parts.map((part, index) => part.encode(value[index])));
    },
    decode(text: string): T {
      const texts = parseTexts(text);
      if (texts === undefined || texts.length !== parts.length || JSON.stringify(texts) !== text) {
        return rejectText(name, text);
      }
      // Each part was decoded by the type at its place.
      return parts.map((part, index) => part.decode(texts[index] ?? "")) as unknown as T;
    },
  };
}

function parseTexts(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((part) => typeof part === "string") ? value : undefined;
  } catch {
    // Whatever the parser says: it is not a text of ours, and the caller says so.
    return undefined;
  }
}

/**
 * An id type of your own. What it decodes is encoded again and compared, so that two texts never stand for one id.
 *
 * @example Room numbers
 * ```ts
 * import { custom } from "@chatbox50/chatbox50/core";
 * import { equal, throws } from "node:assert/strict";
 *
 * const room = custom<{ floor: number; door: number }>({
 *   name: "room",
 *   encode: ({ floor, door }) => `${floor}-${door}`,
 *   decode(text) {
 *     const [floor = NaN, door = NaN] = text.split("-").map(Number);
 *     return { floor, door };
 *   },
 * });
 * equal(room.decode("3-12").door, 12);
 * throws(() => room.decode("03-12"), { code: "bad_id" });
 * ```
 *
 * @param type how it is written and read; `decode` may throw whatever it likes
 */
export function custom<T>(type: IdType<T>): IdType<T> {
  const { name } = type;
  return {
    name,
    encode: (value) => type.encode(value),
    decode(text: string): T {
      let value: T;
      try {
        value = type.decode(text);
        if (type.encode(value) === text) return value;
      } catch (cause) {
        return rejectText(name, text, { cause });
      }
      return rejectText(name, text);
    },
  };
}
