import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  ChatBoxError,
  type JsonObject,
  type JsonValue,
  randomUuid,
  type Store,
} from "../../../src/core/mod.ts";
import { append, AT, coded, connect, type StoreTest } from "./story.ts";

/** What a caller without types may hand in. */
function untyped<T>(value: unknown): T {
  return value as T;
}

const NO_WHOLE = [NaN, Infinity, -1, 1.5, "1", null, undefined, 2 ** 53, 1n];
const NO_TEXT = [1, null, {}, ["a"], true, Symbol.iterator];
const NO_JSON = [NaN, -Infinity, 1n, undefined, () => 1, new Date(0), new Map(), Symbol("s")];

/** Text that databases like to lose. */
const HARD_TEXT = "zero \0, unpaired \ud800 and \udc00, escape \x1b0041, 𝄞";

/** Calls a store must refuse, each with what its error must say. */
function refused(store: Store, uid: ReturnType<typeof randomUuid>): [() => Promise<unknown>, RegExp][] {
  const draft = (part: Record<string, unknown>): Promise<unknown> =>
    append(store, uid, 1, untyped({ content: "x", ...part }));
  const edit = (part: Record<string, unknown>): Promise<unknown> =>
    store.change(uid, {
      seq: 1,
      at: AT,
      targets: [],
      change: untyped({ type: "edit", content: "y", ...part }),
    });
  const loop: Record<string, unknown> = {};
  loop.again = { loop };
  const file = { id: "f", name: "n", type: "t", size: 1 };
  const whole = /whole numbers from/;
  const cases: [() => Promise<unknown>, RegExp][] = [
    [() => append(store, uid, 1, untyped(null)), /the draft is null, allowed are text and a MessageDraft/],
    [
      () => store.append(uid, { side: untyped(3), draft: { content: "x" }, at: AT, targets: [] }),
      /side is 3/,
    ],
    [() => append(store, uid, 1, { content: "x" }, untyped([0])), /side is 0, allowed are 1 and 2/],
    [() => draft({ data: loop }), /data\.again\.loop is an Object/],
    [() => draft({ data: [1] }), /data is an Array, allowed are plain objects/],
    [() => draft({ author: "Ada" }), /author is "Ada"/],
    [() => draft({ author: { name: 1 } }), /author\.name is 1/],
    [() => draft({ files: [{ ...file, size: -1 }] }), /files\[0\]\.size is -1/],
    [() => draft({ files: file }), /files is an Object, allowed are lists/],
    [() => draft({ remoteIds: ["a", 2] }), /remoteIds\[1\] is 2/],
    [() => store.createConnection({ uid: untyped("me"), ids: { 1: "z", 2: null }, at: AT }), /uid is "me"/],
    [() => store.createConnection({ uid: randomUuid(), ids: { 1: untyped(1), 2: null }, at: AT }), /id is 1/],
    [() => store.createConnection({ uid: randomUuid(), ids: { 1: "z", 2: null }, at: NaN }), /at is NaN/],
    [() => store.setId(uid, 2, untyped(7)), /id is 7, allowed are text and null/],
    [() => store.setActive(uid, 1, untyped("no")), /active is "no", allowed are true and false/],
    [() => store.messagesBefore(uid, -Infinity, 1), /before is -Infinity, allowed are .* and Infinity/],
  ];
  for (const value of NO_TEXT) {
    const text = /allowed (?:is|are lists of) text/;
    cases.push([() => draft({ content: value }), text], [() => edit({ content: value }), text]);
    cases.push([() => draft({ cid: value }), text], [() => draft({ cursor: value }), text]);
    cases.push([() => store.setCursor(uid, 1, untyped(value)), text]);
    cases.push([() => store.findRemote(uid, 1, untyped(value)), text]);
    const fail = { type: "fail", words: value };
    cases.push([() => store.change(uid, { seq: 1, at: AT, targets: [], change: untyped(fail) }), text]);
  }
  for (const value of NO_JSON) {
    const json = /allowed are (?:text, finite numbers|plain objects)/;
    if (value !== undefined) {
      cases.push([() => draft({ data: value }), json]);
      cases.push([() => store.setProperties(uid, new Map([["good", 1], ["bad", untyped(value)]])), json]);
    }
    cases.push([() => draft({ data: { deep: [value] } }), json], [
      () => edit({ data: { deep: value } }),
      json,
    ]);
    cases.push([() => store.setNote(uid, 1, untyped(value)), json]);
  }
  for (const value of NO_WHOLE) {
    const number = untyped<number>(value);
    cases.push([
      () => store.append(uid, { side: 1, draft: { content: "x" }, at: number, targets: [] }),
      whole,
    ]);
    cases.push([() => store.touch(uid, number), whole], [() => store.message(uid, number), whole]);
    cases.push([() => store.setRead(uid, 1, number), whole], [() => store.remoteIds(uid, 1, number), whole]);
    cases.push([() => store.messagesAfter(uid, number, 1), whole], [
      () => store.messagesAfter(uid, 0, number),
      whole,
    ]);
    cases.push([() => store.messagesBefore(uid, 1, number), whole], [
      () => store.recentIds(1, number),
      whole,
    ]);
    cases.push([() => store.deliverable(uid, 1, number, false), whole]);
    cases.push([() => store.pending(1, undefined, number), whole]);
    if (value === undefined) continue;
    cases.push([() => draft({ replyTo: value }), whole]);
    cases.push([() => store.confirm(uid, 2, { seq: number }), whole]);
    cases.push([() => store.confirm(uid, 2, { rev: number }), whole]);
    if (value !== Infinity) cases.push([() => store.messagesBefore(uid, number, 1), whole]);
  }
  return cases;
}

/** What comes in: refused in the same words, or copied. */
export function testInputs(test: StoreTest): void {
  test("Store refuses what is not allowed as bad_value, says what is, and keeps nothing of it", async (store) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "there" });
    for (const [call, words] of refused(store, uid)) {
      await rejects(call(), (error) => {
        equal(error instanceof ChatBoxError && error.code, "bad_value", `${call}: ${error}`);
        equal(words.test(String(error)), true, `${call}: ${error}`);
        return true;
      }, String(call));
    }
    const { messages, rev } = await store.messagesBefore(uid, Infinity, 10);
    deepEqual([messages.map(({ content }) => content), rev], [["there"], 1]);
    deepEqual(await store.properties(uid), {});
    deepEqual(await store.watermarks(uid, 2), { delivered: 0, read: 0 });
    equal(await store.connectionOf(1, "z"), undefined);
  });

  test(
    "Store keeps any text, unpaired surrogates included, wherever text is allowed",
    async (store, fixture) => {
      const uid = await connect(store, HARD_TEXT, null);
      const file = { id: HARD_TEXT, name: HARD_TEXT, type: HARD_TEXT, size: 0 };
      await append(store, uid, 1, {
        content: HARD_TEXT,
        cid: HARD_TEXT,
        author: { name: HARD_TEXT, avatar: HARD_TEXT },
        files: [file],
        data: { [HARD_TEXT]: [HARD_TEXT] },
        remoteIds: [HARD_TEXT],
        cursor: HARD_TEXT,
      });
      await store.change(uid, { seq: 1, at: AT, targets: [], change: { type: "fail", words: HARD_TEXT } });
      await store.setProperties(uid, new Map([[HARD_TEXT, HARD_TEXT]]));
      await store.setNote(uid, 2, HARD_TEXT);
      const kept = await fixture.reopen?.() ?? store;
      equal((await kept.connectionOf(1, HARD_TEXT))?.uid, uid);
      deepEqual(await kept.message(uid, 1), {
        uid,
        seq: 1,
        rev: 2,
        side: 1,
        createdAt: AT,
        content: HARD_TEXT,
        cid: HARD_TEXT,
        author: { name: HARD_TEXT, avatar: HARD_TEXT },
        files: [file],
        data: { [HARD_TEXT]: [HARD_TEXT] },
        failed: HARD_TEXT,
      });
      equal((await kept.findRemote(uid, 1, HARD_TEXT))?.seq, 1);
      deepEqual(await kept.remoteIds(uid, 1, 1), [HARD_TEXT]);
      equal(await kept.cursor(uid, 1), HARD_TEXT);
      deepEqual(Object.entries(await kept.properties(uid)), [[HARD_TEXT, HARD_TEXT]]);
      equal((await kept.deliverable(uid, 2, 1, false)).note, HARD_TEXT);
    },
  );

  test(
    "Store keeps what it was handed, whatever the caller does with it afterwards",
    async (store, fixture) => {
      const uid = randomUuid();
      const ids: Record<1 | 2, string | null> = { 1: "a", 2: null };
      const properties = { page: { url: "/" } };
      const made = store.createConnection({ uid, ids, at: AT, properties });
      ids[1] = "b";
      properties.page.url = "/changed";
      await made;
      const value = { list: [1] };
      const set = store.setProperties(uid, new Map([["value", value]]));
      value.list.push(2);
      await set;
      const draft = {
        content: "as sent",
        author: { name: "Ada" },
        data: { list: [{ n: 1 }] },
        remoteIds: ["r"],
      };
      const sent = append(store, uid, 1, draft, [2]);
      draft.content = draft.author.name = "changed";
      draft.data.list.push({ n: 2 });
      for (const item of draft.data.list) item.n = 9;
      draft.remoteIds.push("s");
      await sent;
      const note = { plan: [1] };
      const noted = store.setNote(uid, 2, note);
      note.plan.push(2);
      await noted;
      const look = async (from: Store): Promise<void> => {
        equal((await from.connectionOf(1, "a"))?.uid, uid);
        deepEqual(await from.properties(uid), { page: { url: "/" }, value: { list: [1] } });
        const waiting = await from.deliverable(uid, 2, 1, false);
        const [message] = waiting.messages;
        deepEqual([message?.content, message?.author, message?.data], ["as sent", { name: "Ada" }, {
          list: [{ n: 1 }],
        }]);
        deepEqual(waiting.note, { plan: [1] });
        deepEqual(await from.remoteIds(uid, 1, 1), ["r"]);
      };
      await look(store);
      await look(await fixture.reopen?.() ?? store);
    },
  );

  test("Store keeps what lies 500 levels deep, and refuses what lies deeper", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    const nested = (depth: number): JsonObject => depth === 1 ? {} : { list: [nested(depth - 2)] };
    let bottomless: JsonObject = {};
    for (let level = 0; level < 100_000; level++) bottomless = { bottomless };
    for (const data of [nested(501), bottomless]) {
      await rejects(append(store, uid, 1, { content: "x", data }), coded("bad_value"));
      await rejects(store.setProperties(uid, new Map([["deep", data]])), coded("bad_value"));
      await rejects(store.setNote(uid, 2, data), coded("bad_value"));
    }
    await append(store, uid, 1, { content: "x", data: nested(499) });
    await store.setProperties(uid, new Map([["deep", nested(499)]]));
    const kept = await fixture.reopen?.() ?? store;
    deepEqual((await kept.message(uid, 1))?.data, nested(499));
    deepEqual(await kept.properties(uid), { deep: nested(499) });
  });

  test("Store keeps what it has, whatever is done with what it gave", async (store) => {
    const uid = await connect(store, "a", null);
    await store.setProperties(uid, new Map<string, JsonValue>([["list", [1]]]));
    const { message } = await append(store, uid, 1, { content: "x", data: { list: [1] } }, [2]);
    const spoil = async (object: object, list: JsonValue | undefined): Promise<void> => {
      // Some are copies, the others are frozen and throw.
      await rejects(async () => {
        Reflect.set(object, "content", "spoilt");
        untyped<number[]>(list).push(2);
        await Promise.reject(new TypeError("a copy"));
      }, TypeError);
    };
    const properties: JsonObject = await store.properties(uid);
    await spoil(properties, properties.list);
    await spoil(message, message.data?.list);
    const [delivered] = (await store.deliverable(uid, 2, 1, false)).messages;
    await spoil(delivered ?? {}, delivered?.data?.list);
    deepEqual(await store.properties(uid), { list: [1] });
    const [again] = (await store.deliverable(uid, 2, 1, false)).messages;
    deepEqual([again?.content, again?.data], ["x", { list: [1] }]);
  });

  test(
    "Store leaves out what a draft names and does not give, and what it does not know",
    async (store, fixture) => {
      const uid = await connect(store, "a", null);
      const draft = { content: "x", cid: undefined, author: undefined, data: undefined, surprise: 1 };
      const { message } = await append(store, uid, 1, untyped(draft));
      deepEqual(Object.keys(message).sort(), ["content", "createdAt", "rev", "seq", "side", "uid"]);
      const kept = await fixture.reopen?.() ?? store;
      deepEqual(await kept.message(uid, 1), message);
    },
  );

  test("[D4] Store takes a confirmation no further than what was written", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    await append(store, uid, 1, { content: "1" }, [2]);
    await store.confirm(uid, 2, { seq: 1_000, rev: 1_000 });
    await append(store, uid, 1, { content: "2" }, [2]);
    const kept = await fixture.reopen?.() ?? store;
    deepEqual((await kept.deliverable(uid, 2, 9, false)).messages.map(({ content }) => content), ["2"]);
    deepEqual(await kept.pending(2, undefined, 9), [uid]);
  });
}
