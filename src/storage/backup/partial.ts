import { basename, dirname, join } from "node:path";
import { Database, faultOf } from "../database.ts";
import { removeIfThere } from "../upkeep/removed_files.ts";

/** What the folders are called in which backups are made. */
const SUFFIX = ".partial";

/** Locked by whoever makes the backup for as long as that process lives; its name tells our folders from others. */
const LOCK = "chatbox50-backup-lock";

/** The folder in which a backup is made. It goes at the end; one whose process was killed goes with the next backup beside it. */
export class Partial implements AsyncDisposable {
  readonly #folder: string;
  readonly #lock: Database;

  private constructor(folder: string, lock: Database) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * Makes the folder, and clears away those that were abandoned beside it.
   *
   * @param path what the backup is going to be called
   * @throws {Error} when it cannot be made, or somebody is making the same backup
   */
  static async make(path: string): Promise<Partial> {
    await removeAbandoned(dirname(path));
    const folder = `${path}${SUFFIX}`;
    await Deno.mkdir(folder, { mode: 0o700 });
    try {
      const lock = takeLock(join(folder, LOCK));
      // Made here, so that nobody but its owner may read it.
      for (const file of [`${folder}/database`]) {
        Deno.openSync(file, { write: true, createNew: true, mode: 0o600 }).close();
      }
      await Deno.mkdir(`${folder}/files`, { mode: 0o700 });
      return new Partial(folder, lock);
    } catch (error) {
      await removeIfThere(folder, { recursive: true });
      throw error;
    }
  }

  /** The copy of the database. */
  get database(): string {
    return `${this.#folder}/database`;
  }

  /** The folder for the copies of files. */
  get files(): string {
    return `${this.#folder}/files`;
  }

  /** Removes what was not given its name. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lock.close();
    await removeIfThere(this.#folder, { recursive: true });
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, basename(name));
    if (isDirectory && name.endsWith(SUFFIX) && isAbandoned(path)) {
      await removeIfThere(path, { recursive: true });
    }
  }
}

function isAbandoned(folder: string): boolean {
  try {
    Deno.statSync(join(folder, LOCK));
    takeLock(join(folder, LOCK)).close();
    return true;
  } catch (error) {
    // None of ours, or somebody is at it.
    if (error instanceof Deno.errors.NotFound || faultOf(error) === "busy") return false;
    throw error;
  }
}

function takeLock(path: string): Database {
  const lock = new Database(path);
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}
