import { ChatBoxError } from "../../core/mod.ts";

/**
 * SQLite met a page that cannot be right. Its code is `overloaded`: nothing was stored, and what was refused can be sent again when a
 * backup is in place. The message is one line for the operator, the same wherever the damage was met.
 */
export class DatabaseDamage extends ChatBoxError {
  /** What was found, in SQLite's words. */
  readonly found: string;

  /**
   * @param path the SQLite file
   * @param found in SQLite's words
   */
  constructor(path: string, found: string, options?: ErrorOptions) {
    const what = found.replace(/\s+/g, " ").trim();
    super(
      "overloaded",
      `Cannot use the database ${path}: it is damaged (${what}); stop the server and restore a backup, ` +
        `without one sqlite3's .recover saves what can still be read`,
      options,
    );
    this.found = found;
  }
}

/** Demands that a check of SQLite's has found nothing. @throws {DatabaseDamage} */
export function demandWhole(path: string, found: unknown): void {
  if (found !== "ok") throw new DatabaseDamage(path, String(found));
}
