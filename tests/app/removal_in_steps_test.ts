import { deepEqual, equal } from "node:assert/strict";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { purge } from "../../src/app/purge.ts";
import { ALONE, BESIDE_VISITORS, type RemovalTarget, removeInSteps } from "../../src/app/removal_in_steps.ts";
import { RetentionSchedule } from "../../src/app/retention_schedule.ts";
import { silentLogger } from "../../src/core/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { contextFor, found, visitor } from "./command_scene.ts";
import { addMessages, makeNewer } from "./many_messages.ts";
import { WorkedTime } from "./worked_time.ts";

const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;

/** What visitors may meet: a step no longer than a few fsyncs, and nine tenths of the time for them. */
const LONGEST_STEP_MS = 6;
const MOST_SHARE = 0.1;

/** Each step is a real commit, so that only some of the messages are old. */
const KEPT = 85_000;

/** A target with so many old rows that does no work. */
function rows(count: number): RemovalTarget {
  const step = (_before: number, cursor: number, limit: number): ReturnType<RemovalTarget["removeIdle"]> => {
    const next = Math.min(count, cursor + limit);
    return Promise.resolve({ removed: next - cursor, uids: [], cursor: next, done: next === count });
  };
  return { removeMessages: step, removeIdle: step };
}

Deno.test("Retention among 100,000 messages takes short steps and a tenth of the time, and removes what is old", async () => {
  await using temp = await tempStorage();
  addMessages(temp.path, 100_000, 1_000, NOW - 40 * DAY_MS);
  makeNewer(temp.path, KEPT, NOW);
  temp.storage.foreignChanges.check();
  const time = new WorkedTime(NOW);
  const clock = new FakeClock(NOW);
  const ended = Promise.withResolvers<void>();
  const retention = new RetentionSchedule({
    target: time.counted(temp.storage.retention),
    days: 30,
    onRemoved: () => {},
    // The schedule's hours stand still while its pauses pass.
    clock: {
      now: () => clock.now(),
      after: (ms, callback) => ms < 60_000 ? time.after(ms, callback) : clock.after(ms, callback),
    },
    stopwatch: time.stopwatch,
    logger: { ...silentLogger, info: () => ended.resolve(), error: (_, fields) => ended.reject(fields) },
  });
  clock.advance(60_000);
  await ended.promise;
  await retention.stop();
  equal(Math.max(...time.steps) <= LONGEST_STEP_MS, true, `longest step ${Math.max(...time.steps)} ms`);
  equal(time.share <= MOST_SHARE + 0.001, true, `share ${time.share}`);
  equal(time.steps.length >= (100_000 - KEPT) / 50, true, `${time.steps.length} steps`);
  const database = new DatabaseSync(temp.path, { readOnly: true });
  const left = ["messages", "remote_messages", "connections"].map((table) =>
    database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n
  );
  database.close();
  deepEqual(left, [KEPT, KEPT, 1_000]);
});

Deno.test("removeInSteps takes smaller steps and longer pauses when the disk becomes slow, and larger ones again", async () => {
  const time = new WorkedTime(NOW);
  const target = time.counted(rows(2_000));
  let steps = 0;
  const removed = await removeInSteps(target, {
    before: NOW,
    pace: () => BESIDE_VISITORS,
    clock: time,
    stopwatch: time.stopwatch,
    signal: new AbortController().signal,
    onProgress: () => time.slowness = ++steps >= 20 && steps < 40 ? 2 : 1,
  });
  deepEqual(removed, { messages: 2_000, conversations: 2_000 });
  equal(time.share <= MOST_SHARE + 0.001, true);
  // One step is surprised, the next is short again.
  equal(
    time.steps.slice(22, 40).every((ms) => ms <= LONGEST_STEP_MS),
    true,
    time.steps.slice(20, 42).join(" "),
  );
  equal((time.steps[60] ?? 0) > BESIDE_VISITORS.stepMs / 2, true);
});

Deno.test("removeInSteps alone takes long steps without pauses", async () => {
  const time = new WorkedTime(NOW);
  await removeInSteps(time.counted(rows(100_000)), {
    before: NOW,
    pace: () => ALONE,
    clock: time,
    stopwatch: time.stopwatch,
    signal: new AbortController().signal,
  });
  equal(time.share, 1);
  equal(time.steps.length < 1_000, true);
});

Deno.test("purge keeps its steps apart beside a server, and only there", async () => {
  await using temp = await tempStorage();
  addMessages(temp.path, 2_000, 20, NOW - 40 * DAY_MS);
  const clock = (): { pauses: number[]; now: () => number; after: WorkedTime["after"] } => {
    const time = new WorkedTime(NOW);
    return { pauses: time.pauses, now: () => time.now(), after: (ms, callback) => time.after(ms, callback) };
  };
  let work = 0;
  const stopwatch = (): number => work += 2;
  const beside = clock();
  await purge(contextFor(temp.path), { olderThanMs: 30 * DAY_MS, clock: beside, stopwatch });
  // Each step has taken 2 ms of this stopwatch, which is a tenth of 20.
  equal(beside.pauses.length > 3 && beside.pauses.every((ms) => Math.abs(ms - 18) < 1e-6), true);
  await temp.storage.close();
  addMessages(temp.path, 2_000, 20, NOW - 40 * DAY_MS);
  const alone = clock();
  await purge(contextFor(temp.path), { olderThanMs: 30 * DAY_MS, clock: alone, stopwatch });
  deepEqual(alone.pauses.filter((ms) => ms > 0), []);
});

Deno.test("purge leaves nothing of what it removed, says how much and how far it is", async () => {
  await using temp = await tempStorage();
  const { storage, path } = temp;
  const old = await visitor(storage, "quokka", NOW - 40 * DAY_MS);
  await visitor(storage, "numbat", NOW);
  for (const side of [1, 2] as const) await storage.store.confirm(old.uid, side, { seq: 2, rev: 3 });
  const context = contextFor(path);
  await purge(context, { olderThanMs: 30 * DAY_MS, clock: new WorkedTime(NOW) });
  deepEqual(context.printed.map((line) => line.replace(/;.*/, "").trimEnd()), [
    "Removed 2 messages, 1 idle conversation and 2 files",
  ]);
  equal(context.progressed.includes("Messages: 2 of 2 (100 %)"), true, context.progressed.join());
  equal(context.progressed.includes("Conversations: 1 of 1 (100 %)"), true, context.progressed.join());
  deepEqual(found(dirname(path), [...old.texts, old.subject, old.session]), []);
});
