import { ChatBoxError, type FileReference, type Side, type Uuid } from "../core/mod.ts";
import type { Database, Statement } from "./database.ts";
import type { GroupCommit } from "./group_commit.ts";

/** A stored file. */
export interface StoredFile extends FileReference {
  /** The conversation that it belongs to. */
  readonly uid: Uuid;
  /** The side that brought it. */
  readonly side: Side;
}

interface FileRow {
  readonly id: string;
  readonly uid: Uuid;
  readonly side: Side;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly cid: string | null;
  readonly used: number;
  readonly removed: number;
}

/** A file that no message names. */
export interface WaitingRow {
  readonly id: string;
  readonly size: number;
  /** The message that is about to name it. */
  readonly cid: string | null;
}

/** What is known of files; the bytes lie in a folder. */
export class FileTable {
  readonly #commits: GroupCommit;
  readonly #find: Statement<FileRow>;
  readonly #insert: Statement;
  readonly #claim: Statement;
  readonly #removeUnused: Statement;
  readonly #removed: Statement<{ id: string }>;
  readonly #delete: Statement;
  readonly #unsent: Statement<{ bytes: number }>;
  readonly #unsentOf: Statement<{ bytes: number }>;
  readonly #waiting: Statement<{ id: string }>;
  readonly #waitingAmong: Statement<WaitingRow>;
  readonly #removeWaiting: Statement;

  constructor(database: Database, commits: GroupCommit) {
    this.#commits = commits;
    this.#find = database.prepare("SELECT * FROM files WHERE id = ?");
    this.#insert = database.prepare(`
      INSERT INTO files (id, uid, side, name, type, size, width, height, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#claim = database.prepare("UPDATE files SET cid = ? WHERE id = ?");
    this.#removeUnused = database.prepare(`
      UPDATE files SET removed = 1
      WHERE used = 0 AND removed = 0 AND created_at < ?2
        AND (created_at < ?1 OR NOT EXISTS (SELECT 1 FROM connections WHERE uid = files.uid))`);
    this.#removed = database.prepare("SELECT id FROM files WHERE removed = 1 LIMIT ?");
    this.#delete = database.prepare("DELETE FROM files WHERE id = ? AND removed = 1");
    const sum = "SELECT coalesce(sum(max(size, ?)), 0) AS bytes FROM files WHERE used = 0";
    this.#unsent = database.prepare(sum);
    this.#unsentOf = database.prepare(`${sum} AND uid = ?`);
    this.#waiting = database.prepare("SELECT id FROM files WHERE used = 0");
    // By the ids, however many wait: the planner would else look through all that do.
    this.#waitingAmong = database.prepare(`
      SELECT files.id, size, cid FROM json_each(?) AS ids CROSS JOIN files ON files.id = ids.value
      WHERE used = 0 ORDER BY created_at`);
    this.#removeWaiting = database.prepare(
      "UPDATE files SET removed = 1 WHERE id = ? AND used = 0 AND cid IS NULL",
    );
  }

  /** Finds a file; one that was removed is not there any more. */
  find(id: string): StoredFile | undefined {
    const row = this.#find.get(id);
    return row === undefined || row.removed === 1
      ? undefined
      : { ...reference(row), uid: row.uid, side: row.side };
  }

  /** Whether the bytes of a file are still to be kept, or to be removed by name. */
  isKnown(id: string): boolean {
    return this.#find.get(id) !== undefined;
  }

  /** Notes a file whose bytes are on disk. */
  insert(file: StoredFile, at: number): Promise<void> {
    const { id, uid, side, name, type, size, width = null, height = null } = file;
    return this.#commits.write(() =>
      void this.#insert.run(id, uid, side, name, type, size, width, height, at)
    );
  }

  /**
   * Promises files to the message that its sender calls `cid`; the same message may ask again.
   *
   * @throws {ChatBoxError} `not_found` when one of them is not this side's, or another message has it
   */
  claim(uid: Uuid, side: Side, cid: string, ids: readonly string[]): Promise<readonly FileReference[]> {
    return this.#commits.write(() => {
      const rows = ids.map((id) => this.#find.get(id));
      const free = rows.filter((row) => row !== undefined).filter((row) =>
        row.uid === uid && row.side === side && row.removed === 0 &&
        (row.cid === null ? row.used === 0 : row.cid === cid)
      );
      if (free.length < ids.length || new Set(ids).size < ids.length) {
        throw new ChatBoxError("not_found", "Cannot send: a file is not one of yours that waits to be sent");
      }
      for (const { id } of free) this.#claim.run(cid, id);
      return free.map(reference);
    });
  }

  /**
   * Marks as removed what no message names and came before a time, in Unix milliseconds.
   *
   * @param unbegun the time for conversations that have not begun, not earlier than the other
   */
  removeUnused(before: number, unbegun: number): Promise<void> {
    return this.#commits.write(() => void this.#removeUnused.run(before, unbegun));
  }

  /**
   * Bytes of files that no message names and that are on the disk still.
   *
   * @param least what a smaller file counts as
   * @param uid of one conversation only
   */
  unsent(least: number, uid?: Uuid): number {
    return (uid === undefined ? this.#unsent.get(least) : this.#unsentOf.get(least, uid))?.bytes ?? 0;
  }

  /** The ids of all files that no message names and that are on the disk still. */
  waiting(): readonly string[] {
    return this.#waiting.all().map(({ id }) => id);
  }

  /** Those of some files that no message names and that are on the disk still, the oldest first. */
  waitingAmong(ids: readonly string[]): readonly WaitingRow[] {
    return this.#waitingAmong.all(JSON.stringify(ids));
  }

  /** Marks a file as removed. @returns false when a message names it, or is about to */
  removeWaiting(id: string): Promise<boolean> {
    return this.#commits.write(() => this.#removeWaiting.run(id) > 0);
  }

  /** Some of the removed files, whose bytes are to go. */
  removed(limit: number): readonly string[] {
    return this.#removed.all(limit).map(({ id }) => id);
  }

  /** Forgets removed files whose bytes are gone. */
  forget(ids: readonly string[]): Promise<void> {
    return this.#commits.write(() => ids.forEach((id) => this.#delete.run(id)));
  }
}

function reference({ id, name, type, size, width, height }: FileRow): FileReference {
  return { id, name, type, size, ...(width !== null && height !== null && { width, height }) };
}
