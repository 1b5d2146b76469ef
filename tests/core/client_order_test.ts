import { deepEqual, equal } from "node:assert/strict";
import type { ChatBox } from "../../src/core/mod.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox, type TestBox } from "./box.ts";
import { LastingStore } from "./lasting_store.ts";

/** A box that has not looked ada up yet. */
async function unread(): Promise<TestBox> {
  const store = new LastingStore();
  const first = makeBox({ store });
  await first.box.worker1.accessNewClient("ada");
  await first.box.close();
  return makeBox({ store });
}

async function contents(box: ChatBox<string, string>): Promise<readonly string[] | undefined> {
  const page = await (await box.worker1.connectionOf("ada"))?.messages();
  return page?.messages.map(({ content }) => content);
}

Deno.test("[O1] ServiceWorker.send stores messages in their order while their client is looked up", async () => {
  await using test = await unread();
  const texts = Array.from({ length: 12 }, (_, number) => String(number));
  const sent: Promise<unknown>[] = [];
  for (const content of texts) {
    sent.push(test.box.worker1.send("ada", { content }));
    // Each comes one step later, so that one of them meets the very moment at which the client is known.
    await Promise.resolve();
  }
  await Promise.all(sent);
  deepEqual(await contents(test.box), texts);
});

Deno.test("ServiceWorker.send tells each message its own outcome when the look-up fails", async () => {
  await using test = await unread();
  const { store, box: { worker1 } } = test;
  const connectionOf = store.connectionOf.bind(store);
  let failures = 1;
  store.connectionOf = (...args) =>
    failures-- > 0 ? Promise.reject(new Error("the disk is away")) : connectionOf(...args);
  const outcomes = await Promise.allSettled(["1", "2"].map((content) => worker1.send("ada", { content })));
  deepEqual(outcomes.map(({ status }) => status), ["rejected", "fulfilled"]);
  deepEqual(await contents(test.box), ["2"]);
});

Deno.test("[D4] A queue that is taken after an access outlives a deactivation that is still pending", async () => {
  const store = new LastingStore();
  await using test = makeBox({ store });
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const before = worker2.getClientQueue("peer of ada");
  const gate = Promise.withResolvers<void>();
  const setActive = store.setActive.bind(store);
  store.setActive = async (...args) => {
    const done = setActive(...args);
    await gate.promise;
    return await done;
  };
  const leaving = worker2.deactivateClient("peer of ada");
  equal(before.closed, true);
  const coming = worker2.accessNewClient("peer of ada");
  const queue = worker2.getClientQueue("peer of ada");
  gate.resolve();
  await Promise.all([leaving, coming]);
  equal(queue.closed, false);
  await worker1.getMessageSender("ada")("hello again");
  const { value } = await within("the message", queue[Symbol.asyncIterator]().next());
  equal(value?.content, "hello again");
});

Deno.test("[D4] What a deactivation takes from a queue does not go to the callback", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => received.push(message.content));
  await worker1.accessNewClient("ada");
  await worker1.accessNewClient("bob");
  const queue = worker2.getClientQueue("peer of ada");
  await worker1.getMessageSender("ada")("for ada");
  await within("the message", queue[Symbol.asyncIterator]().next());
  await worker2.deactivateClient("peer of ada");
  await worker1.getMessageSender("bob")("for bob");
  deepEqual(await received.count("messages", 1), ["for bob"]);
  await worker2.accessNewClient("peer of ada");
  deepEqual(await received.count("messages", 2), ["for bob", "for ada"]);
});
