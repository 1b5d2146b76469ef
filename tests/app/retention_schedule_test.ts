import { deepEqual, equal } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { RetentionSchedule } from "../../src/app/retention_schedule.ts";
import type { Uuid } from "../../src/core/mod.ts";
import type { RemovalStep } from "../../src/storage/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";

const HOUR_MS = 3_600_000;
const NOTHING: RemovalStep = { removed: 0, uids: [], cursor: 0, done: true };

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const aUuid = (): Uuid => crypto.randomUUID() as Uuid;

/** A target that gives out prepared steps of messages, and notes how it was asked. */
class Target {
  readonly asked: (readonly [before: number, cursor: number])[] = [];
  steps: (RemovalStep | Error)[] = [];
  removeMessages(before: number, cursor: number): Promise<RemovalStep> {
    this.asked.push([before, cursor]);
    const step = this.steps.shift() ?? NOTHING;
    return step instanceof Error ? Promise.reject(step) : Promise.resolve(step);
  }
  removeIdle(): Promise<RemovalStep> {
    return Promise.resolve(NOTHING);
  }
}

function schedule(
  onRemoved: (uid: Uuid) => void = () => {},
): { clock: FakeClock; target: Target; log: Log; retention: RetentionSchedule } {
  const clock = new FakeClock();
  const target = new Target();
  const log = new Log();
  const retention = new RetentionSchedule({ target, days: 30, onRemoved, clock, logger: log });
  return { clock, target, log, retention };
}

Deno.test("RetentionSchedule pauses between two steps and runs again every hour", async () => {
  const { clock, target, log, retention } = schedule();
  const start = clock.now();
  target.steps = [{ removed: 200, uids: [], cursor: 200, done: false }, NOTHING];
  clock.advance(59_999);
  deepEqual(target.asked, []);
  clock.advance(1);
  await settle();
  const before = start + 60_000 - 30 * 24 * HOUR_MS;
  deepEqual(target.asked, [[before, 0]]);
  clock.advance(20);
  await settle();
  deepEqual(target.asked, [[before, 0], [before, 200]]);
  deepEqual(log.lines.map(({ message, fields }) => [message, fields.messages]), [[
    "Removed what is too old",
    200,
  ]]);
  clock.advance(HOUR_MS);
  await settle();
  equal(target.asked.length, 3);
  await retention.stop();
  equal(clock.waiting, 0);
});

Deno.test("RetentionSchedule tries again after an error, and ends in the middle when it is stopped", async () => {
  const { clock, target, log, retention } = schedule();
  target.steps = [new Error("disk"), { removed: 1, uids: [], cursor: 1, done: false }];
  clock.advance(60_000);
  await settle();
  deepEqual(log.lines.map(({ level }) => level), ["error"]);
  clock.advance(HOUR_MS);
  await settle();
  await retention.stop();
  clock.advance(10 * HOUR_MS);
  await settle();
  equal(target.asked.length, 2);
  equal(log.lines.length, 1);
});

Deno.test("RetentionSchedule tells of each conversation that lost something, step by step", async () => {
  const forgotten: Uuid[] = [];
  const [one, two, three] = [aUuid(), aUuid(), aUuid()] as const;
  const { clock, target, retention } = schedule((uid) => void forgotten.push(uid));
  target.steps = [
    { removed: 3, uids: [one, two], cursor: 3, done: false },
    { removed: 1, uids: [three], cursor: 4, done: true },
  ];
  clock.advance(60_000);
  await settle();
  deepEqual(forgotten, [one, two]);
  clock.advance(2_000);
  await settle();
  deepEqual(forgotten, [one, two, three]);
  await retention.stop();
});
