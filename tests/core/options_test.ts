import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { ChatBox as FileChatBox } from "../../src/mod.ts";
import {
  ChatBox,
  ChatBoxError,
  type ChatBoxOptions,
  custom,
  type JsonObject,
  MemoryStore,
  string,
} from "../../src/core/mod.ts";
import { makeBox } from "./box.ts";

/** What a caller without types may hand in. */
function untyped<T>(value: unknown): T {
  return value as T;
}

function refused(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    equal(error instanceof ChatBoxError && error.code, "bad_value", String(error));
    equal(words.test(String(error)), true, String(error));
    return true;
  };
}

const GOOD = {
  name: "t",
  service1: { name: "one", idType: string },
  service2: { name: "two", idType: string },
};
const BAD: readonly (readonly [Record<string, unknown>, RegExp])[] = [
  [{ name: "" }, /Cannot make a ChatBox: name is "", allowed is any text that is not empty/],
  [{ name: undefined }, /name is undefined/],
  [{ service1: undefined }, /service1 is undefined, allowed are its options, \{ name \} at least/],
  [{ service1: { ...GOOD.service1, name: "" } }, /service1\.name is ""/],
  [
    { service2: { ...GOOD.service2, pairAt: "later" } },
    /service2\.pairAt is "later", allowed are "access" and "message"/,
  ],
  [
    { service2: { ...GOOD.service2, durable: "no" } },
    /service2\.durable is "no", allowed are true and false/,
  ],
  [{ service2: { name: "two", idType: String } }, /service2\.idType is a function, allowed are id types/],
  ...[NaN, 0, -1, Infinity, "1", null].flatMap((value) => [
    [{ retryBaseMs: value }, /retryBaseMs is .*, allowed are milliseconds above 0/] as const,
    [{ retryMaxMs: value }, /retryMaxMs is .*, allowed are milliseconds above 0/] as const,
  ]),
  [
    { retryBaseMs: 100, retryMaxMs: 99 },
    /retryMaxMs is 99, allowed are milliseconds from retryBaseMs \(100\)/,
  ],
  [{ callbackTimeoutMs: NaN }, /callbackTimeoutMs is NaN, allowed are milliseconds above 0 and Infinity/],
  [{ callbackTimeoutMs: -5 }, /callbackTimeoutMs is -5/],
];

Deno.test("ChatBox refuses options that are not allowed, and says what is", () => {
  for (const [part, words] of BAD) {
    const options: ChatBoxOptions<string, string> = untyped({ ...GOOD, debug: true, ...part });
    throws(() => new ChatBox(options), refused(words));
  }
});

Deno.test("ChatBox makes no file for options that it refuses", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [part, words] of BAD) {
      const options = untyped<ChatBoxOptions<string, string>>({ ...GOOD, name: `${folder}/box`, ...part });
      throws(() => new FileChatBox(options), refused(words));
    }
    deepEqual(Array.from(Deno.readDirSync(folder)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ServiceWorker refuses what is not allowed before it asks the store", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  const send = worker1.getMessageSender("ada");
  await rejects(send(untyped(7)), refused(/the draft is 7, allowed are text and a MessageDraft/));
  await rejects(send({ content: untyped(undefined) }), refused(/content is undefined, allowed is text/));
  await rejects(worker1.edit("ada", NaN, "x"), refused(/seq is NaN/));
  await rejects(worker1.edit("ada", 1, untyped({})), refused(/content is undefined/));
  await rejects(worker1.markRead("ada", 1.5), refused(/seq is 1\.5/));
  await rejects(worker1.setCursor("ada", untyped(1)), refused(/cursor is 1/));
  await rejects(worker1.recentIds(NaN), refused(/limit is NaN/));
  await rejects(
    worker1.accessNewClient("bob", { uid: untyped("bob") }),
    refused(/uid is "bob", allowed is a UUID/),
  );
  equal(await worker1.getUid("bob"), undefined);
  throws(
    () => worker1.sendQueue.trySend({ id: "ada", message: untyped(null) }),
    refused(/the draft is null/),
  );
  await rejects(worker1.sendQueue.send({ id: "ada", message: untyped(1) }), refused(/the draft is 1/));
  equal(worker1.sendQueue.size, 0);
  for (const capacity of [NaN, 0, -1, 1.5, Infinity]) {
    throws(
      () => worker2.getClientQueue("peer of ada", { capacity }),
      refused(/capacity is .*, allowed are whole/),
    );
    throws(() => worker2.setReceivedBatchCallback(() => {}, { limit: capacity }), refused(/limit is/));
  }
  const connection = await worker1.connectionOf("ada");
  for (const limit of [NaN, 0, -1, 1.5, Infinity]) {
    await rejects(async () => await connection?.messages({ limit }), refused(/limit is/));
    await rejects(async () => await connection?.messagesAfter(0, limit), refused(/limit is/));
  }
  for (const rev of [NaN, -1, 1.5]) {
    await rejects(async () => await connection?.messagesAfter(rev, 1), refused(/rev is/));
    await rejects(async () => await connection?.messages({ before: rev }), refused(/before is/));
    await rejects(Array.fromAsync(connection?.transcript({ after: rev }) ?? []), refused(/after is/));
  }
  equal((await connection?.messages())?.messages.length, 0);
});

Deno.test("ServiceWorker refuses callbacks that are no functions, and options that are no objects", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  const connection = await worker1.connectionOf("ada");
  for (const value of ["x", 5, null, {}]) {
    const words =
      /Cannot set a callback: the [a-z -]+ callback is ("x"|5|null|an Object), allowed are functions/;
    throws(() => worker1.setCreateCallback(untyped(value)), refused(words));
    throws(() => worker1.setNewAccessCallback(untyped(value)), refused(words));
    throws(() => worker1.setPeerSignalCallback(untyped(value)), refused(words));
    throws(() => worker1.setReceivedMessageCallback(untyped(value)), refused(words));
    throws(() => worker1.setReceivedBatchCallback(untyped(value)), refused(words));
    throws(
      () => connection?.subscribe(untyped(value)),
      refused(/Cannot subscribe: the listener is .*functions/),
    );
    await rejects(
      async () => await connection?.properties.change("key", untyped(value)),
      refused(/the change is .*, allowed are functions/),
    );
  }
  for (const value of [null, 5, "x"]) {
    const options = untyped<Record<string, never>>(value);
    const words = /the options is .*, allowed are objects/;
    throws(() => worker2.setReceivedMessageCallback(() => {}, options), refused(words));
    throws(() => worker2.setReceivedBatchCallback(() => {}, options), refused(words));
    throws(() => worker2.getClientQueue("peer of ada", options), refused(words));
    await rejects(worker1.accessNewClient("bob", options), refused(words));
    await rejects(async () => await connection?.messages(options), refused(words));
    await rejects(Array.fromAsync(connection?.transcript(options) ?? []), refused(words));
    throws(
      () => worker1.sendQueue.trySend(untyped(value)),
      refused(/what is sent is .*, allowed are objects/),
    );
    await rejects(worker1.sendQueue.send(untyped(value)), refused(/what is sent is .*, allowed are objects/));
    await rejects(
      async () => await connection?.properties.update(untyped(value)),
      refused(/the patch is .*, allowed are plain objects/),
    );
  }
  equal(await worker1.getUid("bob"), undefined);
  equal(worker1.sendQueue.size, 0);
  // Nobody was set: who was there before still is.
  equal(await worker1.accessNewClient("carol"), "carol");
  equal(await worker2.getUid("peer of carol"), await worker1.getUid("carol"));
});

Deno.test("ServiceWorker refuses an id of another type as bad_value, wherever it takes one", async () => {
  await using test = makeBox();
  const { worker1 } = test.box;
  for (const value of [5, null, {}, ["ada"], Symbol("ada")]) {
    const id = untyped<string>(value);
    const calls = [
      worker1.getUid(id),
      worker1.send(id, { content: "x" }),
      worker1.getMessageSender(id)("x"),
      worker1.sendQueue.send({ id, message: "x" }),
      worker1.edit(id, 1, "x"),
      worker1.delete(id, 1),
      worker1.markRead(id, 1),
      worker1.typing(id, "Ada"),
      worker1.deactivateClient(id),
      worker1.setBlocked(id, null),
      worker1.connectionOf(id),
      worker1.unpair(id),
      worker1.findMessage(id, "r"),
      worker1.cursor(id),
      worker1.setCursor(id, "c"),
      ...(value === null ? [] : [worker1.accessNewClient(id)]),
    ];
    const words = /Cannot use an id of one: it is .*, allowed are ids of type string/;
    for (const outcome of await Promise.allSettled(calls)) {
      equal(outcome.status, "rejected");
      if (outcome.status === "rejected") refused(words)(outcome.reason);
    }
    throws(() => worker1.getClientQueue(id), refused(words));
  }
});

Deno.test("ServiceWorker refuses what an id type of one's own cannot write, and says why", async () => {
  const failure = new RangeError("Invalid time value");
  const day = custom<Date>({
    name: "day",
    encode: (date) => Number.isNaN(date.getTime()) ? raise(failure) : date.toISOString(),
    decode: (text) => new Date(text),
  });
  await using box = new ChatBox({ ...GOOD, service1: { name: "one", idType: day }, debug: true });
  await rejects(box.worker1.accessNewClient(new Date(NaN)), (error) => {
    equal(error instanceof ChatBoxError && error.cause, failure);
    return refused(/Cannot use an id of one: it is an? Date, allowed are ids of type day/)(error);
  });
});

function raise(error: Error): never {
  throw error;
}

Deno.test("ServiceWorker refuses data that lies deeper than 500 levels, and keeps what does not", async () => {
  await using test = makeBox();
  const { worker1 } = test.box;
  await worker1.accessNewClient("ada");
  const nested = (depth: number): JsonObject => {
    let value: JsonObject = {};
    for (let level = 1; level < depth; level++) value = { value };
    return value;
  };
  const send = worker1.getMessageSender("ada");
  for (const depth of [501, 100_000]) {
    await rejects(send({ content: "x", data: nested(depth) }), (error) => {
      equal(String(error).length < 400, true);
      return refused(/data(\.value)+\.?.*\.\.\. is an Object, allowed are .*, 500 deep at most/)(error);
    });
  }
  const properties = (await worker1.connectionOf("ada"))?.properties;
  await rejects(async () => await properties?.set("deep", nested(100_000)), refused(/500 deep at most/));
  deepEqual((await send({ content: "x", data: nested(500) })).data, nested(500));
});

Deno.test("ServiceWorker sends what it was handed, whatever the caller does with it while it waits", async () => {
  await using test = makeBox();
  const { worker1 } = test.box;
  await worker1.accessNewClient("ada");
  const draft = { content: "as handed in", data: { list: [1] } };
  // The first one has to ask whether the client is blocked; the queue's has to wait in line.
  const sent = [
    worker1.send("ada", draft).then(({ message }) => message),
    worker1.sendQueue.send({ id: "ada", message: draft }),
  ];
  draft.content = "changed";
  draft.data.list.push(2);
  for (const message of await Promise.all(sent)) {
    deepEqual([message.content, message.data], ["as handed in", { list: [1] }]);
  }
});

Deno.test("MemoryStore hands out what waits at the same cost however long the conversation is", async () => {
  const cost = async (length: number): Promise<number> => {
    const store = new MemoryStore();
    const uid = crypto.randomUUID() as Parameters<typeof store.append>[0];
    await store.createConnection({ uid, ids: { 1: "a", 2: null }, at: 1 });
    const append = (): Promise<unknown> =>
      store.append(uid, { side: 1, draft: { content: "x" }, at: 1, targets: [2] });
    for (let i = 0; i < length; i++) await append();
    await store.confirm(uid, 2, { seq: length, rev: length });
    await append();
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const started = performance.now();
      for (let i = 0; i < 200; i++) await store.deliverable(uid, 2, 10, false);
      for (let i = 0; i < 200; i++) await store.messagesAfter(uid, length, 10);
      times.push(performance.now() - started);
    }
    return Math.min(...times);
  };
  const short = await cost(10);
  const long = await cost(30_000);
  // Looking through all of it took more than a hundred times as long.
  equal(long < short * 20 + 20, true, `${short} ms, and ${long} ms for the long one`);
});
