import type { Database, Statement } from "./database.ts";
import type { GroupCommit } from "./group_commit.ts";

/** Single values that belong to the database as a whole. */
export class MetaTable {
  readonly #commits: GroupCommit;
  readonly #find: Statement<{ value: Uint8Array }>;
  readonly #set: Statement;

  constructor(database: Database, commits: GroupCommit) {
    this.#commits = commits;
    this.#find = database.prepare("SELECT value FROM meta WHERE key = ?");
    this.#set = database.prepare(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
  }

  /** Reads a value. */
  get(key: string): Uint8Array | undefined {
    return this.#find.get(key)?.value;
  }

  /** Sets a value. */
  set(key: string, value: Uint8Array): Promise<void> {
    return this.#commits.write(() => void this.#set.run(key, value));
  }

  /** Reads a value, or stores and gives the one that `make` makes. */
  async getOrSet(key: string, make: () => Uint8Array): Promise<Uint8Array> {
    const known = this.get(key);
    if (known !== undefined) return known;
    const value = make();
    await this.set(key, value);
    return value;
  }
}
