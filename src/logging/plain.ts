/** A value as JSON has it. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

// Deeper or wider values are cut: a log line is for reading, and a whole socket or request must not end up in it.
const MAX_DEPTH = 8;
const MAX_ITEMS = 200;

/**
 * Reads an object's own fields. One whose getter throws becomes a note instead of taking the others with it.
 *
 * @param object Anything but a function
 * @returns Its fields as `Object.entries` gives them
 */
export function readEntries(object: object): (readonly [string, unknown])[] {
  return Object.keys(object).map((key) => {
    try {
      return [key, (object as Readonly<Record<string, unknown>>)[key]] as const;
    } catch (error) {
      return [key, `[unreadable: ${error instanceof Error ? error.name : typeof error}]`] as const;
    }
  });
}

/**
 * Turns any value into one that JSON can carry: big integers become strings, errors objects with name, message, stack and cause,
 * cycles a note. Never throws, whatever getters do.
 *
 * @param value Anything
 * @param redact Takes secrets out of a text
 * @returns The plain value; `undefined` and functions become a note, too
 */
export function toPlain(value: unknown, redact: (text: string) => string): Plain {
  const open = new Set<object>();
  const visit = (value: unknown): Plain => {
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "string") return redact(value);
    if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
    if (typeof value !== "object") return redact(typeof value === "function" ? "[function]" : String(value));
    if (open.has(value)) return "[circular]";
    if (open.size >= MAX_DEPTH) return "[too deep]";
    open.add(value);
    try {
      return visitObject(value);
    } catch (error) {
      return `[unreadable: ${redact(error instanceof Error ? error.name : typeof error)}]`;
    } finally {
      open.delete(value);
    }
  };
  const visitObject = (value: object): Plain => {
    if (Error.isError(value)) return visitError(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
    if (value instanceof URL || value instanceof RegExp) return redact(String(value));
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (value instanceof Map) return visitItems([...value]);
    if (value instanceof Set) return visitItems([...value]);
    if (Array.isArray(value)) return visitItems(value);
    if ("toJSON" in value && typeof value.toJSON === "function") return visit(value.toJSON());
    return visitEntries(readEntries(value));
  };
  const visitItems = (items: readonly unknown[]): Plain => {
    const shown = items.slice(0, MAX_ITEMS).map(visit);
    return items.length > MAX_ITEMS ? [...shown, `[${items.length - MAX_ITEMS} more]`] : shown;
  };
  const visitEntries = (entries: readonly (readonly [string, unknown])[]): Plain =>
    Object.fromEntries(entries.slice(0, MAX_ITEMS).map(([key, item]) => [redact(key), visit(item)]));
  const visitError = (error: Error): Plain => {
    const { name, message, stack, cause } = error;
    const known = ["name", "message", "stack", "cause", "errors"];
    return visitEntries([
      ["name", name],
      ["message", message],
      ...(stack === undefined ? [] : [["stack", stack] as const]),
      ...(cause === undefined ? [] : [["cause", cause] as const]),
      ...(error instanceof AggregateError ? [["errors", error.errors] as const] : []),
      ...readEntries(error).filter(([key]) => !known.includes(key)),
    ]);
  };
  return visit(value);
}
