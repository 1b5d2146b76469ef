/**
 * A value that survives JSON.
 *
 * @example What a property may be
 * ```ts
 * import type { JsonValue } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const value: JsonValue = { page: "/prices", visits: [1, 2], member: null };
 * deepEqual(JSON.parse(JSON.stringify(value)), value);
 * ```
 */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/**
 * An object that survives JSON.
 *
 * @example Prototype keys are data
 * ```ts
 * import type { JsonObject } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const value: JsonObject = JSON.parse('{"__proto__": 1}');
 * deepEqual(Object.entries(value), [["__proto__", 1]]);
 * ```
 */
export interface JsonObject {
  /** Every key is data, `__proto__` included. */
  readonly [key: string]: JsonValue;
}

/** Tells whether a value is an object like those that JSON makes, and not a list, a Date or a class of its own. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** How deep lists and objects may lie in each other: what is read and written step by step into the depth must not run out of stack. */
export const MAX_JSON_DEPTH = 500;

/**
 * A frozen copy of a value, if JSON keeps it as it is.
 *
 * @param reject called for anything that JSON would drop, change or refuse (`undefined`, NaN, a Date, a loop), and for what lies too deep, with where it is:
 *   `.list[2]` for example
 */
export function copyJson(value: unknown, reject: (where: string, found: unknown) => never): JsonValue {
  return copy(value, "", new Set(), reject);
}

function copy(
  value: unknown,
  where: string,
  around: Set<unknown>,
  reject: (where: string, found: unknown) => never,
): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  // JSON has no -0, and what is kept must not depend on the store.
  if (typeof value === "number" && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (around.has(value) || around.size === MAX_JSON_DEPTH) return reject(where, value);
  if (Array.isArray(value)) {
    around.add(value);
    const items = Array.from(value, (item, index) => copy(item, `${where}[${index}]`, around, reject));
    around.delete(value);
    return Object.freeze(items);
  }
  if (!isPlainObject(value)) return reject(where, value);
  around.add(value);
  const entries = Object.entries(value).map(([key, item]) =>
    [key, copy(item, `${where}.${key}`, around, reject)] as const
  );
  around.delete(value);
  // Object.fromEntries defines its keys, so that `__proto__` is one like any other.
  return Object.freeze(Object.fromEntries(entries));
}
