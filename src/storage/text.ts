/**
 * SQLite's text is UTF-8 that ends at a zero byte on the way back, and JavaScript's strings may hold zero bytes and unpaired
 * surrogates. So those are written as the escape character and four hexadecimal digits, and the escape character likewise:
 * whatever string goes in comes out.
 *
 * @module
 */

// deno-lint-ignore no-control-regex -- they are what this is about
const UNSAFE = /[\0\x1b\p{Surrogate}]/u;
// deno-lint-ignore no-control-regex -- they are what this is about
const EVERY_UNSAFE = /[\0\x1b\p{Surrogate}]/gu;
// deno-lint-ignore no-control-regex -- they are what this is about
const EVERY_ESCAPE = /\x1b([0-9a-f]{4})/g;

/** A string as it is stored. */
export function toText(string: string): string {
  if (!UNSAFE.test(string)) return string;
  return string.replace(EVERY_UNSAFE, (unit) => `\x1b${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The string that was stored. */
export function fromText(text: string): string {
  if (!text.includes("\x1b")) return text;
  return text.replace(EVERY_ESCAPE, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
