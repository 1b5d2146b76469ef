import { setImmediate } from "node:timers";
import { deepEqual, equal } from "node:assert/strict";
import { MemoryStore, type ReceivedMessageCallback, type Store } from "../../src/core/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox, type TestBox } from "./box.ts";
import { settle, turns } from "./settle.ts";

const STORES: readonly (readonly [string, () => Promise<AsyncDisposable & { readonly store: Store }>])[] = [
  ["memory", () => {
    const store = new MemoryStore();
    return Promise.resolve({ store, [Symbol.asyncDispose]: () => store.close() });
  }],
  ["SQLite", async () => {
    const temp = await tempStorage();
    return { store: temp.storage.store, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  }],
];

/** A callback that takes a turn for each message. */
function slowly(heard: Collector<string>): ReceivedMessageCallback<string> {
  return async ({ content }, { id }) => {
    heard.push(`${id} ${content}`);
    await new Promise((resolve) => setImmediate(resolve));
  };
}

async function twenty(test: TestBox): Promise<void> {
  const send = test.box.worker1.getMessageSender("ada");
  await Promise.all(Array.from({ length: 20 }, (_, index) => send(`${index}`)));
}

function expected(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `peer of ada ${index}`);
}

/** Ada has written twenty messages, and a callback of service 2's has been given the first three of them. */
async function inTheMiddle(test: TestBox): Promise<Collector<string>> {
  await test.box.worker1.accessNewClient("ada");
  await twenty(test);
  const heard = new Collector<string>();
  test.box.worker2.setReceivedMessageCallback(slowly(heard));
  await test.box.start();
  await heard.count("messages", 3);
  return heard;
}

for (const [kind, open] of STORES) {
  Deno.test(`[D4] ServiceWorker.deactivateClient: nothing more comes, also from what was read already (${kind})`, async () => {
    await using opened = await open();
    await using test = makeBox({ store: opened.store });
    const { worker2 } = test.box;
    const heard = await inTheMiddle(test);
    await worker2.deactivateClient("peer of ada");
    const before = heard.items.length;
    equal(before < 20, true);
    await turns(40);
    equal(heard.items.length, before);
    await worker2.accessNewClient("peer of ada");
    deepEqual(await heard.count("messages", 20), expected(20));
  });

  Deno.test(`[D4] ServiceWorker.setReceivedMessageCallback(undefined): nothing more comes to the one before (${kind})`, async () => {
    await using opened = await open();
    await using test = makeBox({ store: opened.store });
    const { worker2 } = test.box;
    const heard = await inTheMiddle(test);
    worker2.setReceivedMessageCallback(undefined);
    await turns(40);
    equal(heard.items.length, 3);
    worker2.setReceivedMessageCallback(slowly(heard));
    deepEqual(await heard.count("messages", 20), expected(20));
  });
}

Deno.test("[D4] ServiceWorker.setReceivedMessageCallback: another callback has the rest, once", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  const first = await inTheMiddle(test);
  const second = new Collector<string>();
  worker2.setReceivedMessageCallback(slowly(second));
  await second.count("messages", 17);
  deepEqual([...first.items, ...second.items], expected(20));
});

Deno.test("[D4] A client's own queue has the rest of what a callback was getting", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  const heard = await inTheMiddle(test);
  const queue = worker2.getClientQueue("peer of ada");
  for (let i = 3; i < 20; i++) {
    const { id, content } = await within("the rest", queue.receive());
    heard.push(`${id} ${content}`);
  }
  deepEqual(heard.items, expected(20));
});

Deno.test("[D4] ServiceWorker.unpair: the rest goes to the new client, none of it to the old one", async () => {
  await using test = makeBox();
  const { worker2 } = test.box;
  const heard = await inTheMiddle(test);
  worker2.setCreateCallback(() => "another");
  await worker2.unpair("peer of ada");
  const before = heard.items.length;
  await heard.count("messages", 20);
  deepEqual(heard.items, [
    ...expected(before),
    ...Array.from({ length: 20 - before }, (_, index) => `another ${index + before}`),
  ]);
});

Deno.test("[D4] A batch that waits behind an access is not handed to a client that is deactivated meanwhile", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const gate = Promise.withResolvers<void>();
  worker2.setNewAccessCallback(() => gate.promise);
  const batches = new Collector<number>();
  worker2.setReceivedBatchCallback(({ messages }) => batches.push(messages.length));
  await worker1.accessNewClient("ada");
  await twenty(test);
  await turns(5);
  await worker2.deactivateClient("peer of ada");
  gate.resolve();
  await turns(20);
  equal(batches.items.length, 0);
  await worker2.accessNewClient("peer of ada");
  deepEqual(await batches.count("batches", 1), [20]);
});

Deno.test("[D4] ServiceWorker.receiveQueue hands out nothing for a client that was deactivated since", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  for (const id of ["ada", "bob"]) {
    await worker1.accessNewClient(id);
    await worker1.getMessageSender(id)(`from ${id}`);
  }
  const queue = worker2.receiveQueue;
  await settle(() => queue.size === 2);
  await worker2.deactivateClient("peer of ada");
  equal((await within("bob's", queue.receive())).content, "from bob");
  deepEqual(queue.tryReceive(), { state: "empty" });
  await worker2.accessNewClient("peer of ada");
  equal((await within("ada's", queue.receive())).content, "from ada");
});

Deno.test("ServiceWorker.unpair: a change of what the old client was given comes with the ids that it has there", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const heard = new Collector<unknown>();
  worker2.setReceivedMessageCallback(({ content }, { id, kind, remoteIds }) => {
    heard.push([id, kind, content, remoteIds]);
    return `${id}, post ${content}`;
  });
  await worker1.accessNewClient("ada");
  await worker1.getMessageSender("ada")("1");
  await heard.count("deliveries", 1);
  worker2.setCreateCallback(() => "another");
  await worker2.unpair("peer of ada");
  await worker1.edit("ada", 1, "1!");
  await heard.count("deliveries", 2);
  await worker1.getMessageSender("ada")("2");
  deepEqual(await heard.count("deliveries", 3), [
    ["peer of ada", "message", "1", []],
    ["another", "edit", "1!", ["peer of ada, post 1"]],
    ["another", "message", "2", []],
  ]);
});
