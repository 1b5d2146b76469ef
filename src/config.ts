/**
 * The configuration: read from flags, environment and `.env`, checked against one table, typed.
 *
 * @module
 */
import { ConfigError, reasonOf } from "./config/config_error.ts";
import type { Config } from "./config/options.ts";
import { parseConfig, SETTABLE_KEYS } from "./config/parse.ts";

export { ConfigError } from "./config/config_error.ts";
export { configHelp, configTableMarkdown } from "./config/help.ts";
export { type Config, OPTION_KEYS, type OptionKey } from "./config/options.ts";
export { type ConfigInput, parseConfig, SETTABLE_FLAGS, SETTABLE_KEYS } from "./config/parse.ts";
export { parseArguments } from "./config/flags.ts";
export { oneOf, type ValueType } from "./config/value_type.ts";

/**
 * Reads the configuration of this process: its environment, `.env` in the working directory, and flags.
 *
 * @param args The arguments after the command
 * @returns The complete configuration
 * @throws {ConfigError} On the first thing that is unknown or not allowed
 */
export function loadConfig(args: readonly string[]): Config {
  return parseConfig({
    args,
    // One by one: the executable may read these and no others.
    env: Object.fromEntries(SETTABLE_KEYS.map((key) => [key, Deno.env.get(key)])),
    dotenv: readDotenv(),
    readFile: (path) => Deno.readTextFileSync(path),
  });
}

function readDotenv(): string | undefined {
  try {
    return Deno.readTextFileSync(".env");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new ConfigError(`.env cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
