import { openStorage, type Storage, type StorageOptions } from "../../src/storage/mod.ts";

/** A SQLite file of its own for one test. */
export interface TempStorage extends AsyncDisposable {
  readonly path: string;
  readonly storage: Storage;
  /** Closes the file and opens it again. */
  reopen(): Promise<Storage>;
}

/** Opens a new SQLite file, and removes it at the end. */
export async function tempStorage(options: StorageOptions = {}): Promise<TempStorage> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/test.db`;
  let storage = openStorage(path, options);
  return {
    path,
    get storage(): Storage {
      return storage;
    },
    async reopen(): Promise<Storage> {
      await storage.close();
      storage = openStorage(path, options);
      return storage;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await storage.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
