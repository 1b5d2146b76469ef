import { parseArgs } from "node:util";
import { ConfigError, didYouMean, quote } from "./config_error.ts";

/** What a command line says. */
export interface ReadArguments {
  /** The value of every flag that was given, by its name without the dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** What is no flag, in order. */
  readonly operands: readonly string[];
}

/**
 * Reads flags: `--port 8000` or `--port=8000`. A value is never repeated in a message: that of a mistyped flag may be a secret.
 *
 * @param args The arguments after the command
 * @param flags The flags that exist, without the dashes; each takes a value
 * @returns The value of every flag that was given
 * @throws {ConfigError} On anything else than known flags, each once and with its value
 */
export function parseFlags(args: readonly string[], flags: readonly string[]): ReadonlyMap<string, string> {
  return parseArguments(args, flags, 0).flags;
}

/**
 * Reads flags, as {@link parseFlags} does, and operands such as a file.
 *
 * @param args The arguments after the command
 * @param flags The flags that exist, without the dashes; each takes a value
 * @param operands How many operands there may be
 * @param switches Flags that take no value; one that is given has the value `yes`
 * @throws {ConfigError} On anything else
 */
export function parseArguments(
  args: readonly string[],
  flags: readonly string[],
  operands: number,
  switches: readonly string[] = [],
): ReadArguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries([
      ...flags.map((flag) => [flag, { type: "string" as const }]),
      ...switches.map((flag) => [flag, { type: "boolean" as const }]),
    ]),
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string>();
  const given: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (given.push(token.value) <= operands) continue;
      throw new ConfigError(`Argument ${token.index + 1} is not a flag; flags look like --port 8000`);
    }
    if (token.kind === "option-terminator") continue;
    if (values.has(token.name)) throw new ConfigError(`Flag --${token.name} is given twice`);
    if (switches.includes(token.name)) {
      if (token.value !== undefined) throw new ConfigError(`Flag --${token.name} takes no value`);
      values.set(token.name, "yes");
      continue;
    }
    if (!flags.includes(token.name)) {
      const guess = didYouMean(token.rawName, [...flags, ...switches].map((flag) => `--${flag}`));
      throw new ConfigError(
        `Unknown flag ${quote(token.rawName)}${guess || "; see --help for the flags that exist"}`,
      );
    }
    // without strict, parseArgs takes the next flag for a missing value
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith("-"))) {
      throw new ConfigError(`Flag --${token.name} needs a value, as in --${token.name}=VALUE`);
    }
    values.set(token.name, token.value);
  }
  return { flags: values, operands: given };
}
