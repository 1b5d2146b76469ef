import assert from "node:assert/strict";
import { Buckets } from "../../src/discord/rest/buckets.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("Buckets keeps one for each limit, and those in use when there are many", async () => {
  const buckets = new Buckets(new FakeClock());
  const [idle, busy] = [buckets.of("POST /channels/1/threads"), buckets.of("POST /channels/2/threads")];
  assert.equal(await busy.enter(), 0);
  assert.equal(buckets.of("POST /channels/1/threads"), idle);
  for (let channel = 3; channel <= 101; channel++) buckets.of(`POST /channels/${channel}/threads`);
  assert.equal(buckets.of("POST /channels/2/threads"), busy);
  assert.notEqual(buckets.of("POST /channels/1/threads"), idle);
});

Deno.test("Buckets ends what waits, and its timers", async () => {
  const clock = new FakeClock();
  const buckets = new Buckets(clock);
  const bucket = buckets.of("POST /channels/1/threads");
  const calls = [bucket.enter(), bucket.enter()];
  assert.equal(clock.waiting, 1);
  buckets.stop();
  assert.deepEqual(await Promise.all(calls), [0, 0]);
  assert.equal(clock.waiting, 0);
});
