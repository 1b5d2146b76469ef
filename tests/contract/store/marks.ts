import { deepEqual, equal } from "node:assert/strict";
import { append, connect, type StoreTest } from "./story.ts";

/** The ids and marks that a service hands in. */
export function testMarks(test: StoreTest): void {
  test("Store maps messages to their ids in a service, one to many and many to one", async (store) => {
    const uid = await connect(store, "a", null);
    for (const content of ["1", "2", "3"]) await append(store, uid, 1, { content }, [2]);
    await store.confirm(uid, 2, {
      seq: 3,
      remoteIds: [{ seq: 1, ids: ["p", "q"] }, { seq: 2, ids: ["r"] }, { seq: 3, ids: ["r"] }],
    });
    deepEqual(await store.remoteIds(uid, 2, 1), ["p", "q"]);
    equal((await store.findRemote(uid, 2, "q"))?.seq, 1);
    equal((await store.findRemote(uid, 2, "r"))?.seq, 2);
    equal(await store.findRemote(uid, 1, "q"), undefined);
    await store.confirm(uid, 2, { remoteIds: [{ seq: 1, ids: ["s"] }] });
    deepEqual(await store.remoteIds(uid, 2, 1), ["s"]);
    equal(await store.findRemote(uid, 2, "p"), undefined);
    await append(store, uid, 2, { content: "answer", remoteIds: ["t"], cursor: "t" });
    equal((await store.findRemote(uid, 2, "t"))?.seq, 4);
    equal(await store.cursor(uid, 2), "t");
    equal(await store.cursor(uid, 1), undefined);
    await store.setCursor(uid, 2, "u");
    equal(await store.cursor(uid, 2), "u");
  });

  test("Store moves the read mark forward only, and no further than what was written", async (store) => {
    const uid = await connect(store, "a", null);
    for (const content of ["1", "2", "3", "4"]) await append(store, uid, 2, { content });
    deepEqual([
      await store.setRead(uid, 1, 3),
      await store.setRead(uid, 1, 3),
      await store.setRead(uid, 1, 2),
    ], [
      true,
      false,
      false,
    ]);
    deepEqual(await store.watermarks(uid, 1), { delivered: 0, read: 3 });
    equal(await store.setRead(uid, 1, 1_000_000), true);
    deepEqual(await store.watermarks(uid, 1), { delivered: 0, read: 4 });
  });
}
