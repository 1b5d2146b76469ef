import { deepEqual, equal } from "node:assert/strict";
import { DeliveryError, MemoryStore, string } from "../../src/core/mod.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox, type TestBox } from "./box.ts";
import { settle, turns } from "./settle.ts";

/** How many connections the queue of all clients serves at once, with so many messages each. */
const CONNECTIONS = 32;
const BATCH = 32;

async function say(test: TestBox, id: string, content: string): Promise<void> {
  await test.box.worker1.accessNewClient(id);
  await test.box.worker1.getMessageSender(id)(content);
}

async function firstOf(queue: AsyncIterable<{ readonly content: string }>): Promise<string> {
  for await (const { content } of queue) return content;
  return "nothing";
}

const ILL = {
  "fail with a long wait": (): never => {
    throw new DeliveryError("no", { retryAfterMs: 3_600_000 });
  },
  "hang": (): Promise<string> => new Promise(() => {}),
  "are nobody's": undefined,
} as const;

for (const [how, create] of Object.entries(ILL)) {
  for (const before of [true, false]) {
    const when = before ? "before the start" : "while it runs";
    Deno.test(`[O2] ServiceWorker.receiveQueue serves others while creations ${how}, begun ${when}`, async () => {
      await using test = makeBox({
        service2: { name: "two", idType: string, pairAt: "message" },
        closeTimeoutMs: 1,
      });
      const { worker1, worker2 } = test.box;
      worker1.setCreateCallback((id) => id.replace("peer of ", ""));
      worker2.setCreateCallback(create);
      if (!before) await test.box.start();
      const queue = worker2.receiveQueue;
      for (let i = 0; i < CONNECTIONS; i++) await say(test, `ill ${i}`, "never");
      await worker2.accessNewClient("peer of fine");
      await say(test, "fine", "hello");
      if (before) await test.box.start();
      equal(await within("the message of the one who is fine", firstOf(queue)), "hello");
      const closed = test.box.close();
      test.clock.advance(1);
      await closed;
    });
  }
}

Deno.test("[O2] ServiceWorker.receiveQueue serves others while what waits for some cannot be read", async () => {
  const store = new MemoryStore();
  await using test = makeBox({ store });
  const { worker1, worker2 } = test.box;
  const ill = new Set<unknown>();
  const deliverable = store.deliverable.bind(store);
  store.deliverable = (uid, ...rest) =>
    ill.has(uid) ? Promise.reject(new Error("unreadable")) : deliverable(uid, ...rest);
  for (let i = 0; i < CONNECTIONS; i++) {
    await worker1.accessNewClient(`ill ${i}`);
    ill.add(await worker1.getUid(`ill ${i}`));
  }
  await test.box.start();
  const queue = worker2.receiveQueue;
  for (let i = 0; i < CONNECTIONS; i++) await say(test, `ill ${i}`, "never");
  await settle(() => test.log.lines.length === CONNECTIONS);
  await say(test, "fine", "hello");
  equal(await within("the message of the one who is fine", firstOf(queue)), "hello");
});

Deno.test("[O2] A connection that is paired after others have taken all places waits for one, and no place gets lost", async () => {
  await using test = makeBox({ service2: { name: "two", idType: string, pairAt: "message" } });
  const { worker2 } = test.box;
  const gate = Promise.withResolvers<void>();
  worker2.setCreateCallback(async (id) => {
    if (id.startsWith("late")) await gate.promise;
    return `peer of ${id}`;
  });
  await test.box.start();
  const queue = worker2.receiveQueue;
  for (let i = 0; i < 40; i++) await say(test, `late ${i}`, "late");
  for (let i = 0; i < CONNECTIONS; i++) await say(test, `early ${i}`, "early");
  await settle(() => queue.size === CONNECTIONS);
  gate.resolve();
  const heard: string[] = [];
  for await (const { content } of queue) if (heard.push(content) === CONNECTIONS + 40) break;
  equal(heard.filter((content) => content === "late").length, 40);
  deepEqual(heard.slice(0, CONNECTIONS), Array.from({ length: CONNECTIONS }, () => "early"));
});

Deno.test("[O2] A client's own queue that is there before the start does not wait for a queue of all that nobody reads", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  for (let i = 0; i < CONNECTIONS + 8; i++) await say(test, `other ${i}`, "unread");
  await say(test, "ada", "hello");
  worker2.receiveQueue;
  const queue = worker2.getClientQueue("peer of ada");
  await test.box.start();
  equal(await within("the client's message", firstOf(queue)), "hello");
});

Deno.test("[O1, O2] A client's own queue takes what lies unread in the queue of all", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  await test.box.start();
  const all = worker2.receiveQueue;
  await say(test, "ada", "1");
  await say(test, "ada", "2");
  await settle(() => all.size > 0);
  equal(await within("the client's message", firstOf(worker2.getClientQueue("peer of ada"))), "1");
  equal(all.size, 0);
});

Deno.test("[O4] ServiceWorker.receiveQueue holds 32 messages of 32 connections, and asks storage for no more", async () => {
  const store = new MemoryStore();
  let asked = 0;
  const deliverable = store.deliverable.bind(store);
  store.deliverable = (...args) => {
    asked++;
    return deliverable(...args);
  };
  const first = makeBox({ store });
  for (let i = 0; i < CONNECTIONS + 8; i++) {
    await first.box.worker1.accessNewClient(`client ${i}`);
    const send = first.box.worker1.getMessageSender(`client ${i}`);
    await Promise.all(Array.from({ length: BATCH + 8 }, () => send("x")));
  }
  await using test = makeBox({ store });
  const queue = test.box.worker2.receiveQueue;
  equal(queue.capacity, CONNECTIONS * BATCH);
  await test.box.start();
  await settle(() => queue.size === queue.capacity);
  // A bound that did not hold would show in the turns that follow.
  await turns(20);
  deepEqual([queue.size, asked], [CONNECTIONS * BATCH, CONNECTIONS]);
});

Deno.test("[O4] A client's queue holds no more than its capacity", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const send = worker1.getMessageSender("ada");
  for (let i = 0; i < 7; i++) await send(`${i}`);
  const queue = worker2.getClientQueue("peer of ada", { capacity: 3 });
  await settle(() => queue.size >= 3);
  equal(queue.size, 3);
  const heard = new Collector<string>();
  for await (const { content } of queue) {
    equal(queue.size <= 3, true);
    heard.push(content);
    if (heard.items.length === 7) break;
  }
  deepEqual(heard.items, ["0", "1", "2", "3", "4", "5", "6"]);
});
