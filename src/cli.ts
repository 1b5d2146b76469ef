/**
 * The command line.
 *
 * @module
 */
import { startApp } from "./app.ts";
import { type CliHost, denoHost } from "./cli/host.ts";
import { serve } from "./cli/serve.ts";
import { type Command, COMMANDS, helpText, versionText } from "./cli/texts.ts";
import { didYouMean, quote } from "./config/config_error.ts";
import { EXIT } from "./start_error.ts";

/**
 * Does what the arguments say.
 *
 * @param args The arguments of the program
 * @param host The process
 * @returns What to end the process with, once everything is done
 */
export async function run(args: readonly string[], host: CliHost = denoHost(startApp)): Promise<number> {
  const [command, flags] = args[0] === undefined || args[0].startsWith("-")
    ? ["serve", args]
    : [args[0], args.slice(1)];
  if (!isCommand(command)) {
    const names = Object.keys(COMMANDS);
    host.printError(
      `chatbox50: Unknown command ${quote(command)}${didYouMean(command, names)}; commands are ${
        names.join(", ")
      }\n`,
    );
    return EXIT.usage;
  }
  if (command === "help" || flags.includes("--help") || flags.includes("-h")) {
    host.print(helpText());
    return EXIT.ok;
  }
  if (command === "version" || flags.includes("--version")) {
    host.print(versionText());
    return EXIT.ok;
  }
  return await serve(flags, host);
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(COMMANDS, name);
}
