import { deepEqual } from "node:assert/strict";
import { append, AT, connect, type StoreTest } from "./story.ts";

/** Catching up, and paging back. */
export function testHistory(test: StoreTest): void {
  test("Store catches up on exactly what is new or changed", async (store) => {
    const uid = await connect(store, "a", null);
    for (let i = 1; i <= 10; i++) await append(store, uid, 1, { content: `m${i}` });
    const edit = (seq: number, content: string): Promise<unknown> =>
      store.change(uid, { seq, at: AT, targets: [], change: { type: "edit", content } });
    await edit(2, "edited");
    await edit(9, "edited");
    await append(store, uid, 2, { content: "m11" });
    await edit(2, "edited again");
    const seqs = async (rev: number): Promise<number[]> =>
      (await store.messagesAfter(uid, rev, 100)).messages.map(({ seq }) => seq);
    deepEqual(await seqs(14), []);
    deepEqual(await seqs(13), [2]);
    deepEqual(await seqs(12), [2, 11]);
    deepEqual(await seqs(11), [2, 9, 11]);
    deepEqual(await seqs(8), [2, 9, 10, 11]);
    deepEqual(await seqs(0), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    deepEqual(await store.messagesAfter(uid, 10, 3), {
      rev: 14,
      messages: (await store.messagesAfter(uid, 10, 9)).messages,
      overflow: false,
    });
    deepEqual(await store.messagesAfter(uid, 10, 2), { rev: 14, messages: [], overflow: true });
  });

  test("Store pages back through history", async (store) => {
    const uid = await connect(store, "a", null);
    deepEqual(await store.messagesBefore(uid, Infinity, 2), { messages: [], more: false, rev: 0 });
    for (let i = 1; i <= 5; i++) await append(store, uid, 1, { content: `m${i}` });
    const page = async (before: number, limit: number): Promise<unknown> => {
      const { messages, more, rev } = await store.messagesBefore(uid, before, limit);
      return [messages.map(({ seq }) => seq), more, rev];
    };
    deepEqual(await page(Infinity, 2), [[4, 5], true, 5]);
    deepEqual(await page(4, 2), [[2, 3], true, 5]);
    deepEqual(await page(2, 2), [[1], false, 5]);
    deepEqual(await page(1, 2), [[], false, 5]);
    deepEqual(await page(99, 5), [[1, 2, 3, 4, 5], false, 5]);
  });
}
