import { Database } from "../database.ts";

/** How many files are taken between two looks at whether to stop. */
const BATCH = 200;

/** How long a look at the rows waits for a server's commit, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;

/** Copies of the files that a database names. A file never changes, so where it can be a copy is another name of the same bytes. */
export class FileCopies {
  readonly #from: string;
  readonly #to: string;
  readonly #taken = new Set<string>();

  /** @param from the folder of the files @param to an empty folder */
  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }

  /** How many there are. */
  get count(): number {
    return this.#taken.size;
  }

  /** Takes every file that a database names now. */
  async takeAll(database: string, signal?: AbortSignal): Promise<void> {
    await this.#take(named(database), signal);
  }

  /**
   * Makes the copies those that a copy of the database names: takes what has come since, and removes what is not in it.
   *
   * @returns how many files it names whose bytes are not there
   */
  async reconcile(copy: string, signal?: AbortSignal): Promise<number> {
    const wanted = new Set(named(copy));
    for (const id of this.#taken) {
      if (wanted.has(id)) continue;
      await Deno.remove(`${this.#to}/${id}`);
      this.#taken.delete(id);
    }
    await this.#take([...wanted].filter((id) => !this.#taken.has(id)), signal);
    return wanted.size - this.#taken.size;
  }

  /** Resolves when the folder is on disk; its files are already. */
  async flush(): Promise<void> {
    if (Deno.build.os === "windows") return;
    using folder = await Deno.open(this.#to);
    await folder.sync();
  }

  async #take(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const [index, id] of ids.entries()) {
      if (index % BATCH === 0) signal?.throwIfAborted();
      if (await this.#copy(id)) this.#taken.add(id);
    }
  }

  /** Gives false when there are no such bytes: somebody has removed them. */
  async #copy(id: string): Promise<boolean> {
    const [from, to] = [`${this.#from}/${id}`, `${this.#to}/${id}`];
    try {
      await Deno.link(from, to);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      // Another disk, or one that knows no second names.
    }
    try {
      await Deno.copyFile(from, to);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
    using file = await Deno.open(to, { read: true, write: true });
    await file.sync();
    return true;
  }
}

function named(path: string): readonly string[] {
  const database = new Database(path, { readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    // A backup is made of older schemas, too: the first had no files.
    const known = database.value(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'files'",
    );
    if (known === 0) return [];
    return database.prepare<{ id: string }>("SELECT id FROM files WHERE removed = 0").all().map(({ id }) =>
      id
    );
  } finally {
    database.close();
  }
}
