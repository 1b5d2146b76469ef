import { equal, ok, throws } from "node:assert/strict";
import { Random } from "../fuzz/random.ts";
import { judge, LEAST_ROUNDS, type Sample } from "./verdict.ts";

const MIB = 1024 * 1024;
const VISITORS_A_ROUND = 100;
const ROUNDS = 30;

/** As the collector lets the memory move up and down, in MiB; none for a leak and nothing else. */
const UNEVEN = 15;

/** A run whose memory moves up and down, and in which each visitor leaves something. */
function run(
  leftBytes: number,
  leftDescriptors: number,
  rounds = ROUNDS,
  noise = UNEVEN,
  seed = 50,
): readonly Sample[] {
  const random = new Random(seed);
  return Array.from({ length: rounds }, (_, round) => {
    const visitors = (round + 1) * VISITORS_A_ROUND;
    return {
      visitors,
      memory: 150 * MIB + (noise === 0 ? 0 : random.below(noise)) * MIB + visitors * leftBytes,
      descriptors: 30 + random.below(3) + Math.floor(visitors * leftDescriptors),
      stored: visitors * 1_300,
      pending: 0,
      sockets: 0,
    };
  });
}

Deno.test("judge calls flat what only moves up and down", () => {
  const { flat, moreDescriptors, words } = judge(run(0, 0), "tidy");
  equal(flat, true, words);
  ok(moreDescriptors <= 2);
});

Deno.test("judge sees 64 KiB left by each visitor", () => {
  const { flat, bytesPerVisitor, words } = judge(run(64 * 1024, 0), "tidy");
  equal(flat, false, words);
  ok(bytesPerVisitor > 32 * 1024, words);
});

Deno.test("judge sees a descriptor left by every tenth visitor", () => {
  const { flat, moreDescriptors, words } = judge(run(0, 0.1), "tidy");
  equal(flat, false, words);
  ok(moreDescriptors > 50, words);
});

Deno.test("judge sees 2 KiB left by each visitor of a long run, and forgives what full caches keep", () => {
  const long = 2_000;
  equal(judge(run(2 * 1024, 0, long), "tidy").flat, false);
  equal(judge(run(0, 0, long), "tidy").flat, true);
});

Deno.test("judge sees 64 KiB left by each visitor though the collector comes as it likes, when there were many", () => {
  equal(judge(run(64 * 1024, 0, 60), "free").flat, false);
});

for (const noise of [0, UNEVEN]) {
  Deno.test(`judge sees 8 KiB left by each of 10,000 visitors where the memory moves by ${noise} MiB`, () => {
    for (let seed = 0; seed < 20; seed++) {
      const { flat, words } = judge(run(8 * 1024, 0, 100, noise, seed), "tidy");
      equal(flat, false, words);
    }
  });
}

Deno.test("judge calls flat what the caches of 10,000 visitors keep, however the memory moves", () => {
  for (let seed = 0; seed < 50; seed++) {
    for (const rounds of [LEAST_ROUNDS, 20, 50, 100]) {
      const { flat, words } = judge(run(4_200, 0, rounds, UNEVEN, seed), "tidy");
      equal(flat, true, `seed ${seed}: ${words}`);
    }
  }
});

/** What a run of 30 minutes said each minute: visitors, and MiB. */
const RECORDED: readonly (readonly [visitors: number, memory: number])[] = [
  [100, 81.5],
  [3200, 108.0],
  [6100, 121.9],
  [9600, 137.2],
  [12200, 147.5],
  [15100, 159.9],
  [17000, 166.7],
  [19300, 174.9],
  [21400, 182.4],
  [22800, 185.0],
  [24900, 193.1],
  [28000, 204.8],
  [31300, 214.6],
  [34200, 219.2],
  [36900, 224.6],
  [39200, 228.0],
  [41800, 224.0],
  [43800, 231.0],
  [45700, 233.4],
  [47400, 236.3],
  [48900, 238.7],
  [51300, 239.9],
  [54200, 242.9],
  [57200, 246.5],
  [59800, 252.4],
  [62200, 239.1],
  [64400, 239.4],
  [66200, 242.1],
  [67900, 241.0],
  [70100, 244.3],
];

Deno.test("judge calls flat what a good run of half an hour was seen to do, and not the same with 2 KiB more of each visitor", () => {
  const recorded = (leftBytes: number): readonly Sample[] =>
    RECORDED.map(([visitors, memory]) => ({
      visitors,
      memory: memory * MIB + visitors * leftBytes,
      descriptors: 44,
      stored: visitors * 1_300,
      pending: 0,
      sockets: 0,
    }));
  equal(judge(recorded(0), "tidy").flat, true, judge(recorded(0), "tidy").words);
  equal(judge(recorded(2 * 1024), "tidy").flat, false, judge(recorded(2 * 1024), "tidy").words);
});

Deno.test("judge sees rows that wait and sockets that are open after a round, also after one of the first", () => {
  const good = run(0, 0);
  for (const left of [{ pending: 1 }, { sockets: 1 }]) {
    for (const index of [0, 10, ROUNDS - 1]) {
      const { flat, words } = judge(
        good.map((sample, at) => at === index ? { ...sample, ...left } : sample),
        "tidy",
      );
      equal(flat, false, words);
      ok(words.includes("; 1 rounds after which"), words);
    }
  }
});

Deno.test("judge refuses a run that is too short to tell", () => {
  equal(judge(run(0, 0, LEAST_ROUNDS), "tidy").flat, true);
  throws(() => judge(run(0, 0, LEAST_ROUNDS - 1), "tidy"), RangeError);
});
