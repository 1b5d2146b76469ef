import type { Logger } from "../../src/core/mod.ts";

/** One line of a {@link Log}. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps what it was told. */
export class Log implements Logger {
  readonly lines: LogLine[] = [];
  readonly debug = this.#keep("debug");
  readonly info = this.#keep("info");
  readonly warn = this.#keep("warn");
  readonly error = this.#keep("error");

  #keep(level: string): (message: string, fields?: Readonly<Record<string, unknown>>) => void {
    return (message, fields = {}) => void this.lines.push({ level, message, fields });
  }
}
