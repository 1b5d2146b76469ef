import { deepEqual, equal, rejects } from "node:assert/strict";
import type { MessageDraft, Store } from "../../../src/core/mod.ts";
import { append, AT, coded, connect, type StoreTest } from "./story.ts";

/** Messages: numbered, kept as they came, changed once. */
export function testMessages(test: StoreTest): void {
  test("Store counts seq and rev from 1 in each connection", async (store) => {
    const [a, b] = [await connect(store, "a", null), await connect(store, "b", null)];
    const appended = await Promise.all([
      append(store, a, 1, { content: "one" }),
      append(store, b, 1, { content: "uno" }),
      append(store, a, 2, { content: "two" }),
    ]);
    deepEqual(appended.map(({ message }) => [message.uid, message.seq, message.rev]), [[a, 1, 1], [b, 1, 1], [
      a,
      2,
      2,
    ]]);
  });

  test("Store gives a message back as it came", async (store) => {
    const uid = await connect(store, "a", null);
    const draft: MessageDraft = {
      content:
        "zero \0 byte, 𝄞, \u202e right to left, e\u0301, \x1b0000 escape, \ud800 unpaired and\nlines\r\n",
      cid: "c\0-1",
      author: { name: "Ada", avatar: "https://example.org/a.png" },
      replyTo: 7,
      files: [{ id: "f", name: "ä.png", type: "image/png", size: 3, width: 1, height: 2 }],
      data: { nodes: [{ type: "text", text: "x" }], ["__proto__"]: 1 },
    };
    const { message, duplicate } = await append(store, uid, 1, draft);
    equal(duplicate, false);
    deepEqual(message, { ...draft, uid, seq: 1, rev: 1, side: 1, createdAt: AT });
    deepEqual(await store.message(uid, 1), message);
    deepEqual((await store.messagesBefore(uid, Infinity, 10)).messages, [message]);
  });

  test("Store edits, deletes and fails; each takes a rev, and doing it again takes none", async (store) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "hello", author: { name: "A" } });
    const change = (change: Parameters<Store["change"]>[1]["change"]): ReturnType<Store["change"]> =>
      store.change(uid, { seq: 1, at: AT + 5, targets: [], change });
    const edited = await change({ type: "edit", content: "hi" });
    deepEqual([edited.changed, edited.message.rev, edited.message.editedAt], [true, 2, AT + 5]);
    equal((await change({ type: "edit", content: "hi" })).changed, false);
    deepEqual((await change({ type: "fail", words: "gone" })).message.failed, "gone");
    const deleted = await change({ type: "delete" });
    deepEqual([deleted.message.content, deleted.message.deletedAt, deleted.message.rev], ["", AT + 5, 4]);
    equal((await change({ type: "delete" })).changed, false);
    equal((await change({ type: "edit", content: "back" })).changed, false);
    deepEqual(await store.message(uid, 1), deleted.message);
    await rejects(
      store.change(uid, { seq: 2, at: AT, targets: [], change: { type: "delete" } }),
      coded("not_found"),
    );
  });

  test("Store tells when a side was active last", async (store) => {
    const uid = await connect(store, "a", null);
    equal(await store.lastActiveAt(2), undefined);
    await append(store, uid, 2, { content: "x" });
    equal(await store.lastActiveAt(2), AT);
    equal(await store.lastActiveAt(1), undefined);
  });
}
