import { ConfigError, quote } from "./config_error.ts";

const ASSIGNMENT = /^(?:export\s+)?([^\s=#'"]+)\s*=\s*(.*)$/;
const QUOTED = /^(["'`])(.*?)\1\s*(?:#.*)?$/;

/** A line of a settings file that sets something. */
export interface DotenvEntry {
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What a file of settings contains. */
export interface Dotenv {
  /** The value and line of every key; the first where one is set again. */
  readonly entries: ReadonlyMap<string, DotenvEntry>;
  /** Every line that is no assignment, or a second one of the same key. No message repeats the line, which may be a secret. */
  readonly problems: readonly ConfigError[];
}

/**
 * Reads a file of settings such as `.env`: `KEY=value`, optionally after `export`, in single, double or back quotes (`\n` in double quotes is a line break),
 * with `#` comments. Strict where the usual parsers (and `node:util` parseEnv, which Deno 2.6 lacks) pass over what
 * they cannot read: here a setting must never be ignored, and one bad line hides no other.
 *
 * @param text What the file contains
 * @param name How messages call the file
 * @returns What it sets, and what is wrong with it
 */
export function parseDotenv(text: string, name = ".env"): Dotenv {
  const entries = new Map<string, DotenvEntry>();
  const problems: ConfigError[] = [];
  const refuse = (words: string): void => void problems.push(new ConfigError(`${name} line ${words}`));
  for (const [index, rawLine] of text.split(/\r\n|\n|\r/).entries()) {
    const line = rawLine.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, key, raw = ""] = ASSIGNMENT.exec(line) ?? [];
    if (key === undefined) {
      refuse(`${index + 1} is not KEY=value`);
      continue;
    }
    const value = unquote(raw);
    if (value === undefined) {
      refuse(`${index + 1}: the quotes of ${quote(key)} do not match`);
      continue;
    }
    const earlier = entries.get(key);
    if (earlier !== undefined) {
      refuse(`${index + 1} sets ${quote(key)} again, after line ${earlier.line}`);
      continue;
    }
    entries.set(key, { value, line: index + 1 });
  }
  return { entries, problems };
}

function unquote(raw: string): string | undefined {
  if (!/^["'`]/.test(raw)) return raw.replace(/(?:^|\s+)#.*$/, "");
  const [, mark, inner] = QUOTED.exec(raw) ?? [];
  if (mark === undefined || inner === undefined || inner.includes(mark)) return undefined;
  return mark === '"' ? inner.replaceAll("\\n", "\n") : inner;
}
