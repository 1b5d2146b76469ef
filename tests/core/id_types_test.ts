import { equal, match, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  bigint,
  boolean,
  bytes,
  ChatBoxError,
  custom,
  type IdType,
  number,
  string,
  tuple,
  type Uuid,
  uuid,
} from "../../src/core/mod.ts";

const anyString = fc.string({ unit: "binary" });
const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true });
const anyBytes = fc.uint8Array();
const room = custom<{ floor: number }>({
  name: "room",
  encode: ({ floor }) => `floor ${floor}`,
  decode: (text) => ({ floor: Number(text.slice("floor ".length)) }),
});

/** Whatever values two ids have, each comes back as it was, and they share a text only when they are the same. */
function holds<T>(type: IdType<T>, values: fc.Arbitrary<T>): void {
  Deno.test(`${type.name} ids come back as they were, and different ids have different texts`, () => {
    fc.assert(fc.property(values, values, (a, b) => {
      equal(same(type.decode(type.encode(a)), a), true);
      equal(type.encode(a) === type.encode(b), same(a, b));
    }));
  });
  Deno.test(`${type.name} ids decode a text only if it is the one that encoding gives`, () => {
    fc.assert(fc.property(anyString, (text) => {
      let id: T;
      try {
        id = type.decode(text);
      } catch (error) {
        equal(error instanceof ChatBoxError && error.code, "bad_id");
        return;
      }
      equal(type.encode(id), text);
    }));
  });
}

// Deno's deepEqual takes 0 and -0 for the same.
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return left.length === right.length &&
    left.every(([key, value], index) => key === right[index]?.[0] && same(value, right[index]?.[1]));
}

// fast-check makes what has the form; the type's own brand is given by decoding it.
holds(uuid, fc.uuid().map((text): Uuid => uuid.decode(text)));
holds(string, anyString);
holds(number, fc.oneof(anyNumber, fc.constantFrom(0, -0, 1e21, 5e-324, Number.MAX_VALUE, 2 ** 53)));
holds(bigint, fc.bigInt());
holds(boolean, fc.boolean());
holds(bytes, anyBytes);
holds(tuple(string, number, bytes), fc.tuple(anyString, anyNumber, anyBytes));
holds(tuple(tuple(string, string), string), fc.tuple(fc.tuple(anyString, anyString), anyString));
holds(room, fc.record({ floor: fc.integer() }));

Deno.test("Id types name the type and the text when they cannot decode", () => {
  const cases: readonly (readonly [{ decode(text: string): unknown }, string, RegExp])[] = [
    [uuid, "6BA7B810-9DAD-41D1-80B4-00C04FD430C8", /"6BA7B810-9DAD-41D1-80B4-00C04FD430C8" is not a uuid/],
    [number, "NaN", /"NaN" is not a number/],
    [number, "1.0", /"1.0" is not a number/],
    [number, "", /"" is not a number/],
    [bigint, "-0", /"-0" is not a bigint/],
    [bigint, "1n", /"1n" is not a bigint/],
    [boolean, "yes", /"yes" is not a boolean/],
    [bytes, "AB", /"AB" is not a bytes/],
    [bytes, "abc", /"abc" is not a bytes/],
    [tuple(string, bigint), '["a","b"]', /"b" is not a bigint/],
    [tuple(string), '["a", "b"]', /is not a tuple\(string\)/],
    [tuple(string), '[ "a"]', /is not a tuple\(string\)/],
    [room, "floor 01", /"floor 01" is not a room/],
  ];
  for (const [type, text, message] of cases) {
    throws(() => type.decode(text), (error) => {
      equal(error instanceof ChatBoxError && error.code, "bad_id");
      match(String(error), message);
      return true;
    });
  }
});

Deno.test("Id types refuse to encode what is not of their type", () => {
  for (const value of [NaN, Infinity]) throws(() => number.encode(value), TypeError);
  // What a caller without types may pass.
  const untyped = (type: { encode(value: never): string }, value: unknown): void =>
    throws(() => Reflect.apply(type.encode, type, [value]), TypeError);
  untyped(string, 1);
  untyped(bigint, 1);
  untyped(boolean, 0);
  untyped(bytes, [1]);
  untyped(tuple(string, string), ["a"]);
  untyped(uuid, "not a uuid");
});
