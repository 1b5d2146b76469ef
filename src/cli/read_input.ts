import { parseArguments, SETTABLE_FLAGS } from "../config.ts";
import { quote } from "../config/config_error.ts";
import type { Command, CommandFlag, CommandInput } from "./commands.ts";

/** The command line asks for what does not exist. The message is one line. */
export class UsageError extends Error {
  /** Always `UsageError`. */
  override readonly name = "UsageError";
}

/** A command line, taken apart. */
export interface ReadInput {
  readonly input: CommandInput;
  /** The flags of settings, to be read with environment and `.env`. */
  readonly settings: readonly string[];
}

/**
 * Tells a command's own flags and operand from the settings, and checks them.
 *
 * @param name The command
 * @param args What follows it
 * @throws {ConfigError} on an unknown flag, or one without its value
 * @throws {UsageError} when something is missing or not allowed
 */
export function readInput(name: string, command: Command, args: readonly string[]): ReadInput {
  const { operand } = command;
  const own = Object.keys(command.flags);
  const switches = own.filter((flag) => command.flags[flag]?.switch === true);
  const { flags, operands } = parseArguments(
    args,
    [...own.filter((flag) => !switches.includes(flag)), ...SETTABLE_FLAGS],
    operand === undefined ? 0 : 1,
    switches,
  );
  const values = Object.entries(command.flags).map(([flag, spec]) =>
    [flag, readFlag(name, flag, spec, flags.get(flag))] as const
  );
  const settings = [...flags].filter(([flag]) => !own.includes(flag)).map(([flag, text]) =>
    `--${flag}=${text}`
  );
  return {
    input: { flags: Object.fromEntries(values), operand: readOperand(name, command, operands[0]) },
    settings,
  };
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
