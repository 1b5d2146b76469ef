import { deepEqual, equal, rejects } from "node:assert/strict";
import { type Appended, type AppendRequest, AsyncQueue, MemoryStore, type Uuid } from "../../src/core/mod.ts";
import { within } from "../support/until.ts";
import { makeBox } from "./box.ts";
import { settle } from "./settle.ts";

/** A store whose disk stands still until it is let go. */
class StuckStore extends MemoryStore {
  readonly #gate = Promise.withResolvers<void>();
  /** The texts that it was asked to store. */
  readonly asked: string[] = [];

  release(): void {
    this.#gate.resolve();
  }

  override async append(uid: Uuid, request: AppendRequest): Promise<Appended> {
    this.asked.push(request.draft.content);
    await this.#gate.promise;
    return await super.append(uid, request);
  }
}

const ENOUGH = new Error("enough");

Deno.test("AsyncQueue.send that waits is called off by its signal: its value is not sent, and the next one is", async () => {
  const queue = new AsyncQueue<string>({ capacity: 1 });
  await queue.send("held");
  const controller = new AbortController();
  const calledOff = queue.send("called off", controller);
  const kept = queue.send("kept");
  controller.abort(ENOUGH);
  await rejects(within("the end of the waiting", calledOff), ENOUGH);
  deepEqual([await queue.receive(), await queue.receive()], ["held", "kept"]);
  await kept;
  deepEqual(queue.tryReceive(), { state: "empty" });
});

Deno.test("SendQueue.send that waits for a place is called off by its signal: its message is not stored, and the next one is", async () => {
  const store = new StuckStore();
  await using test = makeBox({ store });
  const { worker1 } = test.box;
  await worker1.accessNewClient("ada");
  const queue = worker1.sendQueue;
  const all = Array.from({ length: queue.capacity }, () => queue.send({ id: "ada", message: "first" }));
  const controller = new AbortController();
  const calledOff = queue.send({ id: "ada", message: "called off" }, controller);
  const kept = queue.send({ id: "ada", message: "kept" });
  await settle(() => store.asked.length === queue.capacity);
  controller.abort(ENOUGH);
  await rejects(within("the end of the waiting", calledOff), ENOUGH);
  store.release();
  equal((await kept).seq, queue.capacity + 1);
  await Promise.all(all);
  deepEqual(store.asked.filter((content) => content !== "first"), ["kept"]);
});

Deno.test("MessageSender that waits for the disk is called off by its signal; what was accepted may be stored", async () => {
  const store = new StuckStore();
  await using test = makeBox({ store });
  const { worker1 } = test.box;
  await worker1.accessNewClient("ada");
  const connection = await worker1.connectionOf("ada");
  if (connection === undefined) throw new Error("there is no connection");
  const controller = new AbortController();
  const { signal } = controller;
  const sending = [
    worker1.getMessageSender("ada")("by the sender", { signal }),
    worker1.send("ada", { content: "by id" }, { signal }),
    worker1.sendIn(connection, { content: "by connection" }, { signal }),
  ];
  await settle(() => store.asked.length === 3);
  controller.abort(ENOUGH);
  for (const sent of sending) await rejects(within<unknown>("the end of the waiting", sent), ENOUGH);
  store.release();
  await settle(async () => (await connection.messages()).messages.length === 3);
});
