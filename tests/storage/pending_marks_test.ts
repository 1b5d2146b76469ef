import { deepEqual, equal } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { randomUuid } from "../../src/core/mod.ts";
import { openStorage } from "../../src/storage/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";

function marks(path: string): number {
  const database = new DatabaseSync(path);
  const count = Number(database.prepare("SELECT count(*) AS n FROM deliveries WHERE pending = 1").get()?.n);
  database.close();
  return count;
}

Deno.test("[D2, D4] A mark that a crash left over is seen through, and one that is meant is not", async () => {
  await using temp = await tempStorage();
  const { store } = temp.storage;
  const [done, waiting] = [randomUuid(), randomUuid()];
  for (const uid of [done, waiting]) {
    await store.createConnection({ uid, ids: { 1: uid, 2: null }, at: 1 });
    await store.append(uid, { side: 1, draft: { content: "x" }, at: 1, targets: [2] });
  }
  await store.confirm(done, 2, { seq: 1, rev: 1 });
  // What lies on the disk when the process is killed now.
  equal(marks(temp.path), 2);
  const killed = `${temp.path}.killed`;
  await temp.storage.backup(killed);
  {
    await using after = openStorage(killed);
    deepEqual(await after.store.pending(2, undefined, 9), [waiting]);
    deepEqual(await after.store.pending(2, undefined, 1), [waiting]);
    await after.store.append(done, { side: 1, draft: { content: "y" }, at: 1, targets: [2] });
    deepEqual(await after.store.pending(2, undefined, 9), [done, waiting]);
  }
  await temp.storage.close();
  equal(marks(temp.path), 1);
});
