// Everything that would break the line, move the cursor or reorder what is read.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
// What a bot's token looks like: someone may have put it under the wrong key.
const BOT_TOKEN = /[\w-]{17,}\.[\w-]{5,}\.[\w-]{20,}/g;
// Longest part of a bad value that is shown.
const SHOWN_LENGTH = 80;

/** The configuration is not usable. The message is one line for the operator and never contains a secret. */
export class ConfigError extends Error {
  /** `ConfigError`, or that of a class below it. */
  override readonly name: string = "ConfigError";
  /** Everything that is wrong, a line each; the message is the first. */
  readonly problems: readonly string[];

  /**
   * @param message One line for the operator
   * @param options The error behind it, and what else is wrong
   */
  constructor(message: string, options: ErrorOptions & { readonly more?: readonly string[] } = {}) {
    super(message, options);
    this.problems = [message, ...options.more ?? []];
  }
}

/** The command line asks for what does not exist. The message is one line, and never contains a value. */
export class UsageError extends ConfigError {
  /** Always `UsageError`. */
  override readonly name = "UsageError";
}

/**
 * Quotes what somebody typed so that it stays on one line.
 *
 * @param text Anything
 * @returns The text in double quotes, shortened, without anything that looks like a bot's token or an address's password, and with every unprintable
 * character escaped
 */
export function quote(text: string): string {
  const characters = [...text.replace(/\/\/[^/]*@/g, "//***@").replace(BOT_TOKEN, "***")];
  const shown = characters.slice(0, SHOWN_LENGTH).join("") + (characters.length > SHOWN_LENGTH ? "..." : "");
  return JSON.stringify(shown).replace(
    UNSAFE,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  NotFound: "there is no such file",
  PermissionDenied: "permission denied",
  NotCapable: "permission denied",
  IsADirectory: "it is a directory",
};

/**
 * Says why a file could not be read.
 *
 * @param error What was thrown
 * @returns A few words
 */
export function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : "unknown error";
  return REASONS[name] ?? quote(name);
}

/**
 * Finds what was probably meant.
 *
 * @param word What was typed
 * @param words What exists
 * @returns `, did you mean X?` or nothing
 */
export function didYouMean(word: string, words: readonly string[]): string {
  let best: string | undefined;
  // one slip in three characters, at most three: more would suggest what was not meant
  let bestDistance = Math.min(3, Math.floor(word.length / 3)) + 1;
  for (const candidate of words) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? "" : `, did you mean ${best}?`;
}

// Insertions, deletions, replacements and swaps of neighbors.
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(
        at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        at(last, j) + 1,
        at(row, j - 1) + 1,
        swapped ? at(beforeLast, j - 2) + 1 : Infinity,
      ));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
