import assert from "node:assert/strict";
import { Bucket } from "../../src/discord/rest/bucket.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** The pause between two calls that are under way together. */
const BESIDE_MS = 100;

/** A bucket with its clock, and how many calls have gone out. */
class Scene {
  readonly clock = new FakeClock();
  readonly bucket = new Bucket(this.clock);
  /** What each call was told, in the order in which they were let go. */
  readonly told: { readonly name: string; readonly waitMs: number }[] = [];

  async ask(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.bucket.enter(name === "first").then((waitMs) => this.told.push({ name, waitMs }));
    }
    await this.settled();
  }

  get out(): string {
    return this.told.map(({ name }) => name).join(" ");
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settled();
  }

  /** Lets all go that may. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  }

  /** An answer comes: so many are left in a window that ends at a time after the clock's beginning. */
  async answer(limit: number, remaining: number, resetAfterMs: number, endsAt?: number): Promise<void> {
    this.bucket.learn(
      new Headers({
        "x-ratelimit-limit": String(limit),
        "x-ratelimit-remaining": String(remaining),
        "x-ratelimit-reset-after": String(resetAfterMs / 1_000),
        ...(endsAt !== undefined && { "x-ratelimit-reset": String(endsAt / 1_000) }),
      }),
    );
    await this.leave();
  }

  async leave(sent = true): Promise<void> {
    this.bucket.leave(sent);
    await this.settled();
  }
}

/** A bucket of five calls in two seconds, one of which has gone out. */
async function fiveInTwoSeconds(): Promise<Scene> {
  const scene = new Scene();
  await scene.ask("a");
  await scene.answer(5, 4, 2_000, 10_000);
  return scene;
}

Deno.test("Bucket asks with one call until the limit is named, and with one more each second that no answer comes", async () => {
  const scene = new Scene();
  await scene.ask("a", "b", "c", "d");
  await scene.pass(999);
  assert.equal(scene.out, "a");
  await scene.pass(1);
  assert.equal(scene.out, "a b");
  await scene.pass(999);
  assert.equal(scene.out, "a b");
  await scene.pass(1);
  assert.equal(scene.out, "a b c");
});

Deno.test("Bucket sends one call after the other where answers name no limit", async () => {
  const scene = new Scene();
  await scene.ask("a", "b", "c");
  for (const out of ["a b", "a b c", "a b c"]) {
    await scene.leave();
    assert.equal(scene.out, out);
  }
});

Deno.test("Bucket sends as many side by side as are left, in their order, and then waits for the next window", async () => {
  const scene = await fiveInTwoSeconds();
  await scene.ask("b", "c", "d", "e", "f", "g");
  await scene.pass(4 * BESIDE_MS);
  assert.equal(scene.out, "a b c d e");
  for (const remaining of [3, 2, 1, 0]) await scene.answer(5, remaining, 1_600, 10_000);
  await scene.pass(1_599);
  assert.equal(scene.out, "a b c d e");
  await scene.pass(1);
  assert.equal(scene.out, "a b c d e f");
  await scene.pass(BESIDE_MS);
  assert.equal(scene.out, "a b c d e f g");
  await scene.answer(5, 3, 500, 12_000);
  await scene.ask("h", "i", "j", "k");
  await scene.pass(499);
  assert.equal(scene.out, "a b c d e f g h i j");
  await scene.pass(1);
  assert.equal(scene.out, "a b c d e f g h i j k");
});

Deno.test("Bucket starts no more than ten calls a second side by side, and at once what is by itself", async () => {
  const scene = new Scene();
  const names = Array.from({ length: 100 }, (_, index) => String(index));
  await scene.ask("a");
  await scene.answer(1_000, 999, 60_000, 60_000);
  await scene.ask(...names);
  await scene.pass(999);
  assert.equal(scene.told.length, 1 + 10);
  for (let answers = 0; answers < 10; answers++) await scene.leave();
  assert.equal(scene.told.length, 1 + 11);
  for (let answers = 0; answers < 20; answers++) await scene.leave();
  assert.equal(scene.told.length, 1 + 31);
});

Deno.test("Bucket believes the answer that knows of most calls, whichever comes last", async () => {
  const scene = await fiveInTwoSeconds();
  await scene.ask("b", "c", "d");
  await scene.pass(4 * BESIDE_MS);
  await scene.answer(5, 0, 1_500, 10_000);
  // These two were given before, and were long on their way.
  await scene.pass(400);
  for (const remaining of [2, 3]) await scene.answer(5, remaining, 1_500, 10_000);
  await scene.ask("e");
  await scene.pass(1_099);
  assert.equal(scene.out, "a b c d");
  await scene.pass(1);
  assert.equal(scene.out, "a b c d e");
});

Deno.test("Bucket keeps the places of calls that hang when the window begins anew, and lets one more go", async () => {
  const scene = await fiveInTwoSeconds();
  await scene.ask("b", "c", "d", "e");
  await scene.pass(4 * BESIDE_MS);
  await scene.answer(5, 0, 1_600, 10_000);
  await scene.ask("f", "g", "h", "i", "j");
  await scene.pass(1_600 + 5 * BESIDE_MS);
  assert.equal(scene.out, "a b c d e f g", "three hang, two of five are free");
  await scene.pass(1_400);
  assert.equal(scene.out, "a b c d e f g", "no answer has named the end: a whole window");
  await scene.pass(100);
  assert.equal(scene.out, "a b c d e f g h", "all five hang");
  await scene.pass(1_999);
  assert.equal(scene.out, "a b c d e f g h");
  await scene.pass(1);
  assert.equal(scene.out, "a b c d e f g h i");
});

Deno.test("Bucket gives the place of a call free whose answer tells of a window that is over", async () => {
  const scene = await fiveInTwoSeconds();
  await scene.ask("b", "c", "d", "e");
  await scene.pass(4 * BESIDE_MS);
  await scene.pass(1_600);
  await scene.ask("f", "g", "h");
  await scene.pass(2 * BESIDE_MS);
  assert.equal(scene.out, "a b c d e f", "four of the five places are kept");
  await scene.answer(5, 3, 1_900, 10_000);
  await scene.pass(BESIDE_MS);
  assert.equal(scene.out, "a b c d e f g");
  await scene.pass(BESIDE_MS);
  assert.equal(scene.out, "a b c d e f g");
});

Deno.test("Bucket learns from an answer that Discord's window has begun before its own has ended", async () => {
  const scene = await fiveInTwoSeconds();
  await scene.ask("b");
  await scene.answer(5, 3, 2_000, 10_000);
  await scene.ask("c", "d");
  await scene.pass(BESIDE_MS);
  // The first of the next window. Whether the other one is counted in it nobody knows.
  await scene.answer(5, 4, 2_500, 12_000);
  await scene.ask("e", "f", "g", "h");
  await scene.pass(2_499);
  assert.equal(scene.out, "a b c d e f g");
  await scene.pass(1);
  assert.equal(scene.out, "a b c d e f g h");
});

for (const [remaining, out] of [[4, "a b c d e f"], [0, "a b c d e"]] as const) {
  Deno.test(`Bucket lets one more go while calls keep all places, when Discord says that ${remaining} are left`, async () => {
    const scene = await fiveInTwoSeconds();
    await scene.ask("b", "c", "d", "e");
    await scene.pass(3 * BESIDE_MS);
    scene.bucket.learn(
      new Headers({
        "x-ratelimit-limit": "4",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset-after": "1",
        "x-ratelimit-reset": "10",
      }),
    );
    await scene.pass(1_000);
    await scene.answer(4, remaining, 1_900, 12_000);
    await scene.ask("f", "g");
    await scene.pass(BESIDE_MS);
    assert.equal(scene.out, out);
  });
}

Deno.test("Bucket goes by what it is told when Discord's clock was set back", async () => {
  const scene = await fiveInTwoSeconds();
  await scene.ask("b");
  await scene.answer(5, 3, 1_900, 1_000);
  await scene.ask("c", "d", "e", "f");
  await scene.pass(4 * BESIDE_MS);
  assert.equal(scene.out, "a b c d e");
});

for (const [what, named] of [["a limit that was named", true], ["one that was not", false]] as const) {
  Deno.test(`Bucket lets nothing go after a 429 until Discord takes more, with ${what}`, async () => {
    const scene = named ? await fiveInTwoSeconds() : new Scene();
    const headers = { "x-ratelimit-reset-after": "5", "retry-after": "5" };
    await scene.ask("b", "c", "first");
    scene.bucket.learn(new Headers(headers));
    await scene.leave();
    await scene.pass(4_999);
    const before = scene.told.length;
    assert.equal(scene.told.at(-1)?.name, "b");
    await scene.pass(1);
    assert.equal(scene.told.length, before + 1);
    assert.equal(scene.told.at(-1)?.name, "first");
  });
}

for (const [what, end] of [["this window", 10_000], ["the next one", 12_000]] as const) {
  Deno.test(`Bucket waits after a 429 whatever another answer names of ${what}`, async () => {
    const scene = await fiveInTwoSeconds();
    await scene.ask("b", "c");
    await scene.pass(BESIDE_MS);
    scene.bucket.learn(new Headers({ "x-ratelimit-reset-after": "5", "retry-after": "5" }));
    await scene.leave();
    await scene.answer(5, 3, 1_900, end);
    await scene.ask("d");
    await scene.pass(4_999);
    assert.equal(scene.out, "a b c");
    await scene.pass(1);
    assert.equal(scene.out, "a b c d");
  });
}

Deno.test("Bucket sends those away who would wait for more than a minute, and tells for how long", async () => {
  const scene = new Scene();
  await scene.ask("a");
  await scene.ask("b", "c");
  await scene.answer(50, 0, 300_000, 300_000);
  assert.deepEqual(scene.told.slice(1), [{ name: "b", waitMs: 300_000 }, { name: "c", waitMs: 300_000 }]);
  await scene.pass(240_000);
  await scene.ask("d");
  assert.equal(scene.out, "a b c");
  await scene.pass(60_000);
  assert.deepEqual(scene.told.at(-1), { name: "d", waitMs: 0 });
});

Deno.test("Bucket counts no call that did not go out", async () => {
  const scene = await fiveInTwoSeconds();
  await scene.ask("b", "c", "d", "e", "f");
  await scene.pass(4 * BESIDE_MS);
  assert.equal(scene.out, "a b c d e");
  await scene.leave(false);
  assert.equal(scene.out, "a b c d e f");
});

Deno.test("Bucket lets all go and keeps no timer when it is stopped", async () => {
  const scene = new Scene();
  await scene.ask("a", "b", "c");
  assert.equal(scene.clock.waiting, 1);
  scene.bucket.stop();
  await scene.settled();
  assert.equal(scene.out, "a b c");
  assert.equal(scene.clock.waiting, 0);
});

Deno.test("Bucket is idle once its window is over and nothing is under way", async () => {
  const scene = await fiveInTwoSeconds();
  assert.equal(scene.bucket.isIdle, false);
  await scene.pass(2_000);
  assert.equal(scene.bucket.isIdle, true);
  await scene.ask("b");
  assert.equal(scene.bucket.isIdle, false);
});
