import { type Config, ConfigError, parseConfig } from "../config.ts";
import { configureLogging, makeLogger, stopLogging } from "../logging.ts";
import { makeRedactor } from "../logging/redactor.ts";
import { EXIT, StartError } from "../start_error.ts";
import type { Command, CommandInput } from "./commands.ts";
import { type CliHost, SIGNAL_EXIT, type StopSignal } from "./host.ts";

/** What a command without settings runs with. */
const DEFAULTS = parseConfig({ args: [], env: {}, readFile: () => "" });

/**
 * Runs a command that comes to an end by itself.
 *
 * @param command From the table, one that has `run`
 * @param input What it was given
 * @param settings Flags of the settings
 * @param host The process
 * @returns What to end the process with
 * @throws {ConfigError} when the configuration cannot be used, and the command has nothing of its own to say to that
 */
export async function runCommand(
  command: Command,
  input: CommandInput,
  settings: readonly string[],
  host: CliHost,
): Promise<number> {
  const { run, misconfigured } = command;
  if (run === undefined) throw new TypeError("Cannot run the command: it has nothing to run");
  let config: Config;
  try {
    config = command.settings ? host.loadConfig(settings) : DEFAULTS;
  } catch (error) {
    if (!(error instanceof ConfigError) || misconfigured === undefined) throw error;
    misconfigured(host.operations, (text) => host.print(text), error.problems);
    return EXIT.config;
  }
  const secrets = secretsOf(config);
  configureLogging({
    ...host.logging,
    // A command speaks for itself; what went wrong inside is for those who ask.
    level: config.logLevel === "info" ? "error" : config.logLevel,
    format: config.logFormat ?? host.logging.format,
    secrets,
  });
  const stopping = new AbortController();
  let signalled: StopSignal | undefined;
  using cleanup = new DisposableStack();
  cleanup.defer(stopLogging);
  cleanup.defer(() => host.progress(""));
  cleanup.defer(host.onSignal((signal) => {
    if (signalled !== undefined) return host.exit(SIGNAL_EXIT[signal]);
    signalled = signal;
    stopping.abort(signal);
  }));
  try {
    const reason = await run(host.operations, {
      config,
      logger: makeLogger("cli"),
      print: (text) => host.print(text),
      progress: (text) => host.progress(text),
      signal: stopping.signal,
    }, input);
    return reason === undefined ? EXIT.ok : EXIT[reason];
  } catch (error) {
    host.progress("");
    if (signalled !== undefined && error === stopping.signal.reason) return SIGNAL_EXIT[signalled];
    return reportError(error, secrets, host);
  }
}

/** What must not be seen anywhere. */
export function secretsOf({ discordToken, metricsToken, identitySecret }: Config): readonly string[] {
  return [discordToken, metricsToken, identitySecret].filter((secret) => secret !== undefined);
}

/**
 * Says in one line what the operator can do something about; anything else is a fault of ours, and goes to the log.
 *
 * @returns What to end the process with
 */
export function reportError(error: unknown, secrets: readonly string[], host: CliHost): number {
  const logger = makeLogger("cli");
  if (!(error instanceof StartError)) {
    logger.error("Ended by an error", { error });
    return EXIT.software;
  }
  logger.debug("Cannot go on", { error });
  host.printError(`chatbox50: ${makeRedactor(secrets)(error.message).replace(/\s*[\r\n]\s*/g, " ")}\n`);
  return error.exitCode;
}
