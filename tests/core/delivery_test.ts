import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  type ConnectionEvent,
  DeliveryError,
  MemoryStore,
  PermanentDeliveryError,
  string,
} from "../../src/core/mod.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox } from "./box.ts";
import { settle } from "./settle.ts";

Deno.test("[O1] Messages of one connection arrive in order, with both sides' ids", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message, { id }) => received.push(`${id}: ${message.content}`));
  await worker1.accessNewClient("ada");
  const send = worker1.getMessageSender("ada");
  const stored = await Promise.all(["1", "2", "3"].map((content) => send(content)));
  deepEqual(stored.map(({ seq }) => seq), [1, 2, 3]);
  deepEqual(await received.count("messages", 3), ["peer of ada: 1", "peer of ada: 2", "peer of ada: 3"]);
});

Deno.test("[D4] Messages wait in storage while there is no callback, also across a restart", async () => {
  const store = new MemoryStore();
  // What a process leaves behind that never came to deliver.
  const first = makeBox({ store });
  await first.box.worker1.accessNewClient("ada");
  await first.box.worker1.getMessageSender("ada")("hello");

  await using second = makeBox({ store });
  const received = new Collector<string>();
  second.box.worker2.setReceivedMessageCallback((message) => received.push(message.content));
  await second.box.start();
  deepEqual(await received.count("messages", 1), ["hello"]);
  await second.box.worker1.getMessageSender("ada")("again");
  deepEqual(await received.count("messages", 2), ["hello", "again"]);
});

/** The waits between attempts, in milliseconds, when the receiver throws one error after the other. */
async function waitsAfter(errors: readonly Error[], expected: readonly number[]): Promise<readonly number[]> {
  await using test = makeBox({ retryBaseMs: 100, retryMaxMs: 1_000 });
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const attempts = new Collector<number>();
  worker2.setReceivedMessageCallback((_message, { attempt }) => {
    attempts.push(test.clock.now());
    const error = errors[attempt - 1];
    if (error !== undefined) throw error;
  });
  await worker1.getMessageSender("ada")("hello");
  for (const [index, wait] of expected.entries()) {
    await attempts.count("attempts", index + 1);
    await settle(() => test.clock.waiting === 1);
    // Not a millisecond before its time.
    test.clock.advance(wait - 1);
    equal(test.clock.waiting, 1, `attempt ${index + 2} came too early`);
    test.clock.advance(1);
    equal(test.clock.waiting, 0, `attempt ${index + 2} did not come in time`);
  }
  const at = await attempts.count("attempts", expected.length + 1);
  return at.slice(1).map((time, index) => time - (at[index] ?? 0));
}

Deno.test("[D4] A rejected delivery is tried again, with waits that double up to the longest", async () => {
  const errors = Array.from({ length: 6 }, (_, index) => new Error(`failure ${index + 1}`));
  // Half of the jitter on top of half of 100 ms, 200 ms, ... 1,000 ms at most.
  const expected = [75, 150, 300, 600, 750, 750];
  deepEqual(await waitsAfter(errors, expected), expected);
});

Deno.test("[D4] A rejected delivery is tried again no earlier than retryAfterMs says, however often it failed", async () => {
  const later = (retryAfterMs: number): Error => new DeliveryError("slow down", { retryAfterMs });
  const errors = [later(5_000), new Error("x"), later(10), later(30), new Error("y"), later(60_000)];
  // With half of the jitter: up to retryBaseMs, or up to what was asked for if that is less.
  const expected = [5_050, 150, 15, 45, 750, 60_050];
  deepEqual(await waitsAfter(errors, expected), expected);
});

for (const retryAfterMs of [NaN, -1, Infinity]) {
  Deno.test(`A retryAfterMs of ${retryAfterMs} is no time: the own wait counts`, async () => {
    await using test = makeBox({ retryBaseMs: 100 });
    const { worker1, worker2 } = test.box;
    await test.box.start();
    await worker1.accessNewClient("ada");
    const attempts = new Collector<number>();
    worker2.setReceivedMessageCallback((_message, { attempt }) => {
      attempts.push(test.clock.now());
      if (attempt === 1) throw Object.assign(new Error("later"), { retryAfterMs });
    });
    const start = test.clock.now();
    await worker1.getMessageSender("ada")("hello");
    await attempts.count("attempts", 1);
    await settle(() => test.clock.waiting === 1);
    test.clock.advance(75);
    deepEqual((await attempts.count("attempts", 2)).map((at) => at - start), [0, 75]);
  });
}

Deno.test("[O2] A failing or stuck connection delays no other", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const received = new Collector<string>();
  const stuck = Promise.withResolvers<void>();
  worker2.setReceivedMessageCallback((message, { id }) => {
    if (id === "peer of stuck") return stuck.promise;
    if (id === "peer of failing") throw new Error("no");
    received.push(message.content);
    return undefined;
  });
  for (const id of ["stuck", "failing", "fine"]) {
    await worker1.accessNewClient(id);
    await worker1.getMessageSender(id)(`from ${id}`);
  }
  deepEqual(await received.count("messages", 1), ["from fine"]);
  stuck.resolve();
});

Deno.test("A permanent error marks the message as failed, tells the sender, and the next one goes on", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const uid = await worker1.getUid("ada");
  const connection = uid && test.box.connection(uid);
  const events = new Collector<ConnectionEvent>();
  connection?.subscribe(events.push);
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => {
    if (message.content === "bad") throw new PermanentDeliveryError("403", "This message was refused");
    received.push(message.content);
  });
  const send = worker1.getMessageSender("ada");
  await send("bad");
  await events.until(
    "the failure",
    (all) => all.some((e) => e.type === "message" && e.message.failed !== undefined),
  );
  await send("good");
  deepEqual(await received.count("messages", 1), ["good"]);
  equal((await connection?.messages())?.messages[0]?.failed, "This message was refused");
});

Deno.test("Edits and deletions travel with the ids that the receiver gave", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const received = new Collector<unknown>();
  worker2.setReceivedMessageCallback((message, { kind, remoteIds }) => {
    received.push([kind, message.content, remoteIds]);
    return kind === "message" ? ["r1", "r2"] : undefined;
  });
  await worker1.getMessageSender("ada")("hello");
  await received.count("deliveries", 1);
  await worker1.edit("ada", 1, "hi");
  await received.count("deliveries", 2);
  await worker1.delete("ada", 1);
  deepEqual(await received.count("deliveries", 3), [
    ["message", "hello", []],
    ["edit", "hi", ["r1", "r2"]],
    ["delete", "", ["r1", "r2"]],
  ]);
});

Deno.test("ServiceWorker.edit refuses what the other side wrote, and what is not there", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  await worker1.getMessageSender("ada")("mine");
  const code = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(() => "none", (error) => error.code);
  equal(await code(worker2.edit("peer of ada", 1, "yours")), "forbidden");
  equal(await code(worker1.delete("ada", 2)), "not_found");
  equal(await code(worker1.edit("bob", 1, "x")), "not_found");
});

Deno.test("ServiceWorker.edit refuses a message that was not delivered for good; it can be deleted", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message, { kind }) => {
    received.push(`${kind} ${message.content}`);
    if (message.content.includes("bad")) throw new PermanentDeliveryError("403", "refused");
  });
  const connection = await worker1.connectionOf("ada");
  const failed = (seq: number) => async (): Promise<boolean> =>
    (await connection?.messages())?.messages[seq - 1]?.failed === "refused";
  await worker1.getMessageSender("ada")("bad");
  await settle(failed(1));
  await rejects(worker1.edit("ada", 1, "better"), {
    code: "forbidden",
    message:
      "Cannot edit message 1: it could not be delivered for good, it can only be deleted and sent anew",
  });
  equal((await connection?.messages())?.messages[0]?.content, "bad");
  await worker1.getMessageSender("ada")("fine");
  await received.count("deliveries", 2);
  await worker1.edit("ada", 2, "bad in the end");
  await settle(failed(2));
  await rejects(worker1.edit("ada", 2, "fine again"), { code: "forbidden" });
  await worker1.delete("ada", 2);
  deepEqual(await received.count("deliveries", 4), [
    "message bad",
    "message fine",
    "edit bad in the end",
    "delete ",
  ]);
});

Deno.test("A service gets its own messages with echo: true", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  const received = new Collector<string>();
  worker1.setReceivedMessageCallback((message) => received.push(message.content), { echo: true });
  await test.box.start();
  await worker1.accessNewClient("ada");
  await worker1.getMessageSender("ada")("mine");
  await worker2.getMessageSender("peer of ada")("yours");
  deepEqual(await received.count("messages", 2), ["mine", "yours"]);
});

Deno.test("ChatBox with pairAt message stores first and pairs with the first delivery, again after a failure", async () => {
  await using test = makeBox({
    service2: { name: "two", idType: string, pairAt: "message" },
    retryBaseMs: 100,
  });
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const received = new Collector<string>();
  let calls = 0;
  worker2.setCreateCallback(() => {
    if (++calls === 1) throw new Error("outage");
    return "thread";
  });
  worker2.setReceivedMessageCallback((message, { id }) => received.push(`${id}: ${message.content}`));
  await worker1.accessNewClient("ada");
  equal(calls, 0);
  await worker1.getMessageSender("ada")("hello");
  await settle(() => test.clock.waiting === 1);
  test.clock.advance(100);
  deepEqual(await received.count("messages", 1), ["thread: hello"]);
  await worker2.unpair("thread");
  worker2.setCreateCallback(() => "second thread");
  await worker1.getMessageSender("ada")("again");
  deepEqual(await received.count("messages", 2), ["thread: hello", "second thread: again"]);
});

Deno.test("[D6] ChatBox.close stores what was accepted and lets what is under way end", async () => {
  const test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const entered = Promise.withResolvers<AbortSignal>();
  const left = Promise.withResolvers<void>();
  worker2.setReceivedMessageCallback((_message, { signal }) => {
    entered.resolve(signal);
    return left.promise;
  });
  const sent = worker1.getMessageSender("ada")("hello");
  const signal = await within("the delivery", entered.promise);
  const closed = test.box.close();
  equal(signal.aborted, true);
  left.resolve();
  await closed;
  equal((await sent).seq, 1);
});
