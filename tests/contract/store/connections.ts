import { deepEqual, equal, rejects } from "node:assert/strict";
import { randomUuid, type Side, type Uuid } from "../../../src/core/mod.ts";
import { append, AT, coded, connect, type StoreTest } from "./story.ts";

/** Connections: found by any of their ids, each id taken once. */
export function testConnections(test: StoreTest): void {
  test("Store finds a connection by uid and by either id", async (store) => {
    const uid = randomUuid();
    const record = await store.createConnection({ uid, ids: { 1: "visitor", 2: null }, at: AT });
    deepEqual(record, {
      uid,
      ids: { 1: "visitor", 2: null },
      active: { 1: true, 2: true },
      createdAt: AT,
      lastSeenAt: AT,
    });
    deepEqual(await store.connection(uid), record);
    deepEqual(await store.connectionOf(1, "visitor"), record);
    equal(await store.connectionOf(2, "visitor"), undefined);
    equal(await store.connection(randomUuid()), undefined);
  });

  test("Store refuses a uid or an id that is taken, and stores nothing of it", async (store) => {
    const uid = await connect(store, "a", "b");
    await rejects(store.createConnection({ uid, ids: { 1: "c", 2: null }, at: AT }), coded("conflict"));
    const other = randomUuid();
    await rejects(store.createConnection({ uid: other, ids: { 1: "c", 2: "b" }, at: AT }), coded("conflict"));
    equal(await store.connection(other), undefined);
    equal(await store.connectionOf(1, "c"), undefined);
  });

  test("Store gives a side a new id, and none", async (store) => {
    const uid = await connect(store, "a", null);
    deepEqual((await store.setId(uid, 2, "thread 1")).ids, { 1: "a", 2: "thread 1" });
    await store.setId(uid, 2, "thread 2");
    equal(await store.connectionOf(2, "thread 1"), undefined);
    equal((await store.connectionOf(2, "thread 2"))?.uid, uid);
    deepEqual((await store.setId(uid, 2, null)).ids, { 1: "a", 2: null });
    const other = await connect(store, "b", "thread 3");
    await rejects(store.setId(uid, 2, "thread 3"), coded("conflict"));
    equal((await store.connectionOf(2, "thread 3"))?.uid, other);
  });

  test("Store rejects with not_found for an unknown connection", async (store) => {
    const uid = randomUuid();
    await rejects(append(store, uid, 1, { content: "x" }), coded("not_found"));
    await rejects(store.messagesBefore(uid, Infinity, 10), coded("not_found"));
    await rejects(store.setProperties(uid, new Map()), coded("not_found"));
    await rejects(store.touch(uid, AT), coded("not_found"));
    await rejects(store.setId(uid, 2, "x"), coded("not_found"));
  });

  test("Store lists the ids of a side, those whose conversation spoke last first", async (store, fixture) => {
    const uids = new Map<string, Uuid>();
    for (const id of ["a", "b", "c", "d"]) uids.set(id, await connect(store, id, `thread ${id}`));
    await connect(store, "unpaired", null);
    const say = (id: string, side: Side): Promise<unknown> =>
      store.append(uids.get(id) ?? randomUuid(), { side, draft: { content: "hi" }, at: AT, targets: [] });
    for (const id of ["a", "b", "c"]) await say(id, 1);
    await say("a", 2);
    const ids = ["thread a", "thread c", "thread b", "thread d"];
    deepEqual(await store.recentIds(2, 10), ids);
    deepEqual(await store.recentIds(2, 3), ids.slice(0, 3));
    deepEqual(await store.recentIds(2, 0), []);
    await store.setId(uids.get("c") ?? randomUuid(), 2, null);
    deepEqual(await store.recentIds(2, 10), ["thread a", "thread b", "thread d"]);
    deepEqual(await store.recentIds(1, 2), ["a", "c"]);
    const again = await fixture.reopen?.();
    if (again !== undefined) deepEqual(await again.recentIds(2, 10), ["thread a", "thread b", "thread d"]);
  });
}
