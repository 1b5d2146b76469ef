import { deepEqual, equal, rejects } from "node:assert/strict";
import { string } from "../../src/core/mod.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox } from "./box.ts";
import { LastingStore } from "./lasting_store.ts";
import { settle } from "./settle.ts";

const CLOSED = { code: "closed" };

Deno.test("[D4, D6] ChatBox.close waits closeTimeoutMs for a callback that never settles; its message comes after the next start", async () => {
  const store = new LastingStore();
  const first = makeBox({ store, closeTimeoutMs: 3_000 });
  await first.box.start();
  const entered = Promise.withResolvers<void>();
  first.box.worker2.setReceivedMessageCallback(() => {
    entered.resolve();
    return new Promise(() => {});
  });
  await first.box.worker1.accessNewClient("ada");
  await first.box.worker1.getMessageSender("ada")("hello");
  await within("the delivery", entered.promise);
  const closed = first.box.close();
  first.clock.advance(2_999);
  await settle(() => true);
  equal(store.closes, 0);
  first.clock.advance(1);
  await within("the close", closed);
  deepEqual(first.log.lines.map(({ level, fields }) => [level, fields.underWay]), [["warn", 1]]);
  equal(first.clock.waiting, 0);

  await using second = makeBox({ store });
  const received = new Collector<string>();
  second.box.worker2.setReceivedMessageCallback((message) => received.push(message.content));
  await second.box.start();
  deepEqual(await received.count("messages", 1), ["hello"]);
});

Deno.test("ChatBox.close waits ten seconds when nothing is said, and leaves no timer behind", async () => {
  const test = makeBox();
  await test.box.start();
  test.box.worker2.setNewAccessCallback(() => new Promise(() => {}));
  await test.box.worker1.accessNewClient("ada");
  const closed = test.box.close();
  test.clock.advance(9_999);
  equal(await Promise.race([closed.then(() => "closed"), settle(() => true).then(() => "waits")]), "waits");
  test.clock.advance(1);
  await within("the close", closed);
  equal(test.clock.waiting, 0);
});

Deno.test("ChatBox.close honours the signal of whoever calls later", async () => {
  const test = makeBox();
  await test.box.start();
  test.box.worker2.setNewAccessCallback(() => new Promise(() => {}));
  await test.box.worker1.accessNewClient("ada");
  const patient = test.box.close();
  const controller = new AbortController();
  const hurried = test.box.close({ signal: controller.signal });
  controller.abort();
  await within("both", Promise.all([patient, hurried]));
  await within("one with an aborted signal", test.box.close({ signal: AbortSignal.abort() }));
});

for (const kind of ["message", "batch"] as const) {
  Deno.test(`[D4] ChatBox.close may be awaited in a received ${kind} callback, whose message is confirmed`, async () => {
    const store = new LastingStore();
    const { box } = makeBox({ store });
    await box.start();
    const called = Promise.withResolvers<void>();
    const quit = async (): Promise<void> => {
      await box.close();
      called.resolve();
    };
    if (kind === "message") box.worker2.setReceivedMessageCallback(quit);
    else box.worker2.setReceivedBatchCallback(quit);
    await box.worker1.accessNewClient("ada");
    await box.worker1.getMessageSender("ada")("quit");
    await within("the callback to come back", called.promise);
    await within("the end", box.close());
    equal(store.closes, 1);
    deepEqual(await store.pending(2, undefined, 9), []);
  });
}

Deno.test("ChatBox.close that is awaited late in a callback ends with the deadline", async () => {
  const test = makeBox();
  await test.box.start();
  const closing = Promise.withResolvers<void>();
  test.box.worker2.setReceivedMessageCallback(async () => {
    await Promise.resolve();
    const closed = test.box.close();
    closing.resolve();
    await closed;
  });
  await test.box.worker1.accessNewClient("ada");
  await test.box.worker1.getMessageSender("ada")("quit");
  await within("the close to begin", closing.promise);
  test.clock.advance(10_000);
  await within("the end", test.box.close());
});

Deno.test("A create callback that never settles does not hold a close up, and its callers are told", async () => {
  const { box, clock } = makeBox();
  const created = Promise.withResolvers<void>();
  box.worker2.setCreateCallback(() => {
    created.resolve();
    return new Promise(() => {});
  });
  await box.start();
  const access = box.worker1.accessNewClient("ada");
  const patient = box.worker1.accessNewClient("ada");
  const refused = Promise.all([rejects(access, CLOSED), rejects(patient, CLOSED)]);
  await within("the create callback", created.promise);
  const closed = box.close();
  clock.advance(10_000);
  await within("the end", closed);
  await within("the callers", refused);
});

Deno.test("[D4] A create callback that never settles during a delivery does not hold a close up", async () => {
  const store = new LastingStore();
  const { box, clock } = makeBox({ store, service2: { name: "two", idType: string, pairAt: "message" } });
  const created = Promise.withResolvers<void>();
  box.worker2.setCreateCallback(() => {
    created.resolve();
    return new Promise(() => {});
  });
  box.worker2.setReceivedMessageCallback(() => {});
  await box.start();
  await box.worker1.accessNewClient("ada");
  await box.worker1.getMessageSender("ada")("hello");
  await within("the create callback", created.promise);
  const closed = box.close();
  clock.advance(10_000);
  await within("the end", closed);
  equal((await store.pending(2, undefined, 9)).length, 1);
});

Deno.test("A client whose create callback comes back while the box closes is registered, and announced", async () => {
  const store = new LastingStore();
  const { box } = makeBox({ store });
  const made = Promise.withResolvers<string>();
  const announced: unknown[] = [];
  box.worker2.setCreateCallback(() => made.promise);
  box.worker2.setNewAccessCallback((id) => void announced.push(id));
  const access = box.worker1.accessNewClient("ada");
  const closed = box.close();
  made.resolve("thread");
  equal(await within("the access", access), "ada");
  await within("the end", closed);
  deepEqual(announced, ["thread"]);
  equal((await store.connectionOf(2, "thread"))?.ids[1], "ada");
});

Deno.test("ServiceWorker.accessNewClient is refused from the first step of a close", async () => {
  const { box } = makeBox();
  const closed = box.close();
  await rejects(box.worker1.accessNewClient("ada"), CLOSED);
  await closed;
  await rejects(box.start(), CLOSED);
});

Deno.test("[D6] ChatBox.close stores what was accepted while its client was still being looked up", async () => {
  const store = new LastingStore();
  const first = makeBox({ store });
  await first.box.worker1.accessNewClient("ada");
  const { seq } = await first.box.worker1.getMessageSender("ada")("Helo");
  await first.box.close();
  const closes: number[] = [];
  store.close = () => Promise.resolve(void closes.push(seq));
  const connectionOf = store.connectionOf.bind(store);
  const gate = Promise.withResolvers<void>();
  store.connectionOf = async (...args) => {
    await gate.promise;
    equal(closes.length, 0);
    return await connectionOf(...args);
  };
  const { box: { worker1 }, box } = makeBox({ store });
  const outcome = worker1.sendQueue.trySend({ id: "ada", message: "by trySend" });
  const accepted = [worker1.getMessageSender("ada")("sent"), worker1.edit("ada", seq, "Hello")];
  const closed = box.close();
  gate.resolve();
  await Promise.all(accepted);
  await closed;
  if (outcome.state !== "accepted") throw new Error(`The queue said ${outcome.state}`);
  equal((await outcome.stored).content, "by trySend");
  const uid = (await connectionOf(1, "ada"))?.uid;
  const page = uid && await store.messagesBefore(uid, Infinity, 9);
  deepEqual(page && page.messages.map(({ content }) => content), ["Hello", "by trySend", "sent"]);
});

Deno.test("[D6] ChatBox.close waits for the new-access callbacks of every access", async () => {
  const { box } = makeBox();
  const gate = Promise.withResolvers<void>();
  let told = 0;
  box.worker2.setNewAccessCallback(async () => {
    await gate.promise;
    told++;
  });
  for (const id of ["ada", "bob", "ada"]) await box.worker1.accessNewClient(id);
  const closed = box.close();
  gate.resolve();
  await within("the end", closed);
  equal(told, 3);
});
