/**
 * Looks at what comes in from outside, before anything is done with it: the one place that says what is allowed. What it lets
 * through is a copy that nobody can change any more, so that every store keeps the same, whatever the caller does afterwards.
 *
 * @module
 */
import { ChatBoxError } from "./errors.ts";
import { isUuid, type Uuid } from "./id_type.ts";
import { copyJson, isPlainObject, type JsonObject, type JsonValue, MAX_JSON_DEPTH } from "./json.ts";

/**
 * Throws the error for a value that is not allowed.
 *
 * @param action what was to be done, for "Cannot <action>"
 * @param what names the value
 * @param allowed what may stand there instead
 */
export function refuse(
  action: string,
  what: string,
  value: unknown,
  allowed: string,
  options?: ErrorOptions,
): never {
  const words = `Cannot ${action}: ${what} is ${show(value)}, allowed ${allowed}`;
  throw new ChatBoxError("bad_value", words, options);
}

/** A value as an error shows it: short, and what kind it is where its text does not tell. */
function show(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(shorten(value));
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return `an ${Object.prototype.toString.call(value).slice(8, -1)}`;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** Whole numbers from `least`, exactly kept by a number. */
export function checkWhole(action: string, what: string, value: unknown, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  return refuse(action, what, value, `are whole numbers from ${least}`);
}

/** Milliseconds above 0, and `Infinity` where `forever` says so. */
export function checkDuration(action: string, what: string, value: unknown, forever = false): number {
  const fits = typeof value === "number" && value > 0 && (forever || Number.isFinite(value));
  if (fits) return value;
  return refuse(action, what, value, `are milliseconds above 0${forever ? " and Infinity" : ""}`);
}

/** Any text: zero bytes and unpaired surrogates are kept, too. */
export function checkText(action: string, what: string, value: unknown): string {
  return typeof value === "string" ? value : refuse(action, what, value, "is text");
}

/** A text that says something. */
export function checkName(action: string, what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  return refuse(action, what, value, "is any text that is not empty");
}

/** One of a few values. */
export function checkOneOf<T>(action: string, what: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  return refuse(action, what, value, `are ${allowed.map(show).join(" and ")}`);
}

/** A function, or `undefined` for none. */
export function checkCallback<T>(action: string, what: string, value: T): T {
  if (value === undefined || typeof value === "function") return value;
  return refuse(action, what, value, "are functions and undefined");
}

/** A function. */
export function checkFunction<T>(action: string, what: string, value: T): T {
  return typeof value === "function" ? value : refuse(action, what, value, "are functions");
}

/** Options, or whatever else comes as an object with fields. */
export function checkFields<T>(action: string, what: string, value: T): T {
  if (typeof value === "object" && value !== null) return value;
  return refuse(action, what, value, "are objects with its fields");
}

/** A UUID. */
export function checkUid(action: string, value: unknown): Uuid {
  return typeof value === "string" && isUuid(value)
    ? value
    : refuse(action, "uid", value, "is a UUID in lower case");
}

/** A frozen copy of a JSON value. */
export function checkJson(action: string, what: string, value: unknown): JsonValue {
  return copyJson(value, (where, found) =>
    refuse(
      action,
      `${what}${shorten(where)}`,
      found,
      `are text, finite numbers, true, false, null, and lists and plain objects of these, ${MAX_JSON_DEPTH} deep at most`,
    ));
}

/** A plain object; whatever is in it. */
export function checkPlain<T>(action: string, what: string, value: T): T & object {
  return isPlainObject(value) ? value : refuse(action, what, value, "are plain objects of JSON values");
}

/** A frozen copy of an object of JSON values. */
export function checkJsonObject(action: string, what: string, value: unknown): JsonObject {
  // A plain object comes out as one.
  return checkJson(action, what, checkPlain(action, what, value)) as JsonObject;
}

/** A frozen list of text. */
export function checkTexts(action: string, what: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return refuse(action, what, value, "are lists of text");
  return Object.freeze(Array.from(value, (item, index) => checkText(action, `${what}[${index}]`, item)));
}
