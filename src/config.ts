/**
 * The configuration: read from flags, environment and `.env`, checked against one table, typed.
 *
 * @module
 */
import { ConfigError, quote, reasonOf } from "./config/config_error.ts";
import { parseFlags } from "./config/flags.ts";
import type { Config } from "./config/options.ts";
import { CONFIG_FLAG, parseConfig, SETTABLE_FLAGS, SETTABLE_KEYS } from "./config/parse.ts";

export { ConfigError, UsageError } from "./config/config_error.ts";
export { configHelp, configTableMarkdown } from "./config/help.ts";
export { type Config, OPTION_KEYS, type OptionKey } from "./config/options.ts";
export { type ConfigInput, parseConfig, SETTABLE_FLAGS, SETTABLE_KEYS } from "./config/parse.ts";
export { type ArgumentSpec, parseArguments, type ReadArguments } from "./config/flags.ts";
export { oneOf, type ValueType } from "./config/value_type.ts";

/** The file that is read when the command line names no other. */
const DOTENV = ".env";

/**
 * Reads the configuration of this process: flags, its environment, and the file that `--config` names, or `.env` in the working
 * directory.
 *
 * @param args The arguments after the command
 * @returns The complete configuration
 * @throws {UsageError} On a command line with anything else than settings
 * @throws {ConfigError} On everything else that is unknown or not allowed
 */
export function loadConfig(args: readonly string[]): Config {
  const named = parseFlags(args, SETTABLE_FLAGS).get(CONFIG_FLAG);
  return parseConfig({
    args,
    // One by one: the executable may read these and no others.
    env: Object.fromEntries(SETTABLE_KEYS.map((key) => [key, Deno.env.get(key)])),
    dotenv: named === undefined ? readDotenv() : readNamed(named),
    dotenvName: named === undefined ? DOTENV : quote(named),
    readFile: (path) => Deno.readTextFileSync(path),
  });
}

/** What somebody names has to be there. */
function readNamed(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new ConfigError(`--${CONFIG_FLAG} names ${quote(path)}, which cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function readDotenv(): string | undefined {
  try {
    return Deno.readTextFileSync(DOTENV);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new ConfigError(`${DOTENV} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
