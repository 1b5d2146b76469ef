import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  ChatBoxError,
  type ConnectionRecord,
  DeliveryError,
  MemoryStore,
  type Store,
  type Uuid,
} from "../../src/core/mod.ts";
import { Archive } from "../../src/storage/mod.ts";
import { makeBox, type TestBox } from "../core/box.ts";
import { settle, turns } from "../core/settle.ts";
import { type TempStorage, tempStorage } from "../support/temp_storage.ts";
import { Collector, within } from "../support/until.ts";

/** A box on a file, with what its service 2 receives. */
interface Scene extends AsyncDisposable {
  readonly temp: TempStorage;
  readonly test: TestBox;
  readonly attempts: Collector<string>;
  /** What service 2 does with the next deliveries; at first it takes them. */
  receive: () => Promise<void>;
}

async function scene(wrap = (store: Store): Store => store): Promise<Scene> {
  const temp = await tempStorage();
  const test = makeBox({ store: wrap(temp.storage.store), retryBaseMs: 10_000, retryMaxMs: 10_000 });
  const made: Scene = {
    temp,
    test,
    attempts: new Collector<string>(),
    receive: () => Promise.resolve(),
    async [Symbol.asyncDispose](): Promise<void> {
      await test.box.close();
      await temp[Symbol.asyncDispose]();
    },
  };
  test.box.worker2.setReceivedMessageCallback((message, { id, attempt }) => {
    made.attempts.push(`${id}: ${message.content}, attempt ${attempt}`);
    return made.receive();
  });
  await test.box.start();
  return made;
}

async function write({ test: { box } }: Scene, id: string, content: string): Promise<Uuid> {
  await box.worker1.accessNewClient(id);
  return (await box.worker1.getMessageSender(id)(content)).uid;
}

function erase({ temp }: Scene, uid: Uuid): void {
  using archive = Archive.change(temp.path);
  equal(archive.erase(uid)?.ids[1], "ada");
}

/** Whoever was erased is named nowhere, and nobody works for them any more. */
async function expectQuiet({ test }: Scene, uid: Uuid, linesBefore = 0): Promise<void> {
  await settle(() => test.clock.waiting === 0);
  test.clock.advance(3_600_000);
  await turns(20);
  equal(test.clock.waiting, 0);
  const lines = test.log.lines.slice(linesBefore);
  deepEqual(lines.filter((line) => JSON.stringify(line).includes(uid)), []);
  deepEqual(lines.filter(({ level }) => level !== "debug"), []);
  equal(lines.length, 1);
}

Deno.test("[O4] A delivery whose connection is erased while it is under way ends quietly, whatever becomes of it", async () => {
  for (const outcome of ["arrives", "fails"]) {
    await using at = await scene();
    const gate = Promise.withResolvers<void>();
    at.receive = () => gate.promise;
    const uid = await write(at, "ada", "hello");
    await at.attempts.count("attempts", 1);
    erase(at, uid);
    if (outcome === "arrives") gate.resolve();
    else gate.reject(new DeliveryError("busy"));
    await settle(() => at.test.log.lines.length > 0);
    await expectQuiet(at, uid);
    equal(at.attempts.items.length, 1);
  }
});

Deno.test("[O4] A delivery whose connection is erased while it waits for its next attempt ends at that", async () => {
  await using at = await scene();
  at.receive = () => Promise.reject(new DeliveryError("busy"));
  const uid = await write(at, "ada", "hello");
  await settle(() => at.test.clock.waiting === 1);
  erase(at, uid);
  at.temp.storage.foreignChanges.check();
  const before = at.test.log.lines.length;
  at.test.clock.advance(10_000);
  await settle(() => at.test.log.lines.length > before);
  await expectQuiet(at, uid, before);
  equal(at.attempts.items.length, 1);
});

Deno.test("[O4] ChatBox.forget ends the wait of a delivery whose connection is erased, and of no other", async () => {
  for (const named of [true, false]) {
    await using at = await scene();
    const { box, clock, log } = at.test;
    at.temp.storage.foreignChanges.subscribe(() => box.forget());
    at.receive = () => Promise.reject(new DeliveryError("busy"));
    const [uid] = [await write(at, "ada", "hello"), await write(at, "bob", "hello")];
    await settle(() => clock.waiting === 2);
    erase(at, uid);
    const before = log.lines.length;
    if (named) box.forget(uid);
    else {
      at.temp.storage.foreignChanges.check();
      clock.advance(1_000);
    }
    await settle(() => clock.waiting === 1);
    await turns(20);
    equal(clock.waiting, 1);
    deepEqual(log.lines.slice(before).map(({ level }) => level), ["debug"]);
    at.receive = () => Promise.resolve();
    clock.advance(10_000);
    await at.attempts.until("the other one", (items) => items.includes("peer of bob: hello, attempt 2"));
  }
});

Deno.test("[D4] What is made anew under an erased client's id, or uid, is delivered", async () => {
  for (const same of ["id", "uid"]) {
    await using at = await scene();
    const gate = Promise.withResolvers<void>();
    at.receive = () => gate.promise;
    const uid = await write(at, "ada", "hello");
    await at.attempts.count("attempts", 1);
    erase(at, uid);
    gate.resolve();
    await settle(() => at.test.log.lines.length > 0);
    if (same === "uid") {
      await at.temp.storage.store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 1 });
    }
    equal(await write(at, "ada", "again") === uid, same === "uid");
    deepEqual(await at.attempts.count("attempts", 2), [
      "peer of ada: hello, attempt 1",
      "peer of ada: again, attempt 1",
    ]);
    await settle(async () => (await at.temp.storage.store.pending(2, undefined, 9)).length === 0);
  }
});

Deno.test("ChatBox.forget ends the queue of a client whose connection is erased with a not_found, and no other; the next one works", async () => {
  for (const named of [true, false]) {
    await using at = await scene();
    const { box, clock } = at.test;
    const { worker2 } = box;
    const ada = await write(at, "ada", "hello");
    const bob = await write(at, "bob", "hello");
    await at.attempts.count("attempts", 2);
    const [queue, other] = [worker2.getClientQueue("peer of ada"), worker2.getClientQueue("peer of bob")];
    const ended = rejects(
      queue.receive(),
      (error) => error instanceof ChatBoxError && error.code === "not_found",
    );
    // Nothing is under way for either of them any more.
    await turns(20);
    erase(at, ada);
    at.temp.storage.foreignChanges.check();
    if (named) { for (const uid of [ada, bob]) box.forget(uid); }
    else {
      box.forget();
      clock.advance(1_000);
    }
    await within("the end of the queue", ended, 2_000);
    equal(other.closed, false);
    await box.worker1.accessNewClient("ada");
    const next = worker2.getClientQueue("peer of ada");
    await write(at, "ada", "again");
    equal((await within("the message", next.receive(), 2_000)).content, "again");
    equal(at.attempts.items.length, 2);
  }
});

Deno.test("[D4] What is made anew under an erased uid while its delivery is about to end begins anew", async () => {
  const gate = Promise.withResolvers<void>();
  await using at = await scene((store) =>
    new Proxy(store, {
      get(target, key): unknown {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        if (key !== "connection") return value.bind(target);
        return async (uid: Uuid): Promise<ConnectionRecord | undefined> => {
          const found = await target.connection(uid);
          if (found === undefined) await gate.promise;
          return found;
        };
      },
    })
  );
  const { box, clock } = at.test;
  // The first arrives, the second fails once and is erased at its second attempt.
  at.receive = () =>
    at.attempts.items.length === 1 ? Promise.resolve() : Promise.reject(new DeliveryError("busy"));
  const uid = await write(at, "ada", "one");
  await at.attempts.count("attempts", 1);
  const erased = Promise.withResolvers<void>();
  await box.worker1.getMessageSender("ada")("two");
  await settle(() => clock.waiting === 1);
  at.receive = () => erased.promise;
  clock.advance(10_000);
  await at.attempts.count("attempts", 3);
  erase(at, uid);
  erased.reject(new DeliveryError("busy"));
  await turns(20);
  await at.temp.storage.store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 1 });
  const arrived = new Collector<number>();
  box.connection(uid).subscribe((event) => {
    if (event.type === "delivered") arrived.push(event.seq);
  });
  at.receive = () => Promise.resolve();
  await write(at, "ada", "again");
  gate.resolve();
  deepEqual((await at.attempts.count("attempts", 4)).at(-1), "peer of ada: again, attempt 1");
  deepEqual(await arrived.count("arrivals", 1), [1]);
});

/** A store that is slow to say which connections there are. */
class SlowStore extends MemoryStore {
  readonly asked = new Collector<Uuid>();
  readonly gate = Promise.withResolvers<void>();

  override async connection(uid: Uuid): Promise<ConnectionRecord | undefined> {
    this.asked.push(uid);
    await this.gate.promise;
    return await super.connection(uid);
  }
}

Deno.test("[D6] ChatBox.close waits for no delivery that fails meanwhile", async () => {
  const store = new SlowStore();
  const { box, clock } = makeBox({ store });
  box.worker2.setReceivedMessageCallback(() => Promise.reject(new DeliveryError("busy")));
  await box.start();
  await box.worker1.accessNewClient("ada");
  await box.worker1.getMessageSender("ada")("hello");
  await store.asked.count("look-ups", 1);
  const closed = box.close();
  store.gate.resolve();
  await within("the end", closed, 2_000);
  equal(clock.waiting, 0);
});

Deno.test("[D6] ChatBox.close leaves no timer of ChatBox.forget", async () => {
  const { box, clock } = makeBox();
  box.worker2.setReceivedMessageCallback(() => Promise.reject(new DeliveryError("busy")));
  await box.start();
  await box.worker1.accessNewClient("ada");
  await box.worker1.getMessageSender("ada")("hello");
  await settle(() => clock.waiting === 1);
  box.forget();
  box.forget();
  equal(clock.waiting, 2);
  await box.close();
  equal(clock.waiting, 0);
});
