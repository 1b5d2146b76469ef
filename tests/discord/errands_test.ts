import assert from "node:assert/strict";
import { Errands } from "../../src/discord/errands.ts";
import { DiscordRefusal, DiscordUnreachable } from "../../src/discord/errors.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";

const AWAY = new DiscordUnreachable("ask", 502, "an error of its own", { sent: true });
const FORBIDDEN = new DiscordRefusal("ask", 403, 50001, "Missing Access");
const UNKNOWN = new DiscordRefusal("ask", 404, 0, "404: Not Found");
const MINUTE_MS = 60_000;

/** Moves the clock on and lets everything that waits for it have its turn. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  clock.advance(ms);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Errands to a Discord that answers what the test says, and how often each was asked. */
class Scene {
  readonly clock = new FakeClock();
  readonly log = new Log();
  readonly asked: string[] = [];
  readonly done: string[] = [];
  readonly attended: Promise<void>[] = [];
  readonly #stopping = new AbortController();
  readonly errands = new Errands({
    clock: this.clock,
    logger: this.log,
    random: () => 0,
    signal: this.#stopping.signal,
    attend: (work) => void this.attended.push(work),
  });
  /** What Discord answers. */
  answer: () => Promise<string> = () => Promise.reject(AWAY);

  run(kind: string, name = kind): void {
    this.errands.run({
      kind,
      failure: "Nobody answers",
      success: "Somebody answers",
      about: { name },
      remedy: { invite: "address" },
      ask: () => {
        this.asked.push(name);
        return this.answer();
      },
      done: (answer) => void this.done.push(`${name}: ${answer}`),
    });
  }

  stop(): void {
    this.#stopping.abort();
  }
}

Deno.test("Errands asks until it is answered, and logs what stood in the way", async () => {
  const scene = new Scene();
  scene.run("one");
  await pass(scene.clock, 0);
  scene.answer = () => Promise.resolve("yes");
  await pass(scene.clock, 250);
  await pass(scene.clock, 1_000_000);
  assert.deepEqual([scene.asked, scene.done], [["one", "one"], ["one: yes"]]);
  assert.deepEqual(scene.log.lines, [
    {
      level: "warn",
      message: "Nobody answers, trying again",
      fields: { name: "one", attempt: 1, reason: AWAY.message },
    },
    { level: "info", message: "Somebody answers", fields: { name: "one" } },
  ]);
});

Deno.test("Errands takes it for the last word that a server does not know what is asked", async () => {
  const scene = new Scene();
  scene.answer = () => Promise.reject(UNKNOWN);
  scene.run("one");
  await Promise.all(scene.attended);
  await pass(scene.clock, 1_000_000);
  assert.deepEqual([scene.asked, scene.done], [["one"], []]);
  assert.deepEqual(scene.log.lines, [
    { level: "warn", message: "Nobody answers", fields: { name: "one", reason: UNKNOWN.message } },
  ]);
});

Deno.test("Errands asks ever more seldom for what Discord forbids, says once what to click, and when it works", async () => {
  const scene = new Scene();
  scene.answer = () => Promise.reject(FORBIDDEN);
  scene.run("one");
  await pass(scene.clock, 0);
  const times: number[] = [];
  for (let second = 1; second <= 1_500; second++) {
    const before = scene.asked.length;
    await pass(scene.clock, 1_000);
    if (scene.asked.length > before) times.push(second);
  }
  assert.deepEqual(times, [15, 45, 105, 225, 465, 765, 1_065, 1_365]);
  scene.answer = () => Promise.resolve("yes");
  await pass(scene.clock, 5 * MINUTE_MS);
  await pass(scene.clock, 60 * MINUTE_MS);
  assert.equal(scene.asked.length, times.length + 2);
  assert.deepEqual(scene.done, ["one: yes"]);
  assert.deepEqual(scene.log.lines.filter(({ level }) => level !== "debug"), [
    {
      level: "warn",
      message: "Nobody answers",
      fields: { name: "one", reason: FORBIDDEN.message, invite: "address" },
    },
    { level: "info", message: "Somebody answers", fields: { name: "one" } },
  ]);
  await Promise.all(scene.attended);
  assert.equal(scene.clock.waiting, 0);
});

Deno.test("Errands stays far below Discord's 10,000 refusals in ten minutes, however many are forbidden", async () => {
  const scene = new Scene();
  scene.answer = () => Promise.reject(FORBIDDEN);
  for (let index = 0; index < 200; index++) scene.run(`kind ${index}`);
  await pass(scene.clock, 0);
  scene.asked.length = 0;
  for (let second = 0; second < 600; second++) await pass(scene.clock, 1_000);
  assert.ok(scene.asked.length > 0 && scene.asked.length <= 130, `${scene.asked.length} refusals`);
  scene.stop();
  await Promise.all(scene.attended);
});

Deno.test("Errands runs one of a kind at a time, and those of different kinds beside each other", async () => {
  const scene = new Scene();
  scene.run("kind", "first");
  scene.run("other");
  await pass(scene.clock, 0);
  scene.run("kind", "second");
  await pass(scene.clock, 0);
  assert.equal(scene.clock.waiting, 2);
  scene.asked.length = 0;
  scene.answer = () => Promise.resolve("yes");
  await pass(scene.clock, 250);
  await Promise.all(scene.attended);
  assert.deepEqual(scene.asked.toSorted(), ["other", "second"]);
  assert.deepEqual(scene.done.toSorted(), ["other: yes", "second: yes"]);
});

Deno.test("Errands tells nobody an answer to what was replaced or dropped while it was asked", async () => {
  const scene = new Scene();
  const { promise, resolve } = Promise.withResolvers<string>();
  scene.answer = () => promise;
  scene.run("kind", "first");
  scene.run("kind", "second");
  scene.run("dropped");
  scene.errands.drop("dropped");
  resolve("late");
  await Promise.all(scene.attended);
  assert.deepEqual(scene.done, ["second: late"]);
});

Deno.test("Errands asks no more for what was dropped, until it is wanted again", async () => {
  const scene = new Scene();
  scene.run("one");
  await pass(scene.clock, 0);
  scene.errands.drop("one");
  await Promise.all(scene.attended);
  assert.equal(scene.clock.waiting, 0);
  scene.answer = () => Promise.resolve("yes");
  scene.run("one");
  await Promise.all(scene.attended);
  assert.deepEqual(scene.done, ["one: yes"]);
});

Deno.test("[D6] Errands ends when it is stopped, and says nothing of it", async () => {
  const scene = new Scene();
  const { promise, reject } = Promise.withResolvers<string>();
  scene.run("waits");
  await pass(scene.clock, 0);
  scene.answer = () => promise;
  scene.run("asks");
  const before = scene.log.lines.length;
  scene.stop();
  reject(FORBIDDEN);
  await Promise.all(scene.attended);
  assert.deepEqual([scene.clock.waiting, scene.log.lines.length - before, scene.done], [0, 0, []]);
});
