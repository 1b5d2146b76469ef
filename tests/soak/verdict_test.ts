import { equal, ok, throws } from "node:assert/strict";
import { Random } from "../fuzz/random.ts";
import { judge, LEAST_SAMPLES, type Sample } from "./verdict.ts";

const MIB = 1024 * 1024;
const VISITORS_A_ROUND = 100;
const ROUNDS = 30;

/** A run whose memory moves up and down by up to 15 MiB, as a collector lets it, and in which each visitor leaves something. */
function run(leftBytes: number, leftDescriptors: number, rounds = ROUNDS): readonly Sample[] {
  const random = new Random(50);
  return Array.from({ length: rounds }, (_, round) => {
    const visitors = (round + 1) * VISITORS_A_ROUND;
    return {
      visitors,
      memory: 150 * MIB + random.below(15) * MIB + visitors * leftBytes,
      descriptors: 30 + random.below(3) + Math.floor(visitors * leftDescriptors),
      stored: visitors * 1_000,
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

Deno.test("judge refuses a run that is too short to tell", () => {
  equal(judge(run(0, 0, LEAST_SAMPLES), "tidy").flat, true);
  throws(() => judge(run(0, 0, LEAST_SAMPLES - 1), "tidy"), RangeError);
});
