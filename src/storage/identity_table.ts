import type { Uuid } from "../core/mod.ts";
import type { Database, Statement } from "./database.ts";
import type { GroupCommit } from "./group_commit.ts";

/** Which conversation belongs to whom the site has signed in. Only hashes of the site's own names for them are kept. */
export class IdentityTable {
  readonly #commits: GroupCommit;
  readonly #find: Statement<{ uid: Uuid }>;
  readonly #owned: Statement;
  readonly #insert: Statement;

  constructor(database: Database, commits: GroupCommit) {
    this.#commits = commits;
    this.#find = database.prepare("SELECT uid FROM identities WHERE subject_hash = ?");
    this.#owned = database.prepare("SELECT 1 FROM identities WHERE uid = ?");
    this.#insert = database.prepare(`
      INSERT INTO identities (subject_hash, uid) SELECT ?, uid FROM connections WHERE uid = ? ON CONFLICT DO NOTHING`);
  }

  /** The conversation of a subject; `undefined` while there is none. */
  find(subjectHash: Uint8Array): Promise<Uuid | undefined> {
    return new Promise((resolve) => resolve(this.#find.get(subjectHash)?.uid));
  }

  /** Whether a conversation belongs to somebody who signed in. */
  isOwned(uid: Uuid): Promise<boolean> {
    return new Promise((resolve) => resolve(this.#owned.get(uid) !== undefined));
  }

  /**
   * Gives a subject a conversation, unless there is one already or somebody else has it.
   *
   * @returns the conversation that is the subject's now; `undefined` when it has none and could not get this one
   */
  claim(subjectHash: Uint8Array, uid: Uuid): Promise<Uuid | undefined> {
    return this.#commits.write(() => {
      this.#insert.run(subjectHash, uid);
      return this.#find.get(subjectHash)?.uid;
    });
  }
}
