import { parseArgs } from "node:util";
import { didYouMean, quote, UsageError } from "./config_error.ts";

/** What may be on a command line. */
export interface ArgumentSpec {
  /** The flags that take a value, without the dashes. */
  readonly flags: readonly string[];
  /** The flags that take none. */
  readonly switches?: readonly string[];
  /** How many operands there may be. */
  readonly operands?: number;
}

/** What a command line says. */
export interface ReadArguments {
  /** The value of every flag that was given, by its name without the dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** The switches that were given. */
  readonly switches: ReadonlySet<string>;
  /** What is no flag, in order. */
  readonly operands: readonly string[];
}

/**
 * Reads flags: `--port 8000` or `--port=8000`. A value is never repeated in a message: that of a mistyped flag may be a secret.
 *
 * @param args The arguments after the command
 * @param flags The flags that exist, without the dashes; each takes a value
 * @returns The value of every flag that was given
 * @throws {UsageError} On anything else than known flags, each once and with its value
 */
export function parseFlags(args: readonly string[], flags: readonly string[]): ReadonlyMap<string, string> {
  return parseArguments(args, { flags }).flags;
}

/**
 * Reads flags, as {@link parseFlags} does, switches such as `--help` (also `-h`), and operands such as a file.
 *
 * @param args The arguments after the command
 * @param spec What there may be
 * @throws {UsageError} On anything else
 */
export function parseArguments(
  args: readonly string[],
  { flags, switches = [], operands = 0 }: ArgumentSpec,
): ReadArguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(flags.map((flag) => [flag, { type: "string" as const }])),
      ...Object.fromEntries(switches.map((name) => [name, { type: "boolean" as const }])),
      ...(switches.includes("help") && { help: { type: "boolean" as const, short: "h" } }),
    },
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string>();
  const given = new Set<string>();
  const words: string[] = [];
  const onlyFlags = flags.length === 0
    ? "nothing more may stand here"
    : "only flags may follow, as --NAME VALUE or --NAME=VALUE; see --help";
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (words.push(token.value) <= operands) continue;
      throw new UsageError(
        operands === 0
          ? `Argument ${token.index + 1} is not a flag; ${onlyFlags}`
          : `Argument ${token.index + 1} is one too many; ${onlyFlags}`,
      );
    }
    if (values.has(token.name) || given.has(token.name)) {
      throw new UsageError(`Flag --${token.name} is given twice`);
    }
    if (switches.includes(token.name)) {
      if (token.value !== undefined) throw new UsageError(`Flag ${token.rawName} takes no value`);
      given.add(token.name);
      continue;
    }
    if (!flags.includes(token.name)) {
      const guess = didYouMean(token.rawName, [...flags, ...switches].map((flag) => `--${flag}`));
      throw new UsageError(
        `Unknown flag ${quote(token.rawName)}${guess || "; see --help for the flags that exist"}`,
      );
    }
    // without strict, parseArgs takes the next flag for a missing value
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith("-"))) {
      throw new UsageError(`Flag --${token.name} needs a value, as in --${token.name}=VALUE`);
    }
    values.set(token.name, token.value);
  }
  return { flags: values, switches: given, operands: words };
}
