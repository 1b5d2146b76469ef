import { ConfigError, quote } from "./config_error.ts";

const ASSIGNMENT = /^(?:export\s+)?([^\s=#'"]+)\s*=\s*(.*)$/;
const QUOTED = /^(["'`])(.*?)\1\s*(?:#.*)?$/;

/** A line of a settings file that sets something. */
export interface DotenvEntry {
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * Reads a file of settings such as `.env`: `KEY=value`, optionally after `export`, in single, double or back quotes (`\n` in double quotes is a line break),
 * with `#` comments. Strict where the usual parsers (and `node:util` parseEnv, which Deno 2.6 lacks) pass over what
 * they cannot read: here a setting must never be ignored.
 *
 * @param text What the file contains
 * @param name How messages call the file
 * @returns The value and line of every key
 * @throws {ConfigError} On a line that is no assignment, or a second one of the same key; the message does not repeat the line,
 * which may be a secret
 */
export function parseDotenv(text: string, name = ".env"): ReadonlyMap<string, DotenvEntry> {
  const entries = new Map<string, DotenvEntry>();
  for (const [index, rawLine] of text.split(/\r\n|\n|\r/).entries()) {
    const line = rawLine.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, key, raw = ""] = ASSIGNMENT.exec(line) ?? [];
    if (key === undefined) throw new ConfigError(`${name} line ${index + 1} is not KEY=value`);
    const value = unquote(raw);
    if (value === undefined) {
      throw new ConfigError(`${name} line ${index + 1}: the quotes of ${quote(key)} do not match`);
    }
    const earlier = entries.get(key);
    if (earlier !== undefined) {
      throw new ConfigError(`${name} line ${index + 1} sets ${quote(key)} again, after line ${earlier.line}`);
    }
    entries.set(key, { value, line: index + 1 });
  }
  return entries;
}

function unquote(raw: string): string | undefined {
  if (!/^["'`]/.test(raw)) return raw.replace(/(?:^|\s+)#.*$/, "");
  const [, mark, inner] = QUOTED.exec(raw) ?? [];
  if (mark === undefined || inner === undefined || inner.includes(mark)) return undefined;
  return mark === '"' ? inner.replaceAll("\\n", "\n") : inner;
}
