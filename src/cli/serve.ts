import type { Logger } from "../core/mod.ts";
import { configureLogging, makeLogger, stopLogging } from "../logging.ts";
import { EXIT } from "../start_error.ts";
import { type CliHost, type RunningApp, SIGNAL_EXIT, type StopSignal } from "./host.ts";
import { reportError, secretsOf } from "./run_command.ts";
import type { Supervisor } from "./supervisor.ts";
import { TOKEN_HELP } from "./texts.ts";

/**
 * Runs the server until it is asked to stop.
 *
 * @param args The flags
 * @param host The process
 * @returns What to end the process with
 * @throws {ConfigError} when the configuration cannot be used
 */
export async function serve(args: readonly string[], host: CliHost): Promise<number> {
  const config = host.loadConfig(args);
  if (config.discordToken === undefined) {
    host.printError(TOKEN_HELP);
    return EXIT.config;
  }
  configureLogging({
    ...host.logging,
    level: config.logLevel,
    format: config.logFormat ?? host.logging.format,
    secrets: secretsOf(config),
  });
  const logger = makeLogger("cli");
  const stopping = new AbortController();
  const signalled = Promise.withResolvers<StopSignal>();
  using cleanup = new DisposableStack();
  cleanup.defer(stopLogging);
  cleanup.defer(host.onFault(({ kind, error }) => logger.error("Unhandled error", { kind, error })));
  cleanup.defer(host.onSignal((signal) => {
    if (stopping.signal.aborted) return host.exit(SIGNAL_EXIT[signal]);
    stopping.abort(signal);
    signalled.resolve(signal);
  }));
  try {
    const app = await host.startApp(config, { makeLogger, signal: stopping.signal });
    const supervisor = config.systemdNotify === "stdout" ? host.supervisor() : undefined;
    cleanup.defer(() => supervisor?.end());
    supervisor?.ready(`Serving ${app.addresses.join(", ")}`);
    return await runUntilStopped(app, signalled.promise, logger, supervisor);
  } catch (error) {
    // a start that was called off by a signal is no failure
    if (stopping.signal.aborted && error === stopping.signal.reason) return EXIT.ok;
    return reportError(error, secretsOf(config), host);
  }
}

async function runUntilStopped(
  app: RunningApp,
  signalled: Promise<StopSignal>,
  logger: Logger,
  supervisor: Supervisor | undefined,
): Promise<number> {
  logger.debug("Waiting for a signal", { addresses: app.addresses });
  const ended = await Promise.race([app.finished, signalled]);
  if (typeof ended === "object") return ended.exitCode;
  logger.info("Stopping", { signal: ended });
  supervisor?.stopping();
  await app.stop(ended);
  return EXIT.ok;
}
