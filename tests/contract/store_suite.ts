import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  ChatBoxError,
  type MessageDraft,
  randomUuid,
  type Side,
  type Store,
  type Uuid,
} from "../../src/core/mod.ts";

/** A store under test, and how to open the same one again after it was closed; `undefined` when it forgets. */
export interface StoreFixture extends AsyncDisposable {
  readonly store: Store;
  reopen?(): Promise<Store>;
}

const AT = 1_700_000_000_000;

/** One suite for every store: what the library relies on. */
export function testStore(name: string, open: () => Promise<StoreFixture>): void {
  const test = (title: string, run: (store: Store, fixture: StoreFixture) => Promise<void>): void => {
    Deno.test(`${title} (${name})`, async () => {
      await using fixture = await open();
      await run(fixture.store, fixture);
    });
  };

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

  test("Store keeps a note until the next confirmation", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "x" }, [2]);
    await store.setNote(uid, 2, { plan: [1, "two"] });
    const kept = await fixture.reopen?.() ?? store;
    deepEqual((await kept.deliverable(uid, 2, 9, false)).note, { plan: [1, "two"] });
    await kept.confirm(uid, 2, { seq: 1, rev: 1 });
    equal((await kept.deliverable(uid, 2, 9, false)).note, undefined);
  });

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
    deepEqual([await store.setRead(uid, 1, NaN), await store.setRead(uid, 1, 1_000_000)], [false, true]);
    deepEqual(await store.watermarks(uid, 1), { delivered: 0, read: 4 });
  });

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

  test("Store merges properties; every key is data", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    await store.setProperties(uid, new Map(Object.entries({ a: 1, b: { c: [null] } })));
    await store.setProperties(uid, new Map([["a", undefined], ["__proto__", "x"]]));
    const kept = await fixture.reopen?.() ?? store;
    deepEqual(Object.entries(await kept.properties(uid)), [["b", { c: [null] }], ["__proto__", "x"]]);
  });

  test("Store tells when a side was active last", async (store) => {
    const uid = await connect(store, "a", null);
    equal(await store.lastActiveAt(2), undefined);
    await append(store, uid, 2, { content: "x" });
    equal(await store.lastActiveAt(2), AT);
    equal(await store.lastActiveAt(1), undefined);
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

  test("Store refuses after close", async (store) => {
    const uid = await connect(store, "a", null);
    await store.close();
    await rejects(append(store, uid, 1, { content: "x" }), coded("closed"));
    await store.close();
  });
}

async function connect(store: Store, id1: string, id2: string | null): Promise<Uuid> {
  const uid = randomUuid();
  await store.createConnection({ uid, ids: { 1: id1, 2: id2 }, at: AT });
  return uid;
}

function append(
  store: Store,
  uid: Uuid,
  side: Side,
  draft: MessageDraft,
  targets: readonly Side[] = [],
): ReturnType<Store["append"]> {
  return store.append(uid, { side, draft, at: AT, targets });
}

function coded(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ChatBoxError && error.code === code;
}
