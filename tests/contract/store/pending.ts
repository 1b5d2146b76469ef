import { deepEqual, rejects } from "node:assert/strict";
import { randomUuid, type Side, type Store } from "../../../src/core/mod.ts";
import { append, AT, coded, connect, type StoreTest } from "./story.ts";

/** For whom something waits. */
export function testPending(test: StoreTest): void {
  test("[D2] Store marks a message as pending in the step that stores it", async (store) => {
    const [a, b] = [await connect(store, "a", null), await connect(store, "b", null)];
    await connect(store, "c", null);
    await append(store, b, 1, { content: "x" }, [2]);
    await append(store, a, 1, { content: "x" }, [2]);
    deepEqual(await store.pending(2, undefined, 10), [a, b]);
    deepEqual(await store.pending(2, undefined, 1), [a]);
    deepEqual(await store.pending(2, a, 10), [b]);
    deepEqual(await store.pending(1, undefined, 10), []);
  });

  test(
    "[D4] Store keeps what waits for a client that is not active out of what is pending",
    async (store, fixture) => {
      const uid = await connect(store, "a", "b");
      await append(store, uid, 1, { content: "x" }, [2]);
      deepEqual((await store.setActive(uid, 2, false)).active, { 1: true, 2: false });
      deepEqual(await store.pending(2, undefined, 9), []);
      const kept = await fixture.reopen?.() ?? store;
      deepEqual((await kept.connection(uid))?.active, { 1: true, 2: false });
      await kept.setActive(uid, 2, true);
      deepEqual(await kept.pending(2, undefined, 9), [uid]);
      await rejects(kept.setActive(randomUuid(), 2, true), coded("not_found"));
    },
  );

  test(
    "[D4] Store passes for good what was not for a side when something begins to wait for it",
    async (store, fixture) => {
      const uid = await connect(store, "a", "b");
      const append = (side: Side, content: string, targets: readonly Side[]): Promise<unknown> =>
        store.append(uid, { side, draft: { content }, at: AT, targets });
      await append(1, "mine, without an echo", [2]);
      await store.change(uid, {
        seq: 1,
        at: AT,
        targets: [2],
        change: { type: "edit", content: "mine, edited" },
      });
      await append(2, "yours", [1]);
      const waits = async (kept: Store): Promise<readonly string[]> => {
        const { changes, messages } = await kept.deliverable(uid, 1, 9, true);
        return [...changes, ...messages].map(({ content }) => content);
      };
      deepEqual(await waits(store), ["yours"]);
      deepEqual(await store.watermarks(uid, 1), { delivered: 1, read: 0 });
      const kept = fixture.reopen === undefined ? store : await fixture.reopen();
      deepEqual(await waits(kept), ["yours"]);
      await kept.confirm(uid, 1, { seq: 3, rev: 3 });
      await kept.change(uid, { seq: 1, at: AT, targets: [2], change: { type: "delete" } });
      await kept.change(uid, {
        seq: 2,
        at: AT,
        targets: [1],
        change: { type: "edit", content: "yours, edited" },
      });
      deepEqual(await waits(kept), ["yours, edited"]);
    },
  );

  test("[D4] Store has nothing pending when all that was for a side has arrived, whatever came after it", async (store) => {
    const uid = await connect(store, "a", "b");
    await store.append(uid, { side: 1, draft: { content: "for 2" }, at: AT, targets: [2] });
    await store.append(uid, { side: 2, draft: { content: "for nobody" }, at: AT, targets: [] });
    await store.change(uid, { seq: 2, at: AT, targets: [], change: { type: "fail", words: "no" } });
    deepEqual(await store.pending(2, undefined, 9), [uid]);
    await store.confirm(uid, 2, { seq: 1, rev: 1 });
    deepEqual(await store.pending(2, undefined, 9), []);
    await store.change(uid, { seq: 1, at: AT, targets: [2], change: { type: "delete" } });
    deepEqual(await store.pending(2, undefined, 9), [uid]);
  });
}
