import type { Config } from "../config.ts";
import type { Logger } from "../core/mod.ts";
import { StartError, type StartErrorReason } from "../start_error.ts";
import { Archive, DatabaseDamage, DatabaseOpenError, type OpenFault } from "../storage/mod.ts";

/** What a command of the command line works with. */
export interface CommandContext {
  readonly config: Config;
  readonly logger: Logger;
  /** Writes to standard output. @returns false when nobody reads any more */
  print(text: string): boolean;
  /** Shows how far long work has come, where somebody watches; an empty text takes it away. */
  progress(text: string): void;
  /** Aborted when the operator wants it to end. */
  readonly signal: AbortSignal;
}

/** What a command ends with: nothing when all went well, else why not. */
export type CommandOutcome = Promise<StartErrorReason | undefined>;

/** Which exit code an unusable database leads to. */
export const OPEN_FAULT_REASONS: Readonly<Record<OpenFault, StartErrorReason>> = {
  locked: "unavailable",
  newer: "noInput",
  older: "noInput",
  damaged: "noInput",
  foreign: "noInput",
  unwritable: "cannotCreate",
  unreachable: "cannotCreate",
};

/**
 * Opens the configured database beside a server that may be running.
 *
 * @throws {StartError} when it cannot be used
 */
export function openArchive(config: Config, access: "read" | "copy" | "change"): Archive {
  try {
    if (access === "change") return Archive.change(config.databasePath);
    return Archive.read(config.databasePath, { anyVersion: access === "copy" });
  } catch (error) {
    if (!(error instanceof DatabaseOpenError)) throw error;
    const reason = error.fault === "unreachable" ? "noInput" : OPEN_FAULT_REASONS[error.fault];
    throw new StartError(error.message, reason, { cause: error });
  }
}

/** What an error means to the operator: a damage ends whatever meets it in the same words, and with the same exit code as at a start. */
export function explainDamage(error: unknown): unknown {
  return error instanceof DatabaseDamage
    ? new StartError(error.message, OPEN_FAULT_REASONS.damaged, { cause: error })
    : error;
}

/** What the system said to a file, without the words that are Deno's own: `(os error 2), readdir '/there'`. */
export function plainReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error \d+\).*$/s, "");
}

/** Bytes for people: `1.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A turn of the event loop: signals are heard between two steps of long work. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A number of things: `1 file`, `2 files`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** How far something has come: `500 of 2000 (25 %)`. What was counted first may have grown since. */
export function share(done: number, all: number): string {
  const total = Math.max(done, all);
  return `${done} of ${total} (${total === 0 ? 100 : Math.floor(done / total * 100)} %)`;
}
