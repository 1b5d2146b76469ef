import { deepEqual, equal, rejects } from "node:assert/strict";
import { AsyncQueue, ChatBox, MemoryStore, string, type WaitOptions } from "../../src/core/mod.ts";
import { within } from "../support/until.ts";
import { makeBox, type TestBox } from "./box.ts";
import { settle, turns } from "./settle.ts";

const ENOUGH = new Error("enough");
const ABORTED = { signal: AbortSignal.abort(ENOUGH) };

Deno.test("AsyncQueue refuses a signal that is aborted already, also when nothing has to be waited for", async () => {
  const queue = new AsyncQueue<string>({ capacity: 2 });
  await rejects(queue.send("a", ABORTED), ENOUGH);
  equal(queue.size, 0);
  await queue.send("b");
  await rejects(queue.receive(ABORTED), ENOUGH);
  deepEqual(queue.tryReceive(), { state: "received", value: "b" });
});

Deno.test("AsyncQueue.send stops waiting when its signal is aborted, and sends nothing", async () => {
  const queue = new AsyncQueue<string>({ capacity: 1 });
  await queue.send("a");
  const controller = new AbortController();
  const impatient = queue.send("b", { signal: controller.signal });
  const patient = queue.send("c");
  controller.abort(ENOUGH);
  await rejects(within("the sender", impatient), ENOUGH);
  deepEqual([await queue.receive(), await queue.receive()], ["a", "c"]);
  await patient;
  deepEqual(queue.tryReceive(), { state: "empty" });
});

Deno.test("[D4] MessageQueue.messages hands out nothing more once its signal is aborted, and confirms what was asked past", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  for (let i = 0; i < 20; i++) await worker1.getMessageSender("ada")(`${i}`);
  const controller = new AbortController();
  const queue = worker2.getClientQueue("peer of ada");
  const heard: string[] = [];
  const loop = async (): Promise<void> => {
    for await (const { content } of queue.messages({ signal: controller.signal })) {
      heard.push(content);
      controller.abort(ENOUGH);
    }
  };
  await rejects(within("the end", loop()), ENOUGH);
  deepEqual(heard, ["0"]);
  equal((await within("the next one", queue.receive())).content, "1");
  const connection = await worker1.connectionOf("ada");
  await settle(async () => (await connection?.watermarks(2))?.delivered === 1);
  await rejects(queue.receive(ABORTED), ENOUGH);
});

Deno.test("ServiceWorker.sendQueue.send with an aborted signal stores nothing", async () => {
  await using test = makeBox();
  const { worker1 } = test.box;
  await worker1.accessNewClient("ada");
  await rejects(worker1.sendQueue.send({ id: "ada", message: "no" }, ABORTED), ENOUGH);
  equal((await (await worker1.connectionOf("ada"))?.messages())?.messages.length, 0);
});

/** Everything of a worker that changes something for a client who has to be looked up. */
const CHANGES: Readonly<Record<string, (test: TestBox, options: WaitOptions) => Promise<unknown>>> = {
  edit: ({ box }, options) => box.worker1.edit("ada", 1, "changed", options),
  delete: ({ box }, options) => box.worker1.delete("ada", 1, options),
  markRead: ({ box }, options) => box.worker1.markRead("ada", 1, options),
  typing: ({ box }, options) => box.worker1.typing("ada", "Ada", options),
  setBlocked: ({ box }, options) => box.worker1.setBlocked("ada", Infinity, options),
  setCursor: ({ box }, options) => box.worker1.setCursor("ada", "here", options),
  deactivateClient: ({ box }, options) => box.worker1.deactivateClient("ada", options),
  unpair: ({ box }, options) => box.worker1.unpair("ada", options),
};

/** A store whose look-ups take until the gate is open, and that notes what is written. */
class SlowStore extends MemoryStore {
  readonly gate = Promise.withResolvers<void>();
  isSlow = false;

  override async connectionOf(
    ...args: Parameters<MemoryStore["connectionOf"]>
  ): ReturnType<MemoryStore["connectionOf"]> {
    if (this.isSlow) await this.gate.promise;
    return await super.connectionOf(...args);
  }

  override async close(): Promise<void> {}
}

for (const [name, change] of Object.entries(CHANGES)) {
  Deno.test(`ServiceWorker.${name} stops waiting for a look-up when its signal is aborted`, async () => {
    const store = new SlowStore();
    const first = makeBox({ store });
    await first.box.worker1.accessNewClient("ada");
    await first.box.worker1.getMessageSender("ada")("hello");
    await first.box.close();
    store.isSlow = true;
    await using test = makeBox({ store });
    const controller = new AbortController();
    const changing = change(test, { signal: controller.signal });
    controller.abort(ENOUGH);
    await rejects(within("the end of the waiting", changing), ENOUGH);
    store.gate.resolve();
    await change(test, {});
  });

  Deno.test(`ServiceWorker.${name} does nothing when its signal is aborted already`, async () => {
    const store = new MemoryStore();
    await using test = makeBox({ store });
    await test.box.worker1.accessNewClient("ada");
    const message = await test.box.worker1.getMessageSender("ada")("hello");
    const { uid } = message;
    const state = async (): Promise<unknown> => [
      await store.connection(uid),
      await store.message(uid, 1),
      await store.watermarks(uid, 1),
      await store.cursor(uid, 1),
      await store.properties(uid),
    ];
    const before = await state();
    await rejects(change(test, ABORTED), ENOUGH);
    await turns(2);
    deepEqual(await state(), before);
  });
}

Deno.test("ServiceWorker.pair stops waiting for a create callback when its signal is aborted; what was made is kept", async () => {
  await using box = new ChatBox<string, string>({
    name: "test",
    service1: { name: "one", idType: string },
    service2: { name: "two", idType: string, pairAt: "message" },
    debug: true,
  });
  const made = Promise.withResolvers<string>();
  let calls = 0;
  box.worker2.setCreateCallback(() => {
    calls++;
    return made.promise;
  });
  await box.worker1.accessNewClient("ada");
  const connection = await box.worker1.connectionOf("ada");
  if (connection === undefined) throw new Error("Ada is known");
  await rejects(box.worker2.pair(connection, ABORTED), ENOUGH);
  equal(calls, 0);
  const controller = new AbortController();
  const pairing = box.worker2.pair(connection, { signal: controller.signal });
  await settle(() => calls === 1);
  controller.abort(ENOUGH);
  await rejects(within("the end of the waiting", pairing), ENOUGH);
  made.resolve("thread");
  equal(await box.worker2.pair(connection), "thread");
  equal(calls, 1);
});
