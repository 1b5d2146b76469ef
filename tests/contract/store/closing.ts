import { deepEqual, equal, rejects } from "node:assert/strict";
import { randomUuid, type Store, type Uuid } from "../../../src/core/mod.ts";
import { AT, connect, type StoreTest } from "./story.ts";

/** One call of every method but `close`, which needs nothing but the one connection. */
function calls(store: Store, uid: Uuid): Readonly<Record<Exclude<keyof Store, "close">, Promise<unknown>>> {
  return {
    connection: store.connection(uid),
    connectionOf: store.connectionOf(1, "a"),
    createConnection: store.createConnection({ uid: randomUuid(), ids: { 1: "b", 2: null }, at: AT }),
    setId: store.setId(uid, 2, "peer"),
    setActive: store.setActive(uid, 1, false),
    touch: store.touch(uid, AT),
    properties: store.properties(uid),
    setProperties: store.setProperties(uid, new Map([["key", 1]])),
    append: store.append(uid, { side: 1, draft: { content: "x" }, at: AT, targets: [2] }),
    change: store.change(uid, { seq: 1, at: AT, targets: [2], change: { type: "delete" } }),
    message: store.message(uid, 1),
    messagesAfter: store.messagesAfter(uid, 0, 1),
    messagesBefore: store.messagesBefore(uid, Infinity, 1),
    deliverable: store.deliverable(uid, 2, 1, false),
    confirm: store.confirm(uid, 2, { seq: 1 }),
    setNote: store.setNote(uid, 2, "note"),
    pending: store.pending(2, undefined, 1),
    watermarks: store.watermarks(uid, 2),
    setRead: store.setRead(uid, 2, 1),
    remoteIds: store.remoteIds(uid, 2, 1),
    findRemote: store.findRemote(uid, 2, "r"),
    cursor: store.cursor(uid, 2),
    setCursor: store.setCursor(uid, 2, "c"),
    recentIds: store.recentIds(1, 1),
    lastActiveAt: store.lastActiveAt(1),
  };
}

/** How each of them ended, by method. */
async function endings(asked: Readonly<Record<string, Promise<unknown>>>): Promise<Record<string, string>> {
  const outcomes = await Promise.allSettled(Object.values(asked));
  const words = outcomes.map((outcome) =>
    outcome.status === "fulfilled" ? "answered" : String(outcome.reason)
  );
  return Object.fromEntries(Object.keys(asked).map((method, index) => [method, words[index] ?? ""]));
}

function allAre(ending: string, asked: object): Record<string, string> {
  return Object.fromEntries(Object.keys(asked).map((method) => [method, ending]));
}

const CLOSED = "ChatBoxError: Cannot use the store: it is closed";

/** The end: what was accepted is kept, and nothing more is answered. */
export function testClosing(test: StoreTest): void {
  test(
    "[D6] Store.close answers and keeps what was asked before, by every method",
    async (store, fixture) => {
      const uid = await connect(store, "a", null);
      const asked = calls(store, uid);
      const closed = store.close();
      deepEqual(await endings(asked), allAre("answered", asked));
      await closed;
      const kept = await fixture.reopen?.();
      if (kept !== undefined) equal((await kept.message(uid, 1))?.deletedAt, AT);
    },
  );

  test("Store refuses everything as closed after close, and closing again does nothing", async (store) => {
    const uid = await connect(store, "a", null);
    await store.close();
    const asked = calls(store, uid);
    deepEqual(await endings(asked), allAre(CLOSED, asked));
    await rejects(store.connection(uid), { code: "closed" });
    await store.close();
  });

  test("Store refuses everything as closed after what holds it was closed", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    await (fixture.reopen?.() ?? store.close());
    const asked = calls(store, uid);
    deepEqual(await endings(asked), allAre(CLOSED, asked));
  });
}
