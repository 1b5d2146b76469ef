import { MemoryStore, type Store } from "../../src/core/mod.ts";
import { openStorage, type Storage } from "../../src/storage/mod.ts";
import { testStore } from "./store_suite.ts";

testStore("memory", () =>
  Promise.resolve({
    store: new MemoryStore(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }));

testStore("SQLite", async () => {
  const folder = await Deno.makeTempDir();
  let storage: Storage = openStorage(`${folder}/test.db`);
  return {
    store: storage.store,
    async reopen(): Promise<Store> {
      await storage.close();
      storage = openStorage(`${folder}/test.db`);
      return storage.store;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await storage.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
});
