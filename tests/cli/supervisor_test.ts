import { deepEqual, equal } from "node:assert/strict";
import { Supervisor } from "../../src/cli/supervisor.ts";
import { FakeClock } from "../support/fake_clock.ts";

function supervisor(watchdogUsec: string | undefined, watchdogPid?: string): {
  clock: FakeClock;
  sent: string[];
  systemd: Supervisor;
} {
  const clock = new FakeClock();
  const sent: string[] = [];
  const send = (message: string): void => void sent.push(message);
  return { clock, sent, systemd: new Supervisor({ watchdogUsec, watchdogPid, pid: 42, send, clock }) };
}

Deno.test("Supervisor gives a sign of life twice as often as the watchdog asks, until the end", () => {
  const { clock, sent, systemd } = supervisor("30000000", "42");
  systemd.ready("Serving");
  deepEqual(sent, ["STATUS=Serving", "READY=1", "WATCHDOG=1"]);
  clock.advance(14_999);
  equal(sent.length, 3);
  clock.advance(15_001);
  equal(sent.length, 5);
  systemd.stopping();
  clock.advance(15_000);
  deepEqual(sent.slice(5), ["STOPPING=1", "WATCHDOG=1"]);
  systemd.end();
  clock.advance(60_000);
  deepEqual([sent.length, clock.waiting], [7, 0]);
});

Deno.test("Supervisor gives no sign of life where no watchdog asks this process", () => {
  for (const [usec, pid] of [[undefined, undefined], ["30000000", "41"], ["x", "42"], ["0", "42"]] as const) {
    const { clock, sent, systemd } = supervisor(usec, pid);
    systemd.ready("Serving");
    clock.advance(60_000);
    deepEqual(sent, ["STATUS=Serving", "READY=1"]);
  }
});
