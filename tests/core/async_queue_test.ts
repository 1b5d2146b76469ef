import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { AsyncQueue, QueueClosedError } from "../../src/core/mod.ts";

Deno.test("[O4] AsyncQueue holds no more than its capacity; senders wait in line, nothing is dropped", async () => {
  const queue = new AsyncQueue<number>({ capacity: 2 });
  const sent: number[] = [];
  const sending = [1, 2, 3, 4].map((value) => queue.send(value).then(() => sent.push(value)));
  deepEqual(queue.trySend(5), { state: "full" });
  equal(queue.size, 2);
  equal(await queue.receive(), 1);
  equal(queue.size, 2);
  deepEqual([await queue.receive(), await queue.receive(), await queue.receive()], [2, 3, 4]);
  await Promise.all(sending);
  deepEqual(sent, [1, 2, 3, 4]);
  deepEqual(queue.tryReceive(), { state: "empty" });
});

Deno.test("AsyncQueue hands a value to the receiver that waits longest", async () => {
  const queue = new AsyncQueue<string>({ capacity: 1 });
  const received = Promise.all([queue.receive(), queue.receive()]);
  deepEqual(queue.trySend("a"), { state: "sent" });
  deepEqual(queue.trySend("b"), { state: "sent" });
  deepEqual(await received, ["a", "b"]);
  equal(queue.size, 0);
});

Deno.test("AsyncQueue.close gives unsent values back, lets the rest be received, and is idempotent", async () => {
  const queue = new AsyncQueue<string>({ capacity: 1 });
  await queue.send("held");
  const unsent = queue.send("unsent");
  queue.close();
  queue.close(new Error("ignored"));
  await rejects(unsent, (error) => error instanceof QueueClosedError && error.value === "unsent");
  await rejects(queue.send("late"), (error) => error instanceof QueueClosedError && error.value === "late");
  deepEqual(queue.trySend("late"), { state: "closed" });
  deepEqual(queue.tryReceive(), { state: "received", value: "held" });
  deepEqual(queue.tryReceive(), { state: "closed" });
  await rejects(queue.receive(), QueueClosedError);
});

Deno.test("AsyncQueue.close ends waiting receivers, with the reason when there is one", async () => {
  const plain = new AsyncQueue<string>({ capacity: 1 });
  const ended = Array.fromAsync(plain);
  plain.close();
  deepEqual(await ended, []);
  const broken = new AsyncQueue<string>({ capacity: 1 });
  const failed = Array.fromAsync(broken);
  broken.close(new RangeError("no more"));
  await rejects(failed, RangeError);
});

Deno.test("AsyncQueue stops waiting when the signal is aborted, and forgets who waited", async () => {
  const queue = new AsyncQueue<string>({ capacity: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  const receiving = queue.receive({ signal });
  controller.abort(new Error("enough"));
  await rejects(receiving, /enough/);
  await queue.send("a");
  deepEqual(await queue.receive(), "a");
  deepEqual(queue.tryReceive(), { state: "empty" });
});

Deno.test("AsyncQueue refuses a capacity that is no whole number from 1", () => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity]) {
    throws(() => new AsyncQueue({ capacity }), { code: "bad_value" });
  }
});
