import type { Logger } from "./ports.ts";
import { isThenable } from "./thenable.ts";

/**
 * A logger whose own faults disturb nobody. There is nowhere left to report them: whoever writes the logger has to look after it, and a
 * message must not wait or fail because a line about it could not be written.
 *
 * @example In a store of your own
 * ```ts
 * import { guardedLogger, silentLogger } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const written: string[] = [];
 * const error = (line: string) => {
 *   written.push(line);
 *   throw new Error("the pipe is closed");
 * };
 * const logger = guardedLogger({ ...silentLogger, error });
 * logger.error("A write failed");
 * deepEqual(written, ["A write failed"]);
 * ```
 *
 * @param logger may throw, or be async and reject
 */
export function guardedLogger(logger: Logger): Logger {
  const guard = (level: keyof Logger): Logger[keyof Logger] => (message, fields) => {
    try {
      // A logger may be async, whatever its type says.
      const written: unknown = logger[level](message, fields);
      if (isThenable(written)) written.then(undefined, () => {});
    } catch {
      // See above.
    }
  };
  return { debug: guard("debug"), info: guard("info"), warn: guard("warn"), error: guard("error") };
}
