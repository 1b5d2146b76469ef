/**
 * Logging of the application. The library below stays silent until {@link configureLogging} is called.
 *
 * @module
 */
import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import type { Logger } from "./core/mod.ts";
import { withPriority } from "./logging/journal.ts";
import { jsonLine } from "./logging/json_line.ts";
import { prettyLine } from "./logging/pretty_line.ts";
import { makeRedactor } from "./logging/redactor.ts";

/** Gives a logger for a part of the program. */
export type LoggerFactory = (category: string | readonly string[]) => Logger;

/** How to log. */
export interface LoggingOptions {
  /** This and everything more severe is written. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** Lines for people, or one JSON object a line. */
  readonly format: "pretty" | "json";
  /** Whether pretty lines are colored. */
  readonly colors?: boolean;
  /** Whether each line begins with its priority, for journald. */
  readonly journal?: boolean;
  /** What must never be written, wherever it turns up. */
  readonly secrets?: readonly string[];
  /** Writes a line, its end included; standard error by default. */
  readonly write?: (line: string) => void;
}

const ROOT = "chatbox50";
const encoder = new TextEncoder();

/**
 * Starts logging, or changes how it is done.
 *
 * @param options How to log
 */
export function configureLogging(options: LoggingOptions): void {
  const redact = makeRedactor(options.secrets ?? []);
  const write = options.write ?? writeToStandardError;
  const sink = (record: LogRecord): void => {
    const line = options.format === "json"
      ? jsonLine(record, redact)
      : prettyLine(record, redact, options.colors ?? false);
    write(options.journal ? withPriority(record.level, line) : line);
  };
  const level = options.level === "warn" ? "warning" : options.level;
  configureSync({
    reset: true,
    sinks: { lines: sink },
    loggers: [
      { category: ROOT, sinks: ["lines"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
}

/** Ends logging: loggers are silent again. */
export function stopLogging(): void {
  resetSync();
}

/**
 * Makes a logger. Its messages are fixed texts, what varies goes into the fields; it never throws.
 *
 * @param category The part of the program, such as `web` or `["discord", "gateway"]`
 * @returns A logger that writes as {@link configureLogging} says, and nothing before
 */
export function makeLogger(category: string | readonly string[]): Logger {
  const logger = getLogger([ROOT, ...(typeof category === "string" ? [category] : category)]);
  const at = (level: "debug" | "info" | "warning" | "error"): Logger["info"] => (message, fields = {}) => {
    if (!logger.isEnabledFor(level)) return;
    // emit does not look for placeholders in the message
    logger.emit({
      level,
      timestamp: Date.now(),
      message: [message],
      rawMessage: message,
      properties: fields,
    });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warning"), error: at("error") };
}

// Written at once, so that the last lines before a crash are there. A log that cannot be written must not stop the server.
function writeToStandardError(line: string): void {
  let bytes = encoder.encode(line);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // nobody reads, or the disk is full: there is no other place to say so
  }
}
