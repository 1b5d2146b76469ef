import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ChatBox, ChatBoxError, isUuid, string } from "../../src/core/mod.ts";
import { Collector } from "../support/until.ts";
import { makeBox } from "./box.ts";

Deno.test("ServiceWorker.accessNewClient pairs a new client by the other side's create callback", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  equal(await worker1.accessNewClient("ada"), "ada");
  const uid = await worker1.getUid("ada");
  equal(typeof uid === "string" && isUuid(uid), true);
  equal(await worker2.getUid("peer of ada"), uid);
  equal(await worker1.getUid("bob"), undefined);
});

Deno.test("ServiceWorker.connectionOfPeer finds a connection by the other side's id, and by no other", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  const uid = await worker1.getUid("ada");
  equal((await worker2.connectionOfPeer("ada"))?.uid, uid);
  equal((await worker1.connectionOfPeer("peer of ada"))?.uid, uid);
  equal(await worker2.connectionOfPeer("peer of ada"), undefined);
  equal(await worker2.connectionOfPeer("bob"), undefined);
});

Deno.test("[X2] ServiceWorker.accessNewClient calls the create callback once when a hundred accesses race", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  const { promise, resolve } = Promise.withResolvers<string>();
  let calls = 0;
  worker2.setCreateCallback(() => {
    calls++;
    return promise;
  });
  const accesses = Array.from({ length: 100 }, () => worker1.accessNewClient("ada"));
  resolve("thread");
  await Promise.all(accesses);
  equal(calls, 1);
});

Deno.test("ServiceWorker.accessNewClient stores nothing when the create callback fails, and tries again", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  worker2.setCreateCallback(() => Promise.reject(new Error("no threads today")));
  await rejects(
    worker1.accessNewClient("ada"),
    (error) =>
      error instanceof ChatBoxError && error.code === "create_failed" &&
      /no threads today/.test(error.message),
  );
  equal(await worker1.getUid("ada"), undefined);
  worker2.setCreateCallback(() => "thread");
  await worker1.accessNewClient("ada");
  equal(await worker2.getUid("thread"), await worker1.getUid("ada"));
});

Deno.test("ServiceWorker.accessNewClient rejects an unknown client with create: false", async () => {
  await using test = makeBox();
  await rejects(
    test.box.worker1.accessNewClient("ada", { create: false }),
    (error) => error instanceof ChatBoxError && error.code === "not_found" && error.message.includes("ada"),
  );
});

Deno.test("ServiceWorker.accessNewClient makes a UUID when no id is given, and refuses where ids are no UUIDs", async () => {
  await using box = new ChatBox({
    name: "t",
    service1: { name: "web" },
    service2: { name: "two", idType: string },
    debug: true,
  });
  box.worker2.setCreateCallback((id) => `t-${id}`);
  const id = await box.worker1.accessNewClient();
  equal(isUuid(id), true);
  equal(await box.worker2.getUid(`t-${id}`), await box.worker1.getUid(id));
  await rejects(box.worker2.accessNewClient(), TypeError);
});

Deno.test("New-access callback follows on every access, after the create callback", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  const calls = new Collector<string>();
  worker2.setCreateCallback((id) => {
    calls.push(`create ${id}`);
    return "thread";
  });
  worker2.setNewAccessCallback((id) => calls.push(`access ${id}`));
  await worker1.accessNewClient("ada");
  await worker1.accessNewClient("ada");
  deepEqual(await calls.count("calls", 3), ["create ada", "access thread", "access thread"]);
});

Deno.test("A new-access callback that throws is logged and disturbs nobody", async () => {
  await using test = makeBox();
  test.box.worker2.setNewAccessCallback(() => {
    throw new Error("boom");
  });
  equal(await test.box.worker1.accessNewClient("ada"), "ada");
  const [line] = test.log.lines;
  deepEqual([line?.level, line?.message, line?.fields.service], [
    "error",
    "A new-access callback failed",
    "two",
  ]);
  match(String(line?.fields.error), /boom/);
});

Deno.test("[D4] A client who comes back while its deactivation is under way is active", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => received.push(message.content));
  const leaving = worker2.deactivateClient("peer of ada");
  await worker2.accessNewClient("peer of ada");
  await leaving;
  await worker1.getMessageSender("ada")("hello again");
  deepEqual(await received.count("messages", 1), ["hello again"]);
});

Deno.test("ServiceWorker.accessNewClient notes when a client was there last, from either side", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  const first = test.clock.now();
  await worker1.accessNewClient("ada");
  const connection = await worker1.connectionOf("ada");
  if (connection === undefined) throw new Error("there is no connection");
  deepEqual(await worker1.seenAt(connection), { first, last: first });
  test.clock.advance(5_000);
  await worker1.accessNewClient("ada");
  deepEqual(await worker2.seenAt(connection), { first, last: first + 5_000 });
  test.clock.advance(1_000);
  await worker2.accessNewClient("peer of ada");
  deepEqual(await worker1.seenAt(connection), { first, last: first + 6_000 });
});
