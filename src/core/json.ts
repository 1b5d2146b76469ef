/** A value that survives JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** An object that survives JSON. */
export interface JsonObject {
  /** Every key is data, `__proto__` included. */
  readonly [key: string]: JsonValue;
}

/**
 * A copy of a value, if JSON keeps it as it is.
 *
 * @param what names the value in the error
 * @throws {TypeError} for anything that JSON would drop, change or refuse: `undefined`, NaN, a Date, a loop
 */
export function copyJson(value: unknown, what: string): JsonValue {
  return copy(value, what, new Set());
}

function copy(value: unknown, what: string, around: Set<unknown>): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "object" || around.has(value)) throw notJson(what, value);
  around.add(value);
  try {
    if (Array.isArray(value)) {
      return Array.from(value, (item, index) => copy(item, `${what}[${index}]`, around));
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw notJson(what, value);
    // Object.fromEntries defines its keys, so that `__proto__` is one like any other.
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, copy(item, `${what}.${key}`, around)]),
    );
  } finally {
    around.delete(value);
  }
}

function notJson(what: string, value: unknown): TypeError {
  const kind = typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : String(value);
  return new TypeError(
    `Cannot keep ${what}: it is ${kind}, allowed are text, finite numbers, true, false, null, and lists and plain objects of these`,
  );
}
