import { type Config, loadConfig } from "../config.ts";
import type { Operations } from "../app/operations.ts";
import type { LoggerFactory, LoggingOptions } from "../logging.ts";
import { goesToJournal } from "../logging/journal.ts";
import { StartError } from "../start_error.ts";

import { Supervisor } from "./supervisor.ts";

/** A signal that asks the program to end. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** What a shell reports for a program that a signal ended: 128 and the signal's number. */
export const SIGNAL_EXIT: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** An exception or a rejection that nobody handled. */
export interface Fault {
  /** Thrown, or a promise. */
  readonly kind: "exception" | "rejection";
  /** What was thrown, or the promise's reason. */
  readonly error: unknown;
}

/** What `serve` needs of the running program. */
export interface RunningApp {
  /** Where it listens, as addresses to open. */
  readonly addresses: readonly string[];
  /** Resolves when it has ended by itself, or after {@link RunningApp.stop}. */
  readonly finished: Promise<{ readonly exitCode: number }>;
  /** Ends it in good order. */
  stop(reason: string): Promise<void>;
}

/** Starts the program; throws a `StartError` for what the operator can do something about. */
export type StartApp = (
  config: Config,
  options: { readonly makeLogger: LoggerFactory; readonly signal: AbortSignal },
) => Promise<RunningApp>;

/** What the command line touches of the process. Tests bring their own. */
export interface CliHost {
  /** Reads the configuration; throws a `ConfigError`. */
  readonly loadConfig: (args: readonly string[]) => Config;
  /** Starts what `serve` runs. */
  readonly startApp: StartApp;
  /** What the other commands do. */
  readonly operations: Operations;
  /**
   * Writes to standard output.
   *
   * @returns false when nobody reads any more, as in `chatbox50 help | head -1`
   * @throws {StartError} when it cannot be written, to a full disk for example
   */
  print(text: string): boolean;
  /** Shows on a terminal how long work goes; an empty text takes it away. */
  progress(text: string): void;
  /** Writes to standard error. */
  printError(text: string): void;
  /** How logs look when the configuration does not say. */
  readonly logging: Pick<LoggingOptions, "format" | "colors" | "journal" | "write">;
  /** Gives what tells systemd how the server is, where standard output is its notification socket. */
  supervisor(): Supervisor;
  /** Calls back on every signal; the returned function ends that. */
  onSignal(callback: (signal: StopSignal) => void): () => void;
  /** Takes over what nobody handled, so that it does not end the process; the returned function ends that. */
  onFault(callback: (fault: Fault) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The variables that systemd sets for a service; there are no others besides the settings' own. */
export const SYSTEMD_VARIABLES = ["JOURNAL_STREAM", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/**
 * The real process.
 *
 * @param startApp What `serve` starts
 * @param operations What the other commands do
 * @returns Its standard streams, signals, environment and files
 */
export function denoHost(startApp: StartApp, operations: Operations): CliHost {
  const terminal = Deno.stderr.isTerminal();
  return {
    loadConfig,
    startApp,
    operations,
    print,
    progress: terminal ? showProgress : (): void => {},
    printError,
    logging: {
      format: terminal ? "pretty" : "json",
      colors: terminal && !Deno.noColor,
      journal: goesToJournal(Deno.env.get("JOURNAL_STREAM")),
    },
    supervisor: () =>
      new Supervisor({
        watchdogUsec: Deno.env.get("WATCHDOG_USEC"),
        watchdogPid: Deno.env.get("WATCHDOG_PID"),
        pid: Deno.pid,
        // one write is one datagram
        send: (message) => void print(message),
      }),
    onSignal,
    onFault,
    exit: (code) => Deno.exit(code),
  };
}

function print(text: string): boolean {
  try {
    write(Deno.stdout, text);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`Cannot write to standard output: ${reason}`, "ioError", { cause: error });
  }
}

function printError(text: string): void {
  try {
    write(Deno.stderr, text);
  } catch {
    // there is no other place to say so
  }
}

function showProgress(text: string): void {
  // to the line's beginning, clear it, write
  printError(`\r\x1b[K${text}`);
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

function onSignal(callback: (signal: StopSignal) => void): () => void {
  // Windows knows no SIGTERM
  const signals: readonly StopSignal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const listeners = signals.map((signal) => [signal, () => callback(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}

function onFault(callback: (fault: Fault) => void): () => void {
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    callback({ kind: "rejection", error: event.reason });
  };
  const onException = (event: ErrorEvent): void => {
    event.preventDefault();
    callback({ kind: "exception", error: event.error ?? event.message });
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onException);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onException);
  };
}
