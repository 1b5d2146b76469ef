import assert from "node:assert/strict";
import { Lanes } from "../../src/discord/intake/lanes.ts";

Deno.test("[O1] Lanes runs tasks of one key in order, also after one that throws", async () => {
  const errors: unknown[] = [];
  const lanes = new Lanes({ capacity: 10, onError: (error) => errors.push(error) });
  const done: number[] = [];
  const first = Promise.withResolvers<void>();
  lanes.run("a", () => first.promise.then(() => void done.push(1)));
  lanes.run("a", () => Promise.reject(new Error("two")));
  lanes.run("a", () => Promise.resolve().then(() => void done.push(3)));
  assert.deepEqual(done, []);
  first.resolve();
  await lanes.drain();
  assert.deepEqual(done, [1, 3]);
  assert.equal(errors.length, 1);
  assert.equal(lanes.size, 0);
});

Deno.test("[O2] Lanes lets other keys pass one that waits", async () => {
  const lanes = new Lanes({ capacity: 10, onError: () => {} });
  const blocked = Promise.withResolvers<void>();
  const passed = Promise.withResolvers<void>();
  lanes.run("a", () => blocked.promise);
  lanes.run("b", () => Promise.resolve(passed.resolve()));
  await passed.promise;
  blocked.resolve();
  await lanes.drain();
});

Deno.test("[O4] Lanes refuses what is beyond its capacity", async () => {
  const lanes = new Lanes({ capacity: 2, onError: () => {} });
  const blocked = Promise.withResolvers<void>();
  assert.equal(lanes.run("a", () => blocked.promise), true);
  assert.equal(lanes.run("a", () => Promise.resolve()), true);
  assert.equal(lanes.run("a", () => Promise.reject(new Error("never runs"))), false);
  assert.equal(lanes.run("b", () => Promise.resolve()), true);
  blocked.resolve();
  await lanes.drain();
});
