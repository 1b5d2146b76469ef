import type { Database, Statement } from "../database.ts";

/** Notices that another process has changed the database, so that what is remembered of it can be forgotten. */
export class ForeignChanges {
  readonly #version: Statement<{ data_version: number }>;
  readonly #listeners = new Set<() => void>();
  #seen: number;

  constructor(database: Database) {
    // Grows with every commit of another connection, never with our own: https://www.sqlite.org/pragma.html#pragma_data_version
    this.#version = database.prepare("PRAGMA data_version");
    this.#seen = this.#read();
  }

  /** Calls back after every change of another process that {@link ForeignChanges.check} finds. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Looks now; costs about a microsecond. */
  check(): void {
    const version = this.#read();
    if (version === this.#seen) return;
    this.#seen = version;
    for (const listener of this.#listeners) listener();
  }

  #read(): number {
    return this.#version.get()?.data_version ?? 0;
  }
}
