import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { ChatBox, type ChatBoxOptions, string } from "../../src/core/mod.ts";
import { within } from "../support/until.ts";
import { makeBox } from "./box.ts";

Deno.test("Both sides may register the same pair of ids at once", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  worker1.setCreateCallback((id) => id.replace("peer of ", ""));
  await Promise.all([worker1.accessNewClient("ada"), worker2.accessNewClient("peer of ada")]);
  equal(await worker1.getUid("ada"), await worker2.getUid("peer of ada"));
});

Deno.test("A side that gives the id of a client who has no partner yet pairs with it", async () => {
  await using test = makeBox({ service1: { name: "one", idType: string, pairAt: "message" } });
  const { worker1, worker2 } = test.box;
  await worker2.accessNewClient("peer of ada");
  await worker1.accessNewClient("ada");
  equal(await worker1.getUid("ada"), await worker2.getUid("peer of ada"));
});

Deno.test("An id that is paired with another client stays a conflict", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  worker2.setCreateCallback(() => "one room for all");
  await worker1.accessNewClient("ada");
  await rejects(worker1.accessNewClient("bob"), { code: "conflict" });
  equal(await worker1.getUid("bob"), undefined);
});

for (const [what, take] of [["ada herself", "ada"], ["the other side", "peer of ada"]] as const) {
  Deno.test(`ServiceWorker.getClientQueue may be asked for during the first access, by ${what}`, async () => {
    await using test = makeBox();
    const { worker1, worker2 } = test.box;
    await test.box.start();
    const own = take === "ada";
    const [receiving, sending] = own ? [worker1, worker2] : [worker2, worker1];
    const hung = Promise.withResolvers<string>();
    worker2.setCreateCallback((id) => id === "bob" ? hung.promise : `peer of ${id}`);
    const never = worker1.accessNewClient("bob");
    const access = worker1.accessNewClient("ada");
    const queue = receiving.getClientQueue(take);
    await access;
    await sending.getMessageSender(own ? "peer of ada" : "ada")("hello");
    const { value } = await within("the message", queue[Symbol.asyncIterator]().next());
    equal(value?.content, "hello");
    hung.resolve("peer of bob");
    await never;
  });
}

Deno.test("ServiceWorker.getClientQueue ends with not_found when the registration fails", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  worker2.setCreateCallback(() => Promise.reject(new Error("no")));
  const refused = rejects(worker1.accessNewClient("ada"), { code: "create_failed" });
  const ended = rejects(Array.fromAsync(worker1.getClientQueue("ada")), { code: "not_found" });
  await within("both", Promise.all([refused, ended]));
});

Deno.test("ServiceWorker.getClientQueue says when the queue is open with another capacity", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  const queue = worker2.getClientQueue("peer of ada", { capacity: 5 });
  equal(worker2.getClientQueue("peer of ada"), queue);
  equal(worker2.getClientQueue("peer of ada", { capacity: 5 }), queue);
  throws(() => worker2.getClientQueue("peer of ada", { capacity: 6 }), {
    code: "conflict",
    message: "Cannot open a client's queue of two for 6 messages: it is open for 5, close it first",
  });
  queue.close();
  equal(worker2.getClientQueue("peer of ada", { capacity: 6 }).capacity, 6);
});

for (const [given, shown] of [[42, "a number"], [undefined, "undefined"], [new Date(0), "Date"]] as const) {
  Deno.test(`A create callback that gives ${shown} instead of a text has a coded error that names the type`, async () => {
    await using test = makeBox();
    // What a caller without types may do.
    test.box.worker2.setCreateCallback(() => given as unknown as string);
    await rejects(test.box.worker1.accessNewClient("ada"), (error: Error & { readonly code?: unknown }) => {
      equal(error.code, "create_failed");
      equal(
        error.message.endsWith(`of two gave ${shown}, allowed is an id of type string`),
        true,
        error.message,
      );
      return true;
    });
    equal(await test.box.worker1.getUid("ada"), undefined);
  });
}

for (const missing of ["service1", "service2"] as const) {
  Deno.test(`ChatBox says that ${missing} is missing`, () => {
    const options = { name: "t", service1: { name: "one" }, service2: { name: "two" }, debug: true };
    // What a caller without types may forget.
    const incomplete = Object.fromEntries(
      Object.entries(options).filter(([key]) => key !== missing),
    ) as unknown as ChatBoxOptions<string, string>;
    throws(() => new ChatBox(incomplete), {
      code: "bad_value",
      message: new RegExp(`^Cannot make a ChatBox: ${missing} is undefined, allowed are `),
    });
  });
}

Deno.test("[O1, O4] New-access callbacks of a slow connection wait as a number: none is dropped, and each keeps its place among the messages", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  const gate = Promise.withResolvers<void>();
  const calls: string[] = [];
  const last = Promise.withResolvers<void>();
  worker2.setNewAccessCallback(async () => {
    await gate.promise;
    calls.push("access");
    if (calls.length === 2_502) last.resolve();
  });
  worker2.setReceivedMessageCallback((message) => void calls.push(message.content));
  for (let i = 0; i < 1_500; i++) await worker1.accessNewClient("ada");
  const connection = await worker1.connectionOf("ada");
  await worker1.getMessageSender("ada")("hello");
  // The delivery gets in line with a read of its own.
  await connection?.messages();
  for (let i = 0; i < 1_001; i++) await worker1.accessNewClient("ada");
  gate.resolve();
  await within("the last access", last.promise);
  equal(calls.indexOf("hello"), 1_500);
  deepEqual(calls.length, 2_502);
});
