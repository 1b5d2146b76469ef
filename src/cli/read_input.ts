import {
  type ArgumentSpec,
  parseArguments,
  type ReadArguments,
  SETTABLE_FLAGS,
  UsageError,
} from "../config.ts";
import { quote } from "../config/config_error.ts";
import type { Command, CommandFlag, CommandInput } from "./commands.ts";

/** What every command can be asked instead of doing its work. */
export const QUESTIONS = ["help", "version"] as const;

/** A command line, taken apart. */
export interface ReadInput {
  readonly input: CommandInput;
  /** The flags of settings, to be read with environment and file. */
  readonly settings: readonly string[];
}

/**
 * Takes a command line apart, without a look at the values.
 *
 * @param command What it belongs to
 * @param args What follows the command
 * @throws {UsageError} on what the command does not know, or a flag without its value
 */
export function readLine(command: Command, args: readonly string[]): ReadArguments {
  const spec: ArgumentSpec = {
    flags: [
      ...Object.keys(command.flags).filter((flag) => !isSwitch(command, flag)),
      ...(command.settings ? SETTABLE_FLAGS : []),
    ],
    switches: [...Object.keys(command.flags).filter((flag) => isSwitch(command, flag)), ...QUESTIONS],
    operands: command.operand === undefined ? 0 : 1,
  };
  return parseArguments(args, spec);
}

/**
 * Tells a command's own flags and operand from the settings, and checks them.
 *
 * @param name The command
 * @param line What {@link readLine} has made
 * @throws {UsageError} when something is missing or not allowed
 */
export function readInput(name: string, command: Command, line: ReadArguments): ReadInput {
  const { flags, switches, operands } = line;
  const own = Object.keys(command.flags);
  const values = Object.entries(command.flags).map(([flag, spec]) =>
    [flag, readFlag(name, flag, spec, switches.has(flag) ? "yes" : flags.get(flag))] as const
  );
  const settings = [...flags].filter(([flag]) => !own.includes(flag)).map(([flag, text]) =>
    `--${flag}=${text}`
  );
  return {
    input: { flags: Object.fromEntries(values), operand: readOperand(name, command, operands[0]) },
    settings,
  };
}

function isSwitch(command: Command, flag: string): boolean {
  return command.flags[flag]?.switch === true;
}

function readFlag(
  name: string,
  flag: string,
  spec: CommandFlag<unknown>,
  given: string | undefined,
): unknown {
  const text = given ?? spec.fallback;
  if (text === undefined) {
    if (spec.required !== true) return undefined;
    throw new UsageError(`${name} needs --${flag} ${spec.type.placeholder}: ${spec.type.allowed}`);
  }
  const value = spec.type.parse(text.trim());
  if (value === undefined) {
    throw new UsageError(`--${flag} is ${quote(text)}; allowed: ${spec.type.allowed}`);
  }
  return value;
}

function readOperand(name: string, { operand }: Command, text: string | undefined): unknown {
  if (operand === undefined) return undefined;
  if (text === undefined) throw new UsageError(`${name} needs ${operand.name}: ${operand.type.allowed}`);
  const value = operand.type.parse(text);
  if (value === undefined) {
    throw new UsageError(`${operand.name} is ${quote(text)}; allowed: ${operand.type.allowed}`);
  }
  return value;
}
