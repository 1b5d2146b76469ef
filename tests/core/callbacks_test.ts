import { deepEqual, equal, rejects } from "node:assert/strict";
import { ChatBoxError, DeliveryError, MemoryStore, PermanentDeliveryError } from "../../src/core/mod.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox } from "./box.ts";
import { settle } from "./settle.ts";

Deno.test("[O1] Callbacks of one connection follow each other, accesses and messages alike", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const calls = new Collector<string>();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let accesses = 0;
  worker2.setNewAccessCallback(async (id) => {
    const nth = accesses++;
    calls.push(`${id} access ${nth}`);
    await gates[nth]?.promise;
    calls.push(`${id} left ${nth}`);
  });
  worker2.setReceivedMessageCallback((message) => calls.push(message.content));
  await worker1.accessNewClient("ada");
  await worker1.accessNewClient("ada");
  await worker1.getMessageSender("ada")("hello");
  await calls.count("calls", 1);
  gates[1]?.resolve();
  await settle(() => test.box.worker1 === worker1);
  deepEqual(calls.items, ["peer of ada access 0"]);
  gates[0]?.resolve();
  deepEqual(await calls.count("calls", 5), [
    "peer of ada access 0",
    "peer of ada left 0",
    "peer of ada access 1",
    "peer of ada left 1",
    "hello",
  ]);
});

Deno.test("[O2] A callback that never settles is reported and blocks only its own connection", async () => {
  await using test = makeBox({ callbackTimeoutMs: 5_000 });
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const stuck = Promise.withResolvers<void>();
  const received = new Collector<string>();
  worker2.setNewAccessCallback((id) => id === "peer of ada" ? stuck.promise : undefined);
  worker2.setReceivedMessageCallback((message) => {
    if (message.content === "stuck") return stuck.promise;
    received.push(message.content);
    return undefined;
  });
  for (const id of ["ada", "bob", "cat"]) await worker1.accessNewClient(id);
  await worker1.getMessageSender("ada")("behind an access");
  await worker1.getMessageSender("bob")("stuck");
  await worker1.getMessageSender("cat")("free");
  deepEqual(await received.count("messages", 1), ["free"]);
  test.clock.advance(4_999);
  equal(test.log.lines.length, 0);
  test.clock.advance(1);
  const reported = test.log.lines.map(({ level, message, fields }) => [level, message, fields.callback]);
  deepEqual(reported, [
    ["error", "A callback has not settled: its connection waits for it", "new-access"],
    ["error", "A callback has not settled: its connection waits for it", "received"],
  ]);
  equal(test.clock.waiting, 0);
  stuck.resolve();
  deepEqual(await received.count("messages", 2), ["free", "behind an access"]);
});

Deno.test("A create callback that never settles is reported, and its caller may stop waiting", async () => {
  await using test = makeBox({ callbackTimeoutMs: 5_000 });
  const { worker1, worker2 } = test.box;
  const made = Promise.withResolvers<string>();
  worker2.setCreateCallback(() => made.promise);
  const controller = new AbortController();
  const access = worker1.accessNewClient("ada", { signal: controller.signal });
  const patient = worker1.accessNewClient("ada");
  await settle(() => test.clock.waiting === 1);
  test.clock.advance(5_000);
  equal(test.log.lines[0]?.fields.callback, "create");
  controller.abort(new Error("enough"));
  await rejects(access, /enough/);
  made.resolve("thread");
  equal(await patient, "ada");
  await rejects(worker1.accessNewClient("bob", { signal: controller.signal }), /enough/);
  equal(await worker1.getUid("bob"), undefined);
});

Deno.test("A single message that is refused for good fails alone; those around it arrive", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  const send = worker1.getMessageSender("ada");
  for (const content of ["1", "bad", "3"]) await send(content);
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => {
    if (message.content === "bad") throw new PermanentDeliveryError("403", "refused");
    received.push(message.content);
  });
  await test.box.start();
  deepEqual(await received.count("messages", 2), ["1", "3"]);
  const connection = await worker1.connectionOf("ada");
  const history = await connection?.messages();
  deepEqual(history?.messages.map(({ failed }) => failed), [undefined, "refused", undefined]);
});

Deno.test("A change that is refused for good tells its sender, and a deletion after it is tried", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message, { kind }) => {
    if (kind === "edit") throw new PermanentDeliveryError("403", "edits are refused");
    received.push(`${kind} ${message.content}`);
  });
  await worker1.accessNewClient("ada");
  await worker1.getMessageSender("ada")("1");
  await received.count("deliveries", 1);
  const connection = await worker1.connectionOf("ada");
  await worker1.edit("ada", 1, "changed");
  await settle(async () => (await connection?.messages())?.messages[0]?.failed === "edits are refused");
  await worker1.delete("ada", 1);
  deepEqual(await received.count("deliveries", 2), ["message 1", "delete "]);
  await worker1.getMessageSender("ada")("2");
  deepEqual((await received.count("deliveries", 3)).at(-1), "message 2");
});

Deno.test("[D4] What is pending is looked up again when the store fails", async () => {
  const store = new MemoryStore();
  const first = makeBox({ store });
  await first.box.worker1.accessNewClient("ada");
  await first.box.worker1.getMessageSender("ada")("hello");
  const pending = store.pending.bind(store);
  let failures = 2;
  store.pending = (...args) =>
    failures-- > 0 ? Promise.reject(new ChatBoxError("overloaded", "the disk is full")) : pending(...args);
  await using test = makeBox({ store, retryBaseMs: 100 });
  const received = new Collector<string>();
  test.box.worker2.setReceivedMessageCallback((message) => received.push(message.content));
  await test.box.start();
  for (const wait of [75, 150]) {
    await settle(() => test.clock.waiting > 0);
    test.clock.advance(wait);
  }
  deepEqual(await received.count("messages", 1), ["hello"]);
  deepEqual(
    test.log.lines.map(({ level }) => level),
    ["warn", "warn", "warn", "warn"].slice(0, test.log.lines.length),
  );
});

Deno.test("[O4] After an absence a few hundred connections are at work at once; slow ones are passed by", async () => {
  const store = new MemoryStore();
  const first = makeBox({ store });
  const count = 600;
  const names = Array.from({ length: count }, (_, index) => `client ${index}`);
  for (const id of names) {
    await first.box.worker1.accessNewClient(id);
    await first.box.worker1.getMessageSender(id)("hello");
  }
  await using test = makeBox({ store });
  const gate = Promise.withResolvers<void>();
  let entered = 0;
  test.box.worker2.setReceivedMessageCallback(() => {
    entered++;
    return gate.promise;
  });
  await test.box.start();
  await settle(() => entered === 256);
  // One that takes longer than a second no longer counts.
  test.clock.advance(1_000);
  await settle(() => entered === 512);
  gate.resolve();
  await settle(() => entered === count);
});

Deno.test("[D4] ServiceWorker.deactivateClient makes messages wait until the client is there again", async () => {
  const store = new MemoryStore();
  await using test = makeBox({ store });
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => received.push(message.content));
  await worker1.accessNewClient("ada");
  const send = worker1.getMessageSender("ada");
  await send("1");
  await received.count("messages", 1);
  const queue = worker2.getClientQueue("peer of ada");
  await worker2.deactivateClient("peer of ada");
  equal(queue.closed, true);
  await send("2");
  await settle(() => true);
  worker2.resumeDeliveries();
  await settle(() => true);
  deepEqual(received.items, ["1"]);
  deepEqual(await store.pending(2, undefined, 9), []);
  equal(await worker2.getUid("peer of ada"), await worker1.getUid("ada"));
  await worker2.accessNewClient("peer of ada");
  deepEqual(await received.count("messages", 2), ["1", "2"]);
  await rejects(worker2.deactivateClient("nobody"), { code: "not_found" });
});

Deno.test("Peer signals of one connection follow each other; of those that pile up only the newest is told", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  const told = new Collector<unknown>();
  const gate = Promise.withResolvers<void>();
  worker2.setPeerSignalCallback((id, signal) => {
    told.push([id, signal.type === "read" ? signal.seq : signal.name]);
    return gate.promise;
  });
  await worker1.accessNewClient("ada");
  await worker1.typing("ada", "Ada");
  for (const content of ["1", "2", "3"]) await worker2.getMessageSender("peer of ada")(content);
  for (const seq of [1, 2, 3]) await worker1.markRead("ada", seq);
  deepEqual(told.items, [["peer of ada", "Ada"]]);
  gate.resolve();
  deepEqual(await told.count("signals", 2), [["peer of ada", "Ada"], ["peer of ada", 3]]);
});

Deno.test("MessageSender stops waiting when its signal is aborted", async () => {
  await using test = makeBox();
  const { worker1 } = test.box;
  await worker1.accessNewClient("ada");
  const signal = AbortSignal.abort(new Error("enough"));
  await rejects(worker1.getMessageSender("ada")("hello", { signal }), /enough/);
  const connection = await worker1.connectionOf("ada");
  equal((await connection?.messages())?.messages.length, 0);
});

Deno.test("[O1] A batch callback that confirms in part gets the rest again, and no more", async () => {
  await using test = makeBox({ retryBaseMs: 100 });
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  for (const content of ["1", "2", "3"]) await worker1.getMessageSender("ada")(content);
  const batches = new Collector<readonly string[]>();
  worker2.setReceivedBatchCallback(async (batch) => {
    batches.push(batch.messages.map(({ content }) => content));
    if (batch.attempt > 1) return;
    await batch.confirm({ seq: 2 });
    throw new DeliveryError("later");
  });
  await test.box.start();
  await settle(() => test.log.lines.length > 0);
  test.clock.advance(100);
  deepEqual(await batches.count("batches", 2), [["1", "2", "3"], ["3"]]);
  await within("the end", test.box.close());
});
