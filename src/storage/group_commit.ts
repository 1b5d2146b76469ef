import { setImmediate } from "node:timers";
import { ChatBoxError, guardedLogger, type Logger } from "../core/mod.ts";
import { DatabaseDamage } from "./damage/database_damage.ts";
import { type Database, faultOf } from "./database.ts";

/** More writes than this waiting at once are refused: the disk does not keep up. */
const MAX_QUEUED = 20_000;

/** The most writes in one transaction, so that reading and sending get their turn. */
const MAX_BATCH = 4_000;

/** How soon a file that another process has locked is tried again, in milliseconds: a commit beside us, of `purge` for example, takes few. */
const BUSY_RETRY_MS = 2;

/** How long writes wait for another process to let go of the file, in milliseconds. */
const BUSY_LIMIT_MS = 5_000;

/** Writes inside the open transaction. Throws a `ChatBoxError` only before its first change of the database. */
type Work<T> = () => T;

/** A write that waits, and after its turn what to answer once it is durable. */
class Operation<T> {
  readonly #work: Work<T>;
  readonly #resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
  /** Whose write it is, for the log. */
  readonly uid: string | undefined;
  #outcome: { readonly result: T } | { readonly error: unknown } | undefined;

  constructor(
    work: Work<T>,
    resolve: (result: T) => void,
    reject: (error: unknown) => void,
    uid: string | undefined,
  ) {
    this.#work = work;
    this.#resolve = resolve;
    this.reject = reject;
    this.uid = uid;
  }

  execute(): void {
    this.#outcome = { result: this.#work() };
  }

  /** Its own fault: the others go on without it. */
  fail(error: unknown): void {
    this.#outcome = { error };
  }

  answer(): void {
    const outcome = this.#outcome;
    if (outcome === undefined) throw new Error("Cannot answer a write: it was not executed");
    if ("error" in outcome) this.reject(outcome.error);
    else this.#resolve(outcome.result);
  }
}

/** An operation, whatever it results in. */
type AnyOperation = Pick<Operation<unknown>, "execute" | "fail" | "answer" | "reject" | "uid">;

/**
 * What a group commit tells whoever counts.
 *
 * @example How many writes shared a commit
 * ```ts
 * import { type CommitListener, openStorage } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const sizes: number[] = [];
 * const listener: CommitListener = { committed: (size) => sizes.push(size) };
 * {
 *   await using storage = openStorage(`${folder}/chat.db`, { listener });
 *   await Promise.all([storage.flush(), storage.flush()]);
 *   equal(sizes[0], 2);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export interface CommitListener {
  /**
   * A transaction was committed: how many writes it had and how long it took, in milliseconds. What it throws is logged and disturbs
   * nobody.
   */
  committed(size: number, durationMs: number): void;
}

/** Options of {@link GroupCommit}. */
export interface GroupCommitOptions {
  readonly database: Database;
  readonly logger: Logger;
  /** Called when a transaction was taken back, to forget what was derived from it. */
  readonly onRollback: () => void;
  /** Called in every transaction before its first write, to forget what another process has changed. */
  readonly onBegin?: () => void;
  readonly listener?: CommitListener;
}

/**
 * Makes one transaction, and one fsync, of all that arrives in one turn of the event loop. A caller is answered after
 * COMMIT; a write that fails by itself fails alone.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  /** Whoever logs or counts must not keep a caller from its answer. */
  readonly #logger: Logger;
  #queue: AnyOperation[] = [];
  #scheduled = false;
  #busySince: number | undefined;
  #closed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#logger = guardedLogger(options.logger);
  }

  /** How many writes wait. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Runs work in the next transaction.
   *
   * @param uid the conversation that it concerns
   * @throws {ChatBoxError} `overloaded` when too much waits, the disk is full or not writable, or the database damaged; `closed` after
   *   close
   */
  write<T>(work: Work<T>, uid?: string): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new ChatBoxError("closed", "Cannot store: the database is closed"));
    }
    if (this.#queue.length >= MAX_QUEUED) {
      return Promise.reject(
        new ChatBoxError(
          "overloaded",
          `Cannot store: ${MAX_QUEUED} writes are waiting already, try again later`,
        ),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(new Operation(work, resolve, reject, uid));
      this.#schedule();
    });
  }

  /** Stores what waits and accepts nothing more. */
  close(): void {
    this.#closed = true;
    // The last chance: here it is right to wait.
    this.#options.database.exec(`PRAGMA busy_timeout = ${BUSY_LIMIT_MS}`);
    while (this.#queue.length > 0) this.#flush();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#queue.length === 0) return;
    this.#flush();
    if (this.#queue.length > 0 && this.#busySince === undefined) this.#schedule();
  }

  #flush(): void {
    const started = performance.now();
    if (!this.#begin()) return;
    const batch = this.#queue.length <= MAX_BATCH ? this.#queue : this.#queue.slice(0, MAX_BATCH);
    this.#queue = this.#queue.length <= MAX_BATCH ? [] : this.#queue.slice(MAX_BATCH);
    try {
      if (!this.#executeAll(batch)) {
        // One of them has failed after it had begun to write: take all back and let each stand for itself.
        this.#rollback();
        this.#options.database.exec("BEGIN IMMEDIATE");
        this.#executeEach(batch);
      }
      this.#demandWhole();
      this.#options.database.exec("COMMIT");
    } catch (error) {
      this.#rollback();
      this.#refuse(batch, error);
      return;
    }
    for (const operation of batch) operation.answer();
    this.#tell(batch.length, performance.now() - started);
  }

  #tell(size: number, durationMs: number): void {
    const report = (error: unknown): void => this.#logger.error("A listener of commits threw", { error });
    try {
      // It may be async, whatever its type says.
      const told: unknown = this.#options.listener?.committed(size, durationMs);
      if (told !== undefined) Promise.resolve(told).catch(report);
    } catch (error) {
      report(error);
    }
  }

  /** Gives false when another process holds the file; then the writes stay in the queue for a later attempt. */
  #begin(): boolean {
    try {
      this.#demandWhole();
      this.#options.database.exec("BEGIN IMMEDIATE");
      this.#busySince = undefined;
      this.#options.onBegin?.();
      return true;
    } catch (error) {
      // It may have begun before it failed, and nothing could ever begin again.
      this.#rollback();
      const now = performance.now();
      this.#busySince ??= now;
      if (faultOf(error) === "busy" && !this.#closed && now - this.#busySince < BUSY_LIMIT_MS) {
        setTimeout(() => this.#turn(), BUSY_RETRY_MS);
        return false;
      }
      this.#busySince = undefined;
      const batch = this.#queue;
      this.#queue = [];
      this.#refuse(batch, error);
      return false;
    }
  }

  /** Gives false when one failed in a way that may have left half of it behind. */
  #executeAll(batch: readonly AnyOperation[]): boolean {
    for (const operation of batch) {
      try {
        operation.execute();
      } catch (error) {
        if (isDiskFault(error)) throw error;
        if (!(error instanceof ChatBoxError)) return false;
        operation.fail(error);
      }
    }
    return true;
  }

  #executeEach(batch: readonly AnyOperation[]): void {
    const { database, onRollback } = this.#options;
    for (const operation of batch) {
      database.exec("SAVEPOINT one");
      try {
        operation.execute();
      } catch (error) {
        if (isDiskFault(error)) throw error;
        database.exec("ROLLBACK TO one");
        onRollback();
        if (!(error instanceof ChatBoxError)) {
          this.#logger.error("A write failed", { uid: operation.uid, error });
        }
        operation.fail(error);
      }
      database.exec("RELEASE one");
    }
  }

  /** Nothing more goes into a file in which a page cannot be right, whoever has met it. */
  #demandWhole(): void {
    const { damage } = this.#options.database;
    if (damage !== undefined) throw damage;
  }

  /** Never throws: those whose writes were taken back have to be told. Should it fail, the next attempt to begin repeats it. */
  #rollback(): void {
    try {
      this.#options.database.rollback();
    } catch (error) {
      this.#logger.error("Cannot take a transaction back", { error });
    }
    this.#options.onRollback();
  }

  #refuse(batch: readonly AnyOperation[], cause: unknown): void {
    if (cause instanceof DatabaseDamage) {
      // It was told when it was met.
      for (const operation of batch) operation.reject(cause);
      return;
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new ChatBoxError("overloaded", `Cannot store: ${reason}; try again later`, { cause });
    for (const operation of batch) operation.reject(error);
    this.#logger.error("Cannot commit: nothing of it was stored", { writes: batch.length, error: cause });
  }
}

/** The disk's fault, not the write's: every other write would fail as well. */
function isDiskFault(error: unknown): boolean {
  // The words of the other ones are ours, and may hold anybody's.
  if (error instanceof ChatBoxError) return error instanceof DatabaseDamage;
  return faultOf(error) !== "other";
}
