import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { ChatBox, MemoryStore, QueueClosedError, string, type Uuid } from "../../src/core/mod.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox, type TestBox } from "./box.ts";
import { settle } from "./settle.ts";

async function clients(test: TestBox, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await test.box.worker1.accessNewClient(id);
}

async function waiting(test: TestBox): Promise<readonly Uuid[]> {
  return await test.store.pending(2, undefined, 1_000);
}

Deno.test("[O1] ServiceWorker.getClientQueue gives one client's messages in order, the others' go to the callback", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await clients(test, "ada", "bob");
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => received.push(message.content));
  const queue = worker2.getClientQueue("peer of ada");
  equal(worker2.getClientQueue("peer of ada"), queue);
  const [ada, bob] = [worker1.getMessageSender("ada"), worker1.getMessageSender("bob")];
  await Promise.all([ada("1"), bob("from bob"), ada("2")]);
  const iterator = queue[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value } = await within("a message", iterator.next());
    return [value?.id, value?.kind, value?.content];
  };
  deepEqual([await next(), await next()], [["peer of ada", "message", "1"], ["peer of ada", "message", "2"]]);
  deepEqual(await received.count("messages", 1), ["from bob"]);
});

Deno.test("[D4] MessageQueue confirms a message when the next one is asked for; an unconfirmed one comes again", async () => {
  const store = new MemoryStore();
  await using test = makeBox({ store });
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await clients(test, "ada");
  const send = worker1.getMessageSender("ada");
  for (const content of ["1", "2", "3"]) await send(content);
  const taken: string[] = [];
  using queue = worker2.receiveQueue;
  for await (const { content } of queue) {
    taken.push(content);
    if (content === "2") break;
  }
  queue.close();
  const uid = (await worker1.getUid("ada")) ?? raise();
  await settle(async () => (await store.watermarks(uid, 2)).delivered === 1);
  const again = worker2.receiveQueue[Symbol.asyncIterator]();
  taken.push((await within("2 again", again.next())).value?.content);
  taken.push((await within("3", again.next())).value?.content);
  deepEqual(taken, ["1", "2", "2", "3"]);
});

for (const [how, leave] of [["break", (): boolean => true], ["an error", (): never => raise()]] as const) {
  Deno.test(`[D4] MessageQueue brings a message again to the next loop after one was left by ${how}`, async () => {
    await using test = makeBox();
    const { worker1, worker2 } = test.box;
    await test.box.start();
    await clients(test, "ada");
    for (const content of ["1", "2", "3"]) await worker1.getMessageSender("ada")(content);
    const taken: string[] = [];
    using queue = worker2.receiveQueue;
    const loop = async (): Promise<void> => {
      for await (const { content } of queue) {
        taken.push(content);
        if (content === "2" && leave()) break;
      }
    };
    await within("the loop to be left", loop().catch(() => {}));
    const iterator = queue[Symbol.asyncIterator]();
    taken.push((await within("2 again", iterator.next())).value?.content);
    taken.push((await within("3", iterator.next())).value?.content);
    deepEqual(taken, ["1", "2", "2", "3"]);
  });
}

Deno.test("[O4] A full MessageQueue leaves the rest in storage, and all of it comes", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const names = Array.from({ length: 100 }, (_, index) => `client ${index}`);
  await clients(test, ...names);
  const queue = worker2.receiveQueue;
  await Promise.all(names.flatMap((id) => {
    const send = worker1.getMessageSender(id);
    return Array.from({ length: 20 }, (_, index) => send(`${id}: ${index}`));
  }));
  await settle(() => Promise.resolve(queue.size >= 32));
  equal(queue.size <= queue.capacity, true);
  equal((await waiting(test)).length, 100);
  const perClient = new Map<string, number>();
  let total = 0;
  for await (const { id, content } of queue) {
    const index = perClient.get(id) ?? 0;
    equal(content, `${id.replace("peer of ", "")}: ${index}`);
    perClient.set(id, index + 1);
    equal(queue.size <= queue.capacity, true);
    if (++total === 2_000) break;
  }
});

Deno.test("ServiceWorker.receiveQueue refuses beside a callback, and a callback replaces it", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  worker2.setReceivedMessageCallback(() => {});
  throws(() => worker2.receiveQueue, /a callback receives its messages/);
  worker2.setReceivedMessageCallback(undefined);
  const queue = worker2.receiveQueue;
  const ended = Array.fromAsync(queue);
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => received.push(message.content));
  deepEqual(await within("the end of the queue", ended), []);
  await clients(test, "ada");
  await worker1.getMessageSender("ada")("hello");
  deepEqual(await received.count("messages", 1), ["hello"]);
});

Deno.test("MessageQueue ends when the ChatBox closes, and by its signal", async () => {
  const test = makeBox();
  const controller = new AbortController();
  const { worker2 } = test.box;
  await test.box.start();
  await clients(test, "ada");
  const aborted = Array.fromAsync(worker2.receiveQueue.messages({ signal: controller.signal }));
  controller.abort(new Error("enough"));
  await rejects(aborted, /enough/);
  const ended = Array.fromAsync(worker2.receiveQueue);
  const client = Array.fromAsync(worker2.getClientQueue("peer of ada"));
  await test.box.close();
  deepEqual([await ended, await client], [[], []]);
});

Deno.test("ServiceWorker.getClientQueue of an unknown client ends with not_found; of a service that is not durable it throws", async () => {
  await using test = makeBox();
  await rejects(Array.fromAsync(test.box.worker2.getClientQueue("nobody")), { code: "not_found" });
  await using box = new ChatBox<string, string>({
    name: "t",
    service1: { name: "one", idType: string, durable: false },
    service2: { name: "two", idType: string },
    debug: true,
  });
  throws(() => box.worker1.getClientQueue("a"), TypeError);
  throws(() => box.worker1.receiveQueue, TypeError);
});

Deno.test("[O1] ServiceWorker.sendQueue stores messages of named clients in order, and gives them back when closed", async () => {
  await using test = makeBox();
  const { worker1 } = test.box;
  await clients(test, "ada", "bob");
  const { sendQueue } = worker1;
  const stored = await Promise.all([
    sendQueue.send({ id: "ada", message: "1" }),
    sendQueue.send({ id: "bob", message: "uno" }),
    sendQueue.send({ id: "ada", message: { content: "2" } }),
  ]);
  deepEqual(stored.map(({ seq, content }) => [seq, content]), [[1, "1"], [1, "uno"], [2, "2"]]);
  await rejects(sendQueue.send({ id: "nobody", message: "x" }), { code: "not_found" });
  sendQueue.close();
  const late = { id: "ada", message: "late" };
  await rejects(sendQueue.send(late), (error) => error instanceof QueueClosedError && error.value === late);
  deepEqual(sendQueue.trySend(late), { state: "closed" });
});

Deno.test("[O4] ServiceWorker.sendQueue takes a bounded number at once; senders wait or are told", async () => {
  const store = new MemoryStore();
  const gate = Promise.withResolvers<void>();
  const append = store.append.bind(store);
  store.append = async (...args) => {
    await gate.promise;
    return await append(...args);
  };
  await using test = makeBox({ store });
  await clients(test, "ada");
  const { sendQueue } = test.box.worker1;
  const outgoing = { id: "ada", message: "x" };
  const accepted = Array.from({ length: sendQueue.capacity }, () => sendQueue.send(outgoing));
  deepEqual(sendQueue.trySend(outgoing), { state: "full" });
  const controller = new AbortController();
  const impatient = sendQueue.send(outgoing, { signal: controller.signal });
  const patient = sendQueue.send(outgoing);
  equal(sendQueue.size, sendQueue.capacity);
  controller.abort(new Error("enough"));
  await rejects(impatient, /enough/);
  gate.resolve();
  await Promise.all(accepted);
  equal((await patient).seq, sendQueue.capacity + 1);
});

Deno.test("[O4] ServiceWorker.sendQueue is there again after `using` has closed one, and takes no more for that", async () => {
  const store = new MemoryStore();
  const gate = Promise.withResolvers<void>();
  const append = store.append.bind(store);
  store.append = async (...args) => {
    await gate.promise;
    return await append(...args);
  };
  await using test = makeBox({ store });
  await clients(test, "ada");
  const { worker1 } = test.box;
  const outgoing = { id: "ada", message: "x" };
  const accepted: Promise<unknown>[] = [];
  let waits: Promise<unknown>;
  {
    using queue = worker1.sendQueue;
    equal(worker1.sendQueue, queue);
    for (let i = 0; i < queue.capacity; i++) accepted.push(queue.send(outgoing));
    waits = queue.send(outgoing);
  }
  await rejects(waits, (error) => error instanceof QueueClosedError && error.value === outgoing);
  const again = worker1.sendQueue;
  equal(again.closed, false);
  deepEqual(again.trySend(outgoing), { state: "full" });
  gate.resolve();
  await Promise.all(accepted);
  equal((await again.send(outgoing)).seq, again.capacity + 1);
  const reason = new Error("the end");
  again.close(reason);
  again.close(new Error("ignored"));
  await rejects(again.send(outgoing), (error) => error instanceof QueueClosedError && error.cause === reason);
});

Deno.test("ServiceWorker.sendQueue.trySend for an unknown client: nobody has to look at the promise, and the log says it", async () => {
  await using test = makeBox();
  const outcome = test.box.worker1.sendQueue.trySend({ id: "nobody", message: "x" });
  equal(outcome.state, "accepted");
  await settle(() => test.log.lines.length === 1);
  const [line] = test.log.lines;
  deepEqual([line?.level, line?.message], ["warn", "A message of the send queue was not stored"]);
  if (outcome.state === "accepted") await rejects(outcome.stored, { code: "not_found" });
});

function raise(): never {
  throw new Error("there is no connection");
}
