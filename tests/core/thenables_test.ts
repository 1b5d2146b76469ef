import { deepEqual, equal } from "node:assert/strict";
import { ChatBox, silentLogger, string } from "../../src/core/mod.ts";
import { Collector, within } from "../support/until.ts";
import { makeBox } from "./box.ts";
import { settle, turns } from "./settle.ts";

/** What some libraries have instead of a promise: the types of callbacks do not allow it, but programs give it. */
function foreign<T>(promise: Promise<T>): Promise<T> {
  const then: Promise<T>["then"] = (...handlers) => promise.then(...handlers);
  return { then } as Promise<T>;
}

for (const kind of ["single", "batch"] as const) {
  Deno.test(`[D4] A ${kind} callback's thenable that is no promise is waited for; one that rejects is tried again`, async () => {
    await using test = makeBox({ retryBaseMs: 100, callbackTimeoutMs: 5_000 });
    const { worker1, worker2 } = test.box;
    await test.box.start();
    await worker1.accessNewClient("ada");
    const connection = await worker1.connectionOf("ada");
    const delivered = async (): Promise<unknown> => (await connection?.watermarks(2))?.delivered;
    const outcomes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const attempts = new Collector<number>();
    const receive = (attempt: number): Promise<void> => {
      attempts.push(attempt);
      return foreign(outcomes[attempt - 1]?.promise ?? Promise.resolve());
    };
    if (kind === "single") worker2.setReceivedMessageCallback((_message, { attempt }) => receive(attempt));
    else worker2.setReceivedBatchCallback(({ attempt }) => receive(attempt));
    await worker1.getMessageSender("ada")("hello");
    await attempts.count("attempts", 1);
    await turns(5);
    equal(await delivered(), 0);
    test.clock.advance(5_000);
    deepEqual(test.log.lines.map(({ fields }) => fields.callback), ["received"]);
    outcomes[0]?.reject(new Error("failed"));
    await settle(() => test.log.lines.length === 2);
    test.clock.advance(100);
    await attempts.count("attempts", 2);
    outcomes[1]?.resolve();
    await settle(async () => await delivered() === 1);
  });
}

Deno.test("A create callback's thenable gives the id; a new-access callback's that rejects is logged", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  worker2.setCreateCallback((id) => foreign(Promise.resolve(`room of ${id}`)));
  worker2.setNewAccessCallback(() => foreign(Promise.reject(new Error("not today"))));
  await worker1.accessNewClient("ada");
  equal(await worker2.getUid("room of ada"), await worker1.getUid("ada"));
  await settle(() => test.log.lines.length === 1);
  equal(test.log.lines[0]?.message, "A new-access callback failed");
});

Deno.test("A listener's thenable that rejects is logged, and a logger's disturbs nobody", async () => {
  const written: string[] = [];
  const failing = (message: string): Promise<void> => {
    written.push(message);
    return foreign(Promise.reject(new Error("the log is full")));
  };
  await using box = new ChatBox<string, string>({
    name: "test",
    service1: { name: "one", idType: string },
    service2: { name: "two", idType: string },
    debug: true,
    logger: { ...silentLogger, error: failing },
  });
  await box.worker1.accessNewClient("ada");
  (await box.worker1.connectionOf("ada"))?.subscribe(() => foreign(Promise.reject(new Error("no"))));
  await within("the message", box.worker1.getMessageSender("ada")("hello"));
  await settle(() => written.length === 1);
  deepEqual(written, ["A listener of a connection threw"]);
});

Deno.test("What a callback gives is waited for only when it has a then to call", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const received = new Collector<string>();
  worker2.setReceivedMessageCallback((message) => {
    received.push(message.content);
    return Object.assign(["post 1"], { then: "not a function" });
  });
  await worker1.getMessageSender("ada")("hello");
  await received.count("messages", 1);
  const uid = await worker1.getUid("ada");
  await settle(async () => uid !== undefined && (await test.store.remoteIds(uid, 2, 1)).join() === "post 1");
});

Deno.test("[D4] A retryAfterMs is heeded on whatever was thrown", async () => {
  await using test = makeBox({ retryBaseMs: 100 });
  const { worker1, worker2 } = test.box;
  await test.box.start();
  await worker1.accessNewClient("ada");
  const attempts = new Collector<number>();
  worker2.setReceivedMessageCallback((_message, { attempt }) => {
    attempts.push(attempt);
    // deno-lint-ignore no-throw-literal -- what some clients of HTTP services throw
    if (attempt === 1) throw { status: 429, retryAfterMs: 5_000 };
  });
  await worker1.getMessageSender("ada")("hello");
  await settle(() => test.clock.waiting === 1);
  test.clock.advance(4_999);
  await turns(5);
  deepEqual(attempts.items, [1]);
  // Up to the own first wait is added, so that not all come at once.
  test.clock.advance(51);
  deepEqual(await attempts.count("attempts", 2), [1, 2]);
});
