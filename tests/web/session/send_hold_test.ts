import { equal } from "node:assert/strict";
import { RateLimited } from "../../../src/web/limits/rate_limited.ts";
import { Refusal } from "../../../src/web/refusal.ts";
import { SendHold } from "../../../src/web/session/send_hold.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const TOO_MANY = new RateLimited("send", 1_000);

Deno.test("[O1] SendHold refuses what is behind a refused message, until nothing has come for the time that was told", () => {
  const clock = new FakeClock();
  const hold = new SendHold(clock);
  equal(hold.look(), undefined);
  hold.begin(TOO_MANY);
  for (let frame = 0; frame < 4; frame++) {
    clock.advance(999);
    equal(hold.look(), TOO_MANY, `frame ${frame}`);
  }
  clock.advance(1_000);
  equal(hold.look(), undefined);
  equal(hold.look(), undefined);
});

Deno.test("SendHold holds nobody back for more than five seconds, however often and early they try", () => {
  const clock = new FakeClock();
  const hold = new SendHold(clock);
  for (const refusal of [TOO_MANY, new RateLimited("begin a conversation", 3_600_000)]) {
    hold.begin(refusal);
    for (let tenth = 1; tenth < 50; tenth++) {
      clock.advance(100);
      equal(hold.look(), refusal, `${tenth}`);
    }
    clock.advance(100);
    equal(hold.look(), undefined);
  }
});

Deno.test("SendHold holds nothing back after another refusal, nor when the clock is set back", () => {
  let now = 1_000_000;
  const hold = new SendHold({ now: () => now, after: () => () => {} });
  for (const code of ["content_empty", "overloaded"] as const) {
    hold.begin(new Refusal(code, "Cannot send: no"));
    equal(hold.look(), undefined, code);
  }
  hold.begin(TOO_MANY);
  now -= 500_000;
  equal(hold.look(), undefined);
});
