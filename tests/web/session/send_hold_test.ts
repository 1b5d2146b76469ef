import { equal } from "node:assert/strict";
import { RateLimited } from "../../../src/web/limits/rate_limited.ts";
import { Refusal } from "../../../src/web/refusal.ts";
import { SendHold } from "../../../src/web/session/send_hold.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("[O1] SendHold refuses what is behind a refused message, until nothing has come for the time that was told", () => {
  const clock = new FakeClock();
  const hold = new SendHold(clock);
  equal(hold.look(), undefined);
  const refusal = new RateLimited("send", 1_000);
  hold.begin(refusal);
  for (let frame = 0; frame < 5; frame++) {
    clock.advance(999);
    equal(hold.look(), refusal, `frame ${frame}`);
  }
  clock.advance(1_000);
  equal(hold.look(), undefined);
  equal(hold.look(), undefined);
  const hour = new RateLimited("begin a conversation", 3_600_000);
  hold.begin(hour);
  clock.advance(4_999);
  equal(hold.look(), hour);
  clock.advance(5_000);
  equal(hold.look(), undefined, "the limit itself knows the rest");
});

Deno.test("SendHold holds nothing back when asking again would give the same answer, and a moment when the server is overloaded", () => {
  const clock = new FakeClock();
  const hold = new SendHold(clock);
  hold.begin(new Refusal("content_empty", "Cannot send: content is empty"));
  equal(hold.look(), undefined);
  const overloaded = new Refusal("overloaded", "Cannot send: the server cannot do it now, try again later");
  equal(overloaded.retryAfterMs, 1_000);
  hold.begin(overloaded);
  equal(hold.look(), overloaded);
});
