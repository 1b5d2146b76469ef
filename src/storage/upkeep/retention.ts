import type { Database } from "../database.ts";
import type { GroupCommit } from "../group_commit.ts";
import type { Heads } from "../heads.ts";
import { Removal, type RemovalStep } from "./removal.ts";

/** Removes what is too old while the server runs: each step is one write of the group commit, between the visitors' own. */
export class Retention {
  readonly #removal: Removal;
  readonly #commits: GroupCommit;
  readonly #heads: Heads;

  constructor(database: Database, commits: GroupCommit, heads: Heads) {
    this.#removal = new Removal(database);
    this.#commits = commits;
    this.#heads = heads;
  }

  /** One step of removing messages, see {@link Removal.removeMessages}. */
  removeMessages(before: number, cursor: number, limit: number): Promise<RemovalStep> {
    return this.#step(() => this.#removal.removeMessages(before, cursor, limit));
  }

  /** One step of removing idle conversations, see {@link Removal.removeIdle}. */
  removeIdle(before: number, cursor: number, limit: number): Promise<RemovalStep> {
    return this.#step(() => this.#removal.removeIdle(before, cursor, limit));
  }

  #step(remove: () => RemovalStep): Promise<RemovalStep> {
    return this.#commits.write(() => {
      const step = remove();
      for (const uid of step.uids) this.#heads.forget(uid);
      return step;
    });
  }
}
