import { deepEqual, equal, rejects } from "node:assert/strict";
import { MemoryStore, QueueClosedError } from "../../src/core/mod.ts";
import { within } from "../support/until.ts";
import { makeBox, type TestBox } from "./box.ts";
import { settle, turns } from "./settle.ts";

async function say(test: TestBox, id: string, ...contents: readonly string[]): Promise<void> {
  await test.box.worker1.accessNewClient(id);
  const send = test.box.worker1.getMessageSender(id);
  for (const content of contents) await send(content);
}

async function delivered(test: TestBox, id: string): Promise<number | undefined> {
  return (await (await test.box.worker1.connectionOf(id))?.watermarks(2))?.delivered;
}

for (const kind of ["of one client", "of all clients"] as const) {
  Deno.test(`[D4, O1] Two consumers of the queue ${kind}: while one is busy with a message of a connection, the other gets none of it`, async () => {
    await using test = makeBox();
    const { worker2 } = test.box;
    await test.box.start();
    await say(test, "ada", "1", "2", "3", "4");
    const queue = kind === "of one client" ? worker2.getClientQueue("peer of ada") : worker2.receiveQueue;
    const [busy, other] = [queue.messages(), queue.messages()];
    equal((await within("1", busy.next())).value?.content, "1");
    const heard: string[] = [];
    const next = other.next().then(({ value }) => heard.push(value?.content));
    await turns(20);
    equal(heard.length, 0);
    await busy.return?.();
    await within("1 again", next);
    for (let i = 0; i < 3; i++) heard.push((await within("the rest", other.next())).value?.content);
    deepEqual(heard, ["1", "2", "3", "4"]);
    await other.return?.();
    // What was confirmed stays confirmed: only the last one comes again.
    equal((await within("4 again", queue.messages().next())).value?.content, "4");
  });
}

Deno.test("[O2] Two consumers of the queue of all: one who is busy keeps no other connection waiting", async () => {
  await using test = makeBox();
  await test.box.start();
  await say(test, "ada", "a1", "a2");
  await say(test, "bob", "b1", "b2");
  const queue = test.box.worker2.receiveQueue;
  const [busy, other] = [queue.messages(), queue.messages()];
  equal((await within("a1", busy.next())).value?.content, "a1");
  const heard: unknown[] = [];
  for (let i = 0; i < 2; i++) heard.push((await within("bob's", other.next())).value?.content);
  deepEqual(heard, ["b1", "b2"]);
});

Deno.test("[D4] MessageQueue.receive and tryReceive confirm what was received before", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  await test.box.start();
  await say(test, "ada", "1", "2", "3");
  const queue = worker2.getClientQueue("peer of ada");
  equal((await within("1", queue.receive())).content, "1");
  await settle(() => queue.size === 2);
  equal(await delivered(test, "ada"), 0);
  const second = queue.tryReceive();
  deepEqual([second.state, second.state === "received" && second.value.content], ["received", "2"]);
  await settle(async () => await delivered(test, "ada") === 1);
  equal((await queue.receive()).content, "3");
  deepEqual(queue.tryReceive(), { state: "empty" });
  await settle(async () => await delivered(test, "ada") === 3);
  const waiting = queue.receive();
  queue.close();
  await rejects(waiting, QueueClosedError);
  await rejects(queue.receive(), QueueClosedError);
  deepEqual(queue.tryReceive(), { state: "closed" });
});

Deno.test("[D4] MessageQueue.receive: what was received and not confirmed comes again after a close", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  await test.box.start();
  await say(test, "ada", "1", "2");
  const queue = worker2.getClientQueue("peer of ada");
  await queue.receive();
  queue.close();
  equal((await within("1 again", worker2.getClientQueue("peer of ada").receive())).content, "1");
  const reason = new Error("over");
  const other = worker2.getClientQueue("peer of ada");
  other.close(reason);
  await rejects(other.receive(), reason);
});

Deno.test("[D4] A MessageQueue that is closed hands out nothing more, in whatever step it is", async () => {
  for (let steps = 0; steps < 60; steps++) {
    const test = makeBox();
    const { worker1, worker2 } = test.box;
    await test.box.start();
    await worker1.accessNewClient("ada");
    const queue = worker2.getClientQueue("peer of ada");
    let isClosed = false;
    let late = false;
    const next = queue.receive().then(() => late = isClosed, () => {});
    const sent = worker1.getMessageSender("ada")("hello");
    for (let step = 0; step < steps; step++) await Promise.resolve();
    queue.close();
    // Whoever has it by now has it by the next step.
    await Promise.resolve();
    await Promise.resolve();
    isClosed = true;
    await Promise.all([sent, next]);
    equal(late, false, `after ${steps} steps`);
    const again = worker2.getClientQueue("peer of ada").receive();
    equal((await within(`the message after ${steps} steps`, again)).content, "hello");
    await test.box.close();
  }
});

Deno.test("[D4] A confirmation that fails brings all of the batch again that was not confirmed", async () => {
  const store = new MemoryStore();
  await using test = makeBox({ store, retryBaseMs: 100 });
  await test.box.start();
  await say(test, "ada", "1", "2", "3");
  const confirm = store.confirm.bind(store);
  let fails = true;
  store.confirm = (...args) => fails ? Promise.reject(new Error("the disk")) : confirm(...args);
  const queue = test.box.worker2.getClientQueue("peer of ada");
  equal((await within("1", queue.receive())).content, "1");
  const next = queue.receive();
  equal((await within("2", next)).content, "2");
  await settle(() => test.log.lines.length === 1);
  fails = false;
  const again = queue.receive();
  await settle(() => test.clock.waiting === 1);
  test.clock.advance(100);
  const heard = [(await within("1 again", again)).content];
  for (let i = 0; i < 2; i++) heard.push((await within("the rest", queue.receive())).content);
  deepEqual(heard, ["1", "2", "3"]);
});

Deno.test("[D4] MessageQueue hands out edits and deletions before new messages, and confirms each", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await say(test, "ada", "1", "2", "3");
  const first = worker2.getClientQueue("peer of ada");
  for (let i = 0; i < 3; i++) await within("a message", first.receive());
  deepEqual(first.tryReceive(), { state: "empty" });
  await settle(async () => await delivered(test, "ada") === 3);
  first.close();
  await worker1.edit("ada", 1, "1!");
  await worker1.delete("ada", 2);
  await worker1.getMessageSender("ada")("4");
  const heard: unknown[] = [];
  for (const count of [1, 2, 3]) {
    const queue = worker2.getClientQueue("peer of ada");
    for (let i = 0; i < 2; i++) {
      const { kind, content } = await within(`what waits, round ${count}`, queue.receive());
      heard.push(`${kind} ${content}`);
      if (heard.at(-1) === "message 4") break;
    }
    queue.close();
  }
  deepEqual(heard, ["edit 1!", "delete ", "delete ", "message 4", "message 4"]);
});

Deno.test("[D4] MessageQueue.tryReceive confirms changes and messages that were taken in one step", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await say(test, "ada", "1");
  const first = worker2.getClientQueue("peer of ada");
  await within("1", first.receive());
  deepEqual(first.tryReceive(), { state: "empty" });
  await settle(async () => await delivered(test, "ada") === 1);
  first.close();
  await worker1.edit("ada", 1, "1!");
  for (const content of ["2", "3"]) await worker1.getMessageSender("ada")(content);
  const queue = worker2.getClientQueue("peer of ada");
  await settle(() => queue.size === 3);
  const taken = [1, 2, 3].map(() => queue.tryReceive()).map((one) =>
    one.state === "received" && one.value.content
  );
  deepEqual(taken, ["1!", "2", "3"]);
  await settle(async () => await delivered(test, "ada") === 2);
  queue.close();
  equal((await within("what is left", worker2.getClientQueue("peer of ada").receive())).content, "3");
});

Deno.test("[D4, O1] A client's own queue has the rest once the consumer of the queue of all is done with its message", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  await test.box.start();
  await say(test, "ada", "1", "2");
  const all = worker2.receiveQueue;
  await settle(() => all.size > 0);
  equal((await all.receive()).content, "1");
  const rest = worker2.getClientQueue("peer of ada").receive();
  await turns(5);
  // Done with it, and asking for nothing more.
  await rejects(all.receive({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  equal((await within("the rest", rest)).content, "2");
});
