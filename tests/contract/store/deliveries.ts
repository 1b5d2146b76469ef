import { deepEqual, equal } from "node:assert/strict";
import type { Store } from "../../../src/core/mod.ts";
import { append, AT, connect, type StoreTest } from "./story.ts";

/** What waits for a side, until it is confirmed. */
export function testDeliveries(test: StoreTest): void {
  test("[D4] Store hands out what waits until it is confirmed, in seq order, without the side's own", async (store) => {
    const uid = await connect(store, "a", null);
    for (const [side, content] of [[1, "1"], [2, "own"], [1, "2"], [1, "3"]] as const) {
      await append(store, uid, side, { content }, side === 1 ? [2] : []);
    }
    const waiting = async (limit: number): Promise<unknown> => {
      const { messages, seq, rev, more } = await store.deliverable(uid, 2, limit, false);
      return [messages.map(({ content }) => content), seq, rev, more];
    };
    deepEqual(await waiting(2), [["1", "2"], 3, 4, true]);
    await store.confirm(uid, 2, { seq: 1 });
    deepEqual(await waiting(9), [["2", "3"], 4, 4, false]);
    deepEqual(await store.pending(2, undefined, 9), [uid]);
    await store.confirm(uid, 2, { seq: 4, rev: 4 });
    deepEqual(await waiting(9), [[], 4, 4, false]);
    deepEqual(await store.pending(2, undefined, 9), []);
    await store.confirm(uid, 2, { seq: 2, rev: 1 });
    deepEqual(await store.watermarks(uid, 2), { delivered: 4, read: 0 });
    equal((await store.deliverable(uid, 2, 9, true)).messages.length, 0);
  });

  test("[O1] Store hands out a message that was edited before its delivery once, at its place", async (store) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "one" }, [2]);
    await append(store, uid, 1, { content: "two" }, [2]);
    await store.change(uid, { seq: 1, at: AT, targets: [2], change: { type: "edit", content: "ONE" } });
    await append(store, uid, 1, { content: "three" }, [2]);
    await store.change(uid, { seq: 3, at: AT, targets: [2], change: { type: "delete" } });
    const { messages, changes, seq, rev } = await store.deliverable(uid, 2, 9, false);
    deepEqual(messages.map(({ content }) => content), ["ONE", "two"]);
    deepEqual(changes, []);
    await store.confirm(uid, 2, { seq, rev });
    const next = await store.deliverable(uid, 2, 9, false);
    deepEqual([next.messages, next.changes], [[], []]);
  });

  test("Store hands out changes of what was delivered, in rev order, and never what has failed", async (store) => {
    const uid = await connect(store, "a", null);
    for (const content of ["1", "2", "3"]) await append(store, uid, 1, { content }, [2]);
    await store.confirm(uid, 2, { seq: 3, rev: 3 });
    const change = (seq: number, change: Parameters<Store["change"]>[1]["change"]): Promise<unknown> =>
      store.change(uid, { seq, at: AT, targets: [2], change });
    await change(3, { type: "edit", content: "3!" });
    await change(1, { type: "delete" });
    await change(2, { type: "fail", words: "no" });
    await append(store, uid, 1, { content: "4" }, [2]);
    const first = await store.deliverable(uid, 2, 1, false);
    deepEqual([first.changes.map(({ seq }) => seq), first.rev, first.seq, first.more], [[3], 4, 3, true]);
    const all = await store.deliverable(uid, 2, 9, false);
    deepEqual(all.changes.map(({ seq }) => seq), [3, 1]);
    deepEqual(all.messages.map(({ seq }) => seq), [4]);
    deepEqual([all.rev, all.seq, all.more], [7, 4, false]);
  });

  test("[D4, O1] Store hands out the same whether it has it at hand or reads it", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    for (let i = 1; i <= 50; i++) {
      await append(store, uid, i % 3 === 0 ? 2 : 1, { content: `${i}` }, i % 3 === 0 ? [1] : [2]);
      if (i % 7 === 0) await store.confirm(uid, 2, { seq: i - 3, rev: i - 3 });
      if (i % 11 === 0) {
        await store.change(uid, { seq: i, at: AT, targets: [2], change: { type: "edit", content: `${i}!` } });
      }
    }
    const look = async (from: Store): Promise<unknown> => [
      await from.deliverable(uid, 2, 5, false),
      await from.deliverable(uid, 2, 100, false),
      await from.deliverable(uid, 1, 100, false),
      await from.deliverable(uid, 2, 100, true),
    ];
    const atHand = await look(store);
    deepEqual(await look(await fixture.reopen?.() ?? store), atHand);
  });

  test("[D4] Store hands out a change that waits also after a message that is not for the side", async (store) => {
    const uid = await connect(store, "a", "b");
    await append(store, uid, 1, { content: "x" }, [2]);
    await store.confirm(uid, 2, { seq: 1, rev: 1 });
    await store.change(uid, { seq: 1, at: AT, targets: [2], change: { type: "edit", content: "y" } });
    await append(store, uid, 2, { content: "own" }, [1]);
    const { changes, messages } = await store.deliverable(uid, 2, 9, false);
    deepEqual([changes.map(({ content }) => content), messages], [["y"], []]);
  });

  test("Store keeps a note until the next confirmation", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "x" }, [2]);
    await store.setNote(uid, 2, { plan: [1, "two"] });
    const kept = await fixture.reopen?.() ?? store;
    deepEqual((await kept.deliverable(uid, 2, 9, false)).note, { plan: [1, "two"] });
    await kept.confirm(uid, 2, { seq: 1, rev: 1 });
    equal((await kept.deliverable(uid, 2, 9, false)).note, undefined);
  });
}
