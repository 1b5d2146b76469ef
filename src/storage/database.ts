import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { ChatBoxError } from "../core/mod.ts";
import { DatabaseDamage } from "./damage/database_damage.ts";

/** A value of a column. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** A row, by column name. Every table is STRICT, so the type that a caller names for a column is the one that is stored. */
export type Row = Readonly<Record<string, SqlValue>>;

/** What a statement needs to know of its database. */
interface StatementOwner {
  readonly closed: boolean;
  /** What to throw in place of what SQLite has thrown. */
  judge(error: unknown): unknown;
}

/** A statement that is compiled once and kept. */
export class Statement<R extends object = Row> {
  readonly #statement: StatementSync;
  readonly #database: StatementOwner;

  constructor(statement: StatementSync, database: StatementOwner) {
    this.#statement = statement;
    this.#database = database;
  }

  /** SQLite's own words for a statement whose database is gone tell nobody what is wrong. */
  get #open(): StatementSync {
    if (!this.#database.closed) return this.#statement;
    throw new ChatBoxError("closed", "Cannot use the database: it is closed");
  }

  /** The first row. */
  get(...values: readonly SqlValue[]): R | undefined {
    try {
      return this.#open.get(...values as SQLInputValue[]) as R | undefined;
    } catch (error) {
      throw this.#database.judge(error);
    }
  }

  /** Every row. */
  all(...values: readonly SqlValue[]): readonly R[] {
    try {
      return this.#open.all(...values as SQLInputValue[]) as unknown as readonly R[];
    } catch (error) {
      throw this.#database.judge(error);
    }
  }

  /**
   * Executes, for nothing in return: the way for what is written with every message. SQLite steps a statement without rows to its end
   * for `get` as well, and no object has to be made of how many rows changed, which costs a third of an UPDATE.
   */
  execute(...values: readonly SqlValue[]): void {
    // Not by `get` above, which would copy the values once more for every message.
    try {
      this.#open.get(...values as SQLInputValue[]);
    } catch (error) {
      throw this.#database.judge(error);
    }
  }

  /** Executes; gives how many rows changed. */
  run(...values: readonly SqlValue[]): number {
    try {
      return Number(this.#open.run(...values as SQLInputValue[]).changes);
    } catch (error) {
      throw this.#database.judge(error);
    }
  }
}

/** Why SQLite refused, as far as callers act on it (https://www.sqlite.org/rescode.html). */
export type SqliteFault =
  | "busy"
  | "full"
  | "io"
  | "readonly"
  | "corrupt"
  | "not_a_database"
  | "cantopen"
  | "other";

const FAULTS_BY_CODE: ReadonlyMap<number, SqliteFault> = new Map([
  [5, "busy"],
  [6, "busy"],
  [8, "readonly"],
  [10, "io"],
  [11, "corrupt"],
  [13, "full"],
  [14, "cantopen"],
  [26, "not_a_database"],
]);

// Deno does not hand the code over on every path; these texts are SQLite's own (sqlite3_errstr).
const FAULTS_BY_TEXT: readonly (readonly [string, SqliteFault])[] = [
  ["database is locked", "busy"],
  ["database table is locked", "busy"],
  ["attempt to write a readonly database", "readonly"],
  ["disk I/O error", "io"],
  ["database disk image is malformed", "corrupt"],
  ["malformed database schema", "corrupt"],
  ["database or disk is full", "full"],
  ["unable to open database file", "cantopen"],
  ["file is not a database", "not_a_database"],
];

/** Tells what kind of fault an error of SQLite is. */
export function faultOf(error: unknown): SqliteFault {
  if (error instanceof DatabaseDamage) return "corrupt";
  if (!(error instanceof Error)) return "other";
  const code: unknown = Reflect.get(error, "errcode");
  // The low byte is the primary result code.
  const byCode = typeof code === "number" ? FAULTS_BY_CODE.get(code & 0xff) : undefined;
  return byCode ?? FAULTS_BY_TEXT.find(([text]) => error.message.includes(text))?.[1] ?? "other";
}

/** How many pages are copied at once: 4 MB of the usual size. */
const COPY_PAGES = 1_000;

/**
 * One connection to one SQLite file: the only place that knows `node:sqlite`. Whatever meets a damaged page here throws a
 * {@link DatabaseDamage}, and the connection remembers it: see {@link Database.damage}.
 */
export class Database {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #onDamage = new Set<(damage: DatabaseDamage) => void>();
  #damage: DatabaseDamage | undefined;
  #closed = false;

  /** @throws whatever SQLite says; see {@link faultOf} */
  constructor(path: string, options: { readonly readOnly?: boolean; readonly busyTimeoutMs?: number } = {}) {
    const { readOnly = false, busyTimeoutMs = 0 } = options;
    this.#path = path;
    this.#database = new DatabaseSync(path, { readOnly });
    this.#database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }

  /** Executes one or several statements without results. */
  exec(sql: string): void {
    try {
      this.#database.exec(sql);
    } catch (error) {
      throw this.judge(error);
    }
  }

  /** Compiles a statement. */
  prepare<R extends object = Row>(sql: string): Statement<R> {
    try {
      return new Statement(this.#database.prepare(sql), this);
    } catch (error) {
      throw this.judge(error);
    }
  }

  /** Reads one value, of a PRAGMA for example. */
  value(sql: string): SqlValue {
    const row = this.prepare(sql).get();
    return row === undefined ? null : Object.values(row)[0] ?? null;
  }

  /** Runs work in one write transaction; when it throws nothing has happened. */
  transaction<T>(work: () => T): T {
    this.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.exec("COMMIT");
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Takes an open transaction back. Some faults have ended it already, and SQLite refuses a second time. */
  rollback(): void {
    try {
      this.exec("ROLLBACK");
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("no transaction is active"))) throw error;
    }
  }

  /**
   * Copies everything into another file. The event loop stands still meanwhile. (`VACUUM INTO` needs ATTACH, which Deno refuses to
   * a program that may not do everything.)
   *
   * @param onStep told after every few megabytes how many pages of how many are copied; ends the copying by throwing
   */
  async copyTo(path: string, onStep: (done: number, all: number) => void): Promise<void> {
    await backup(this.#database, path, {
      rate: COPY_PAGES,
      progress: ({ totalPages, remainingPages }) => onStep(totalPages - remainingPages, totalPages),
    });
  }

  /** The first damage that was met, by a read or a write; a file that is damaged stays so. */
  get damage(): DatabaseDamage | undefined {
    return this.#damage;
  }

  /** Calls back when a damage is met first. */
  onDamage(listener: (damage: DatabaseDamage) => void): void {
    this.#onDamage.add(listener);
  }

  /** What to throw in place of what SQLite has thrown: notes it when it tells of a damage. */
  judge(error: unknown): unknown {
    const fault = faultOf(error);
    if (fault !== "corrupt" && fault !== "not_a_database") return error;
    if (this.#damage === undefined) {
      const found = error instanceof Error ? error.message : String(error);
      this.#damage = new DatabaseDamage(this.#path, found, { cause: error });
      for (const listener of this.#onDamage) listener(this.#damage);
    }
    return this.#damage;
  }

  /** Whether it has let go of the file; its statements refuse as `closed` from then on. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Lets go of the file. */
  close(): void {
    this.#closed = true;
    this.#database.close();
  }
}
