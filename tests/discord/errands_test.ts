import assert from "node:assert/strict";
import { Errands } from "../../src/discord/errands.ts";
import { DiscordRefusal, DiscordUnreachable } from "../../src/discord/errors.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";

const AWAY = new DiscordUnreachable("ask", 502, "an error of its own", { sent: true });
const REFUSAL = new DiscordRefusal("ask", 403, 50001, "Missing Access");

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
      about: { name },
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
  assert.deepEqual(scene.log.lines, [{
    level: "warn",
    message: "Nobody answers, trying again",
    fields: { name: "one", attempt: 1, reason: AWAY.message },
  }]);
});

Deno.test("Errands takes a refusal for the last word", async () => {
  const scene = new Scene();
  scene.answer = () => Promise.reject(REFUSAL);
  scene.run("one");
  await Promise.all(scene.attended);
  await pass(scene.clock, 1_000_000);
  assert.deepEqual([scene.asked, scene.done], [["one"], []]);
  assert.deepEqual(scene.log.lines, [
    { level: "warn", message: "Nobody answers", fields: { name: "one", reason: REFUSAL.message } },
  ]);
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
  reject(REFUSAL);
  await Promise.all(scene.attended);
  assert.deepEqual([scene.clock.waiting, scene.log.lines.length - before, scene.done], [0, 0, []]);
});
