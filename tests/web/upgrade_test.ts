import { deepEqual, equal } from "node:assert/strict";
import { isStillThere, whenGone } from "../../src/web/upgrade.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A WebSocket of which nobody answers; the tests say what happens to it. */
function watched(): { readonly socket: EventTarget; readonly clock: FakeClock; readonly ends: unknown[] } {
  const socket = new EventTarget();
  const clock = new FakeClock();
  const ends: unknown[] = [];
  whenGone(socket as WebSocket, clock, (code) => ends.push(code));
  return { socket, clock, ends };
}

Deno.test("[S4] whenGone gives up a handshake that never opens a socket, and no open socket", () => {
  const never = watched();
  never.clock.advance(9_999);
  deepEqual(never.ends, []);
  never.clock.advance(1);
  deepEqual(never.ends, [undefined]);
  const open = watched();
  open.socket.dispatchEvent(new Event("open"));
  open.clock.advance(60_000);
  deepEqual(open.ends, []);
});

Deno.test("[S4] whenGone tells the code of the end once, also after an error", async () => {
  for (const events of [["close"], ["error", "close"], ["close", "close"]]) {
    const { socket, clock, ends } = watched();
    for (const event of events) {
      socket.dispatchEvent(event === "close" ? new CloseEvent("close", { code: 1001 }) : new Event(event));
    }
    await Promise.resolve();
    clock.advance(60_000);
    deepEqual(ends, [1001]);
  }
});

Deno.test("[S4] whenGone tells of a handshake that fails, which has no close", async () => {
  const { socket, clock, ends } = watched();
  socket.dispatchEvent(new Event("error"));
  await Promise.resolve();
  deepEqual(ends, [undefined]);
  equal(clock.waiting, 0);
});

Deno.test("[S4] isStillThere is false for a request that ends before the answer", async () => {
  const asked = (signal: AbortSignal): Promise<boolean> =>
    isStillThere(new Request("http://localhost/ws", { signal }));
  equal(await asked(new AbortController().signal), true);
  equal(await asked(AbortSignal.abort()), false);
  const leaving = new AbortController();
  const answer = asked(leaving.signal);
  leaving.abort();
  equal(await answer, false);
});
