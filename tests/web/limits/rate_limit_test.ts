import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { RateLimit } from "../../../src/web/limits/rate_limit.ts";
import { NO_LIMITS, VisitorLimits } from "../../../src/web/limits/visitor_limits.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const MINUTE_MS = 60_000;

/** Uses one when it may; gives whether it could. */
function take(limit: RateLimit, key: string, cost = 1): boolean {
  if (limit.waitMs(key, cost) > 0) return false;
  limit.use(key, cost);
  return true;
}

Deno.test("RateLimit allows a burst of its count, and one more as each comes back", () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ count: 3, periodMs: MINUTE_MS, clock });
  equal([1, 2, 3].every(() => take(limit, "a")), true);
  equal(limit.waitMs("a"), 20_000);
  clock.advance(19_999);
  equal(limit.waitMs("a"), 1);
  clock.advance(1);
  equal(take(limit, "a"), true);
  equal(take(limit, "a"), false);
});

Deno.test("RateLimit makes nobody wait for a clock that is set back, nor lets anybody through", () => {
  let now = 10 * MINUTE_MS;
  const limit = new RateLimit({
    count: 2,
    periodMs: MINUTE_MS,
    clock: { now: () => now, after: () => () => {} },
  });
  equal([1, 2].every(() => take(limit, "a")), true);
  now -= 5 * MINUTE_MS;
  equal(limit.waitMs("a"), 30_000);
  now += 30_000;
  equal(take(limit, "a"), true);
  equal(take(limit, "a"), false);
});

Deno.test("RateLimit keeps keys apart", () => {
  const limit = new RateLimit({ count: 1, periodMs: MINUTE_MS, clock: new FakeClock() });
  equal(take(limit, "a"), true);
  equal(take(limit, "b"), true);
  equal(take(limit, "a"), false);
});

Deno.test("RateLimit of 0 is none, and remembers nothing", () => {
  const limit = new RateLimit({ count: 0, periodMs: MINUTE_MS, clock: new FakeClock() });
  for (let i = 0; i < 1_000; i++) equal(take(limit, "a", 1_000), true);
  equal(limit.size, 0);
});

Deno.test("RateLimit lets what is larger than all of it pass when it is full, and then makes it wait", () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ count: 10, periodMs: MINUTE_MS, clock });
  equal(take(limit, "a", 20), true);
  equal(limit.waitMs("a"), MINUTE_MS + 6_000);
});

Deno.test("RateLimit never allows more than its count and what came back meanwhile", () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(5_000), cost: fc.integer({ min: 1, max: 3 }) }));
  fc.assert(fc.property(fc.integer({ min: 3, max: 50 }), steps, (count, taken) => {
    const clock = new FakeClock(0);
    const limit = new RateLimit({ count, periodMs: 10_000, clock });
    let used = 0;
    for (const { afterMs, cost } of taken) {
      clock.advance(afterMs);
      const waitMs = limit.waitMs("a", cost);
      if (waitMs === 0) {
        limit.use("a", cost);
        used += cost;
      } else {
        // The time it names is enough, and no longer than a period.
        ok(waitMs <= 10_000);
        clock.advance(waitMs);
        equal(limit.waitMs("a", cost), 0);
      }
      // A thousandth for the arithmetic of fractions.
      ok(used <= count + clock.now() * count / 10_000 + 0.001);
    }
  }));
});

Deno.test("[S3] RateLimit remembers at most so many keys, the latest, and forgets those whose time is over", () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ count: 1, periodMs: MINUTE_MS, clock, maxKeys: 100 });
  for (let i = 0; i < 10_000; i++) take(limit, `key ${i}`);
  equal(limit.size, 100);
  equal(take(limit, "key 9999"), false);
  clock.advance(MINUTE_MS);
  // With each use, two that nobody needs go.
  for (let i = 0; i < 50; i++) limit.use("one");
  equal(limit.size, 1);
});

Deno.test("VisitorLimits counts a visitor wherever they are, and an address for ten visitors", () => {
  const rates = new VisitorLimits({ ...NO_LIMITS, messages: 2 }, new FakeClock());
  equal(rates.message({ uid: "a", prefix: "home" }), 0);
  equal(rates.message({ uid: "a", prefix: "phone" }), 0);
  equal(rates.message({ uid: "a", prefix: "elsewhere" }), 30_000);
  for (let visitor = 0; visitor < 10; visitor++) {
    equal(rates.message({ uid: `v${visitor}`, prefix: "office" }), 0);
    equal(rates.message({ uid: `v${visitor}`, prefix: "office" }), 0);
  }
  equal(rates.message({ uid: "the eleventh", prefix: "office" }), 3_000);
  equal(rates.message({ uid: "the eleventh", prefix: "home" }), 0);
});

Deno.test("VisitorLimits does not count what it refuses", () => {
  const clock = new FakeClock();
  const rates = new VisitorLimits({ ...NO_LIMITS, messages: 1 }, clock);
  const asker = { uid: "a", prefix: "p" };
  rates.message(asker);
  for (let i = 0; i < 100; i++) equal(rates.message(asker), MINUTE_MS);
  clock.advance(MINUTE_MS);
  equal(rates.message(asker), 0);
});

Deno.test("VisitorLimits counts the bytes of frames: 4 KiB for each that is allowed", () => {
  const rates = new VisitorLimits({ ...NO_LIMITS, frames: 100 }, new FakeClock());
  const asker = { uid: "a", prefix: "p" };
  for (let i = 0; i < 6; i++) equal(rates.frame(asker, 64 * 1024), 0);
  ok(rates.frame(asker, 64 * 1024) > 0);
  equal(rates.frame(asker, 100), 0);
});

Deno.test("VisitorLimits counts uploads and new conversations by the hour", () => {
  const rates = new VisitorLimits({ ...NO_LIMITS, uploads: 1, sessions: 1 }, new FakeClock());
  const asker = { uid: "a", prefix: "p" };
  equal(rates.upload(asker), 0);
  equal(rates.upload(asker), 60 * MINUTE_MS);
  equal(rates.newConversation(asker), 0);
  equal(rates.newConversation({ uid: "b", prefix: "p" }), 60 * MINUTE_MS);
  equal(rates.newConversation({ uid: "b", prefix: "q" }), 0);
});
