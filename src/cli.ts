/**
 * The command line.
 *
 * @module
 */
import { OPERATIONS } from "./app/operations.ts";
import { startApp } from "./app.ts";
import { COMMANDS } from "./cli/commands.ts";
import { type CliHost, denoHost } from "./cli/host.ts";
import { readInput, readLine } from "./cli/read_input.ts";
import { runCommand } from "./cli/run_command.ts";
import { serve } from "./cli/serve.ts";
import { commandHelpText, helpText, versionText } from "./cli/texts.ts";
import { ConfigError, UsageError } from "./config.ts";
import { didYouMean, quote } from "./config/config_error.ts";
import { EXIT } from "./start_error.ts";

/**
 * Does what the arguments say.
 *
 * @param args The arguments of the program
 * @param host The process
 * @returns What to end the process with, once everything is done
 */
export async function run(
  args: readonly string[],
  host: CliHost = denoHost(startApp, OPERATIONS),
): Promise<number> {
  const [name, rest] = args[0] === undefined || args[0].startsWith("-")
    ? ["serve", args]
    : [args[0], args.slice(1)];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const names = Object.keys(COMMANDS);
    host.printError(
      `chatbox50: Unknown command ${quote(name)}${didYouMean(name, names)}; commands are ${
        names.join(", ")
      }\n`,
    );
    return EXIT.usage;
  }
  try {
    const line = readLine(command, rest);
    if (name === "help" || line.switches.has("help")) {
      // The settings are what serve is about.
      host.print(command.run === undefined ? helpText() : commandHelpText(name, command));
      return EXIT.ok;
    }
    if (name === "version" || line.switches.has("version")) {
      host.print(versionText());
      return EXIT.ok;
    }
    const { input, settings } = readInput(name, command, line);
    return await (command.run === undefined
      ? serve(settings, host)
      : runCommand(command, input, settings, host));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    host.printError(`chatbox50: ${error.message}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.config;
  }
}
