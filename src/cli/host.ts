import { type Config, loadConfig } from "../config.ts";
import type { LoggerFactory, LoggingOptions } from "../logging.ts";

/** A signal that asks the program to end. */
export type StopSignal = "SIGINT" | "SIGTERM";

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
  /** Writes to standard output. */
  print(text: string): void;
  /** Writes to standard error. */
  printError(text: string): void;
  /** How logs look when the configuration does not say. */
  readonly logging: Pick<LoggingOptions, "format" | "colors" | "write">;
  /** Calls back on every signal; the returned function ends that. */
  onSignal(callback: (signal: StopSignal) => void): () => void;
  /** Takes over what nobody handled, so that it does not end the process; the returned function ends that. */
  onFault(callback: (fault: Fault) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/**
 * The real process.
 *
 * @param startApp What `serve` starts
 * @returns Its standard streams, signals, environment and files
 */
export function denoHost(startApp: StartApp): CliHost {
  const terminal = Deno.stderr.isTerminal();
  return {
    loadConfig,
    startApp,
    print: (text) => write(Deno.stdout, text),
    printError: (text) => write(Deno.stderr, text),
    logging: { format: terminal ? "pretty" : "json", colors: terminal && !Deno.noColor },
    onSignal,
    onFault,
    exit: (code) => Deno.exit(code),
  };
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch {
    // the reader is gone, as in `chatbox50 help | head -1`
  }
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
