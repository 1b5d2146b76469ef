import { deepEqual, equal } from "node:assert/strict";
import { append, AT, connect, type StoreTest } from "./story.ts";

/** A `cid` that comes again stores nothing new. */
export function testResent(test: StoreTest): void {
  test("[D3] Store gives the first message again when a cid comes again, also after an edit", async (store) => {
    const uid = await connect(store, "a", null);
    const first = await append(store, uid, 1, { content: "hello", cid: "c" });
    await append(store, uid, 1, { content: "other", cid: "d" });
    await store.change(uid, { seq: 1, at: AT + 1, targets: [], change: { type: "edit", content: "hello!" } });
    const again = await append(store, uid, 1, { content: "hello", cid: "c" });
    equal(again.duplicate, true);
    equal(again.message.seq, 1);
    equal(again.createdRev, first.createdRev);
    equal((await store.messagesBefore(uid, Infinity, 10)).messages.length, 2);
  });

  test("[D3] Store tells the sides' cids apart", async (store) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "mine", cid: "same" });
    equal((await append(store, uid, 2, { content: "yours", cid: "same" })).duplicate, false);
  });

  test("[D3] Store knows a cid within the last 1,000 messages and not after", async (store) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "first", cid: "first" });
    await Promise.all(
      Array.from({ length: 999 }, (_, i) => append(store, uid, 1, { content: "x", cid: `c${i}` })),
    );
    equal((await append(store, uid, 1, { content: "first", cid: "first" })).duplicate, true);
    await append(store, uid, 1, { content: "x" });
    equal((await append(store, uid, 1, { content: "first", cid: "first" })).duplicate, false);
  });

  test("[D3] Store knows a cid after it was opened again", async (store, fixture) => {
    const uid = await connect(store, "a\0b", null);
    await append(store, uid, 1, { content: "hello", cid: "c" });
    if (fixture.reopen === undefined) return;
    const reopened = await fixture.reopen();
    deepEqual(await append(reopened, uid, 1, { content: "hello", cid: "c" }), {
      message: { uid, seq: 1, rev: 1, side: 1, content: "hello", cid: "c", createdAt: AT },
      createdRev: 1,
      duplicate: true,
    });
    equal((await append(reopened, uid, 1, { content: "next", cid: "d" })).message.seq, 2);
  });
}
