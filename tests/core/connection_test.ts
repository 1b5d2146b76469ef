import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  type Connection,
  DeliveryError,
  type JsonValue,
  PermanentDeliveryError,
} from "../../src/core/mod.ts";
import { Collector } from "../support/until.ts";
import { makeBox, type TestBox } from "./box.ts";
import { settle } from "./settle.ts";

async function connect(test: TestBox): Promise<Connection> {
  await test.box.worker1.accessNewClient("ada");
  const connection = await test.box.worker1.connectionOf("ada");
  if (connection === undefined) throw new Error("there is no connection");
  return connection;
}

Deno.test("Connection.transcript gives everything in order without a page too much", async () => {
  await using test = makeBox();
  const connection = await connect(test);
  const send = test.box.worker1.getMessageSender("ada");
  deepEqual(await Array.fromAsync(connection.transcript()), []);
  for (let i = 1; i <= 250; i++) await send(`${i}`);
  let reads = 0;
  const before = test.store.messagesBefore.bind(test.store);
  test.store.messagesBefore = (uid, seq, limit) => {
    reads++;
    equal(limit <= 100, true);
    return before(uid, seq, limit);
  };
  const seqs = (await Array.fromAsync(connection.transcript())).map(({ seq }) => seq);
  deepEqual(seqs, Array.from({ length: 250 }, (_, index) => index + 1));
  equal(reads <= 8, true);
  const rest = await Array.fromAsync(connection.transcript({ after: 248 }));
  deepEqual(rest.map(({ content }) => content), ["249", "250"]);
});

Deno.test("Connection.transcript ends with what came while it was read, and by its signal", async () => {
  await using test = makeBox();
  const connection = await connect(test);
  const send = test.box.worker1.getMessageSender("ada");
  for (let i = 1; i <= 100; i++) await send(`${i}`);
  const seen: number[] = [];
  for await (const { seq } of connection.transcript()) {
    seen.push(seq);
    if (seq === 100) await send("late");
  }
  equal(seen.at(-1), 101);
  const controller = new AbortController();
  const reading = (async (): Promise<void> => {
    for await (const { seq } of connection.transcript({ signal: controller.signal })) {
      if (seq === 3) controller.abort(new Error("enough"));
    }
  })();
  await rejects(reading, /enough/);
});

Deno.test("ConnectionProperties keeps JSON values, and __proto__ is a key like any other", async () => {
  await using test = makeBox();
  const { properties } = await connect(test);
  await properties.set("__proto__", { polluted: true });
  await properties.set("constructor", "data");
  await properties.update({ a: [1, null, "x"], b: true });
  await properties.set("b", undefined);
  deepEqual(Object.entries(await properties.all()), [
    ["__proto__", { polluted: true }],
    ["constructor", "data"],
    ["a", [1, null, "x"]],
  ]);
  deepEqual(await properties.get("__proto__"), { polluted: true });
  equal(await properties.get("toString"), undefined);
  equal(Reflect.get({}, "polluted"), undefined);
});

Deno.test("ConnectionProperties keeps a copy, and updates that race lose nothing", async () => {
  await using test = makeBox();
  const { properties } = await connect(test);
  const list = [1];
  await properties.set("list", list);
  list.push(2);
  deepEqual(await properties.get("list"), [1]);
  await Promise.all(Array.from({ length: 50 }, (_, index) => properties.set(`key ${index}`, index)));
  equal(Object.keys(await properties.all()).length, 51);
});

Deno.test("ConnectionProperties.change makes a value from what it is: a hundred that race lose nothing", async () => {
  await using test = makeBox();
  const { properties } = await connect(test);
  const count = (value: JsonValue | undefined): number => typeof value === "number" ? value + 1 : 1;
  const counted = await Promise.all(Array.from({ length: 100 }, () => properties.change("count", count)));
  deepEqual(counted, Array.from({ length: 100 }, (_, index) => index + 1));
  equal(await properties.change("__proto__", (value) => value === undefined ? "mine" : "taken"), "mine");
  equal(await properties.change("count", () => undefined), undefined);
  deepEqual(Object.entries(await properties.all()), [["__proto__", "mine"]]);
});

Deno.test("ConnectionProperties.change leaves the value when it throws or gives what JSON does not keep", async () => {
  await using test = makeBox();
  const { properties } = await connect(test);
  await properties.set("count", 1);
  const failing = (): never => {
    throw new Error("not today");
  };
  const outcomes = Promise.allSettled([
    properties.change("count", failing),
    properties.change("count", () => NaN),
    properties.change("other", () => 2),
  ]);
  deepEqual((await outcomes).map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
  deepEqual(await properties.all(), { count: 1, other: 2 });
});

Deno.test("A listener that throws or rejects is logged and disturbs nobody, and neither does a broken logger", async () => {
  await using test = makeBox();
  const connection = await connect(test);
  const heard: string[] = [];
  connection.subscribe(() => {
    throw new Error("sync");
  });
  connection.subscribe(() => Promise.reject(new Error("async")));
  connection.subscribe(({ type }) => void heard.push(type));
  await test.box.worker1.getMessageSender("ada")("hello");
  await settle(() => test.log.lines.length === 2);
  deepEqual(test.log.lines.map(({ message, fields }) => [message, String(fields.error)]), [
    ["A listener of a connection threw", "Error: sync"],
    ["A listener of a connection threw", "Error: async"],
  ]);
  deepEqual(heard, ["message"]);
});

for (
  const [how, write] of [["throws", raise], [
    "rejects",
    (): Promise<never> => Promise.reject(new Error("full")),
  ]] as const
) {
  Deno.test(`[D4] A logger that ${how} disturbs no delivery`, async () => {
    const logger = { debug: write, info: write, warn: write, error: write };
    await using test = makeBox({ logger, retryBaseMs: 100 });
    const { worker1, worker2 } = test.box;
    await test.box.start();
    const received = new Collector<string>();
    worker2.setNewAccessCallback(raise);
    worker2.setReceivedMessageCallback((message, { attempt }) => {
      received.push(`${attempt}: ${message.content}`);
      if (message.content === "never") throw new PermanentDeliveryError("403", "refused");
      if (attempt === 1) throw new DeliveryError("later");
    });
    const connection = await connect(test);
    connection.subscribe(raise);
    await worker1.getMessageSender("ada")("hello");
    await settle(() => test.clock.waiting === 1);
    test.clock.advance(100);
    await received.count("attempts", 2);
    await worker1.getMessageSender("ada")("never");
    deepEqual(await received.count("attempts", 3), ["1: hello", "2: hello", "1: never"]);
  });
}

function raise(): never {
  throw new Error("broken");
}

Deno.test("ConnectionProperties refuses what JSON does not keep, and then changes nothing", async () => {
  await using test = makeBox();
  const { properties } = await connect(test);
  const loop: unknown[] = [];
  loop.push(loop);
  for (const value of [NaN, Infinity, new Date(0), new Map(), loop, { deep: [undefined] }, 1n, () => 1]) {
    // What a caller without types may pass.
    const patch = Object.fromEntries([["good", 1], ["bad", value]]) as Parameters<
      typeof properties.update
    >[0];
    await rejects(properties.update(patch), /Cannot keep properties: \["bad"\].* is .*, allowed are/);
  }
  deepEqual(await properties.all(), {});
});
