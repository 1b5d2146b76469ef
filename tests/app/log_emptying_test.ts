import { equal } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { emptyLogWithin } from "../../src/app/log_emptying.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Moves the clock in small steps, letting what becomes due run. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50);
    await new Promise((resolve) => void setImmediate(resolve));
  }
}

/** Empties a log that somebody reads until `free` is set. */
function scene(): { clock: FakeClock; log: { free: boolean }; outcome: { is: boolean | undefined } } {
  const clock = new FakeClock();
  const log = { free: false };
  const outcome: { is: boolean | undefined } = { is: undefined };
  const { signal } = new AbortController();
  void emptyLogWithin({ emptyLog: () => log.free }, { clock, signal, onWait: () => {} })
    .then((emptied) => void (outcome.is = emptied));
  return { clock, log, outcome };
}

Deno.test("emptyLogWithin waits ten seconds for those who read the database, and no longer", async () => {
  const patient = scene();
  await pass(patient.clock, 9_700);
  equal(patient.outcome.is, undefined);
  patient.log.free = true;
  await pass(patient.clock, 300);
  equal(patient.outcome.is, true);

  const vain = scene();
  await pass(vain.clock, 9_700);
  equal(vain.outcome.is, undefined);
  await pass(vain.clock, 600);
  equal(vain.outcome.is, false);
  equal(vain.clock.waiting, 0);
});
