import { createHash } from "node:crypto";
import type { Uuid } from "../../core/mod.ts";
import type { Database, Statement } from "../database.ts";

/** Before the uid's hash, in the key under which an erasure is noted until it is finished. */
const KEY_PREFIX = "erasing:";

/** What an erasure removed. */
export interface Erased {
  readonly messages: number;
  readonly files: number;
  /** The conversation's ids in the two services, `null` where it had none. */
  readonly ids: Readonly<Record<1 | 2, string | null>>;
  /** What is to be said or done about in service 2: this one's id, and those that an earlier erasure did not come to. */
  readonly threads: readonly string[];
  /** An earlier erasure of the same visitor had not come to its end; the rest of it is counted here. */
  readonly resumed: boolean;
}

interface Found {
  readonly id: number;
  readonly s1_id: string | null;
  readonly s2_id: string | null;
}

/**
 * Removes one visitor. The rows go in one transaction; what has to follow it (the bytes of files, the log) may fail, so the
 * transaction leaves a note, under a hash of the uid, by which the same command finds that it has more to do, and with which threads.
 */
export class Erasure {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Removes one conversation with everything that belongs to it, in a transaction of the caller's.
   *
   * @param deleted ids in service 2 of which nothing is left there
   * @returns what it was, or `undefined` when there is none
   */
  begin(uid: Uuid, deleted: ReadonlySet<string>): Erased | undefined {
    const found = this.#prepare<Found>("SELECT id, s1_id, s2_id FROM connections WHERE uid = ?").get(uid);
    const files = this.#count("SELECT count(*) AS count FROM files WHERE uid = ?", uid);
    const note = this.#prepare<{ value: Uint8Array }>("SELECT value FROM meta WHERE key = ?").get(keyOf(uid));
    const resumed = note !== undefined;
    const noted = new TextDecoder().decode(note?.value).split("\n");
    const met = found?.s2_id ?? null;
    const threads = [...new Set(met === null ? noted : [...noted, met])]
      .filter((id) => id !== "" && !deleted.has(id));
    if (found === undefined && files === 0 && !resumed) return undefined;
    const messages = found === undefined ? 0 : this.#eraseConversation(found.id);
    this.#eraseFiles(uid);
    this.#prepare(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    )
      .run(keyOf(uid), new TextEncoder().encode(threads.join("\n")));
    return { messages, files, ids: { 1: found?.s1_id ?? null, 2: found?.s2_id ?? null }, threads, resumed };
  }

  /** Takes the note away: nothing is left. */
  finish(uid: Uuid): void {
    this.#prepare("DELETE FROM meta WHERE key = ?").run(keyOf(uid));
  }

  #eraseConversation(id: number): number {
    const messages = this.#count("SELECT count(*) AS count FROM messages WHERE connection_id = ?", id);
    // Blank before they go: while rows are taken out one after another SQLite moves the rest from page to page, and leaves
    // copies of what it moves in the unused part of a page. A value of the same length is overwritten where it stands.
    this.#prepare(`
      UPDATE messages SET content = CAST(zeroblob(octet_length(content)) AS TEXT),
        cid = CAST(zeroblob(octet_length(cid)) AS TEXT), failed = CAST(zeroblob(octet_length(failed)) AS TEXT),
        extra = printf('%-*s', octet_length(extra), '{}')
      WHERE connection_id = ?`).run(id);
    this.#prepare("DELETE FROM connections WHERE id = ?").run(id);
    return messages;
  }

  /** Only the id remains, until the bytes of that name are gone. */
  #eraseFiles(uid: Uuid): void {
    this.#prepare(
      "UPDATE files SET removed = 1, name = CAST(zeroblob(octet_length(name)) AS TEXT) WHERE uid = ?",
    )
      .run(uid);
    this.#prepare("UPDATE files SET uid = '', name = '', cid = NULL WHERE uid = ?").run(uid);
  }

  #count(sql: string, value: string | number): number {
    return this.#prepare<{ count: number }>(sql).get(value)?.count ?? 0;
  }

  #prepare<R extends object>(sql: string): Statement<R> {
    return this.#database.prepare<R>(sql);
  }
}

function keyOf(uid: Uuid): string {
  return KEY_PREFIX + createHash("sha256").update(uid).digest("hex");
}
