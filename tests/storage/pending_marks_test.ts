import { deepEqual, equal } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { randomUuid, type Uuid } from "../../src/core/mod.ts";
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

/** For so many conversations marks may be left over, see heads.ts. */
const KEPT = 4_096;

Deno.test("[D4] Marks that are left over fall, those that are meant stay, however many conversations there are", async () => {
  await using temp = await tempStorage();
  const { store, backlog, retention } = temp.storage;
  const uids = Array.from({ length: KEPT + 4 }, () => randomUuid());
  const say = async (uid: Uuid, at: number): Promise<void> => {
    await store.append(uid, { side: 1, draft: { content: "x" }, at, targets: [2] });
  };
  const [one, two, , , again, forgotten] = uids;
  if (one === undefined || two === undefined || again === undefined || forgotten === undefined) {
    throw new Error("there are no conversations");
  }
  await Promise.all(uids.map(async (uid) => {
    await store.createConnection({ uid, ids: { 1: uid, 2: null }, at: 1 });
    await say(uid, uid === forgotten ? 1 : 5);
    await store.confirm(uid, 2, { seq: 1, rev: 1 });
  }));
  equal(marks(temp.path), KEPT);
  // The next two whose marks would fall: for one of them something waits again, the other has been forgotten and loaded anew since.
  equal((await retention.removeMessages(2, 0, KEPT * 2)).removed, 1);
  await say(again, 5);
  await say(forgotten, 5);
  for (const uid of [one, two]) {
    await say(uid, 5);
    await store.confirm(uid, 2, { seq: 2, rev: 2 });
  }
  equal(marks(temp.path), KEPT + 2);
  equal(backlog.conversations(2), 2);
  deepEqual(await store.pending(2, undefined, 9), [again, forgotten]);
});

Deno.test("A mark that a crash left over falls at the next close, also where nobody came by", async () => {
  await using temp = await tempStorage();
  const { store } = temp.storage;
  const [done, waiting] = [randomUuid(), randomUuid()];
  for (const uid of [done, waiting]) {
    await store.createConnection({ uid, ids: { 1: uid, 2: null }, at: 1 });
    await store.append(uid, { side: 1, draft: { content: "x" }, at: 1, targets: [2] });
  }
  await store.confirm(done, 2, { seq: 1, rev: 1 });
  const killed = `${temp.path}.killed`;
  await temp.storage.backup(killed);
  equal(marks(killed), 2);
  await openStorage(killed).close();
  equal(marks(killed), 1);
  await using after = openStorage(killed);
  deepEqual(await after.store.pending(2, undefined, 9), [waiting]);
});
