import { deepEqual, equal, ok } from "node:assert/strict";
import { NO_LIMITS, VisitorLimits } from "../../../src/web/limits/visitor_limits.ts";
import { MAX_FRAME_BYTES } from "../../../src/web/protocol.ts";
import { FrameGate, type Verdict } from "../../../src/web/session/frame_gate.ts";
import { SendHold } from "../../../src/web/session/send_hold.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const ASKER = { uid: "a", prefix: "192.0.2.1" };

/** Generous beside what such a frame takes (1 ms), and far below what it took when reading it was quadratic (1 s). */
const IN_TIME_MS = 200;

function gateFor(frames: number): FrameGate {
  const clock = new FakeClock();
  return new FrameGate(new VisitorLimits({ ...NO_LIMITS, frames }, clock), clock, new SendHold(clock));
}

/** The shortest of a few tries: beside other work a single one may be held up. */
function shortestMs(work: () => void): number {
  return Math.min(...Array.from({ length: 3 }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  }));
}

const RUNS: Readonly<Record<string, string>> = {
  "a run of line ends inside": `a${"\n".repeat(32_000)}a`,
  "a run of line ends before": `${"\r\n".repeat(16_000)}a`,
  "a run of line ends behind": `a${"\r\n".repeat(16_000)}`,
  "nothing but line ends": "\n".repeat(32_000),
  "line ends by turns with letters": "\na".repeat(10_000),
};

for (const [what, content] of Object.entries(RUNS)) {
  Deno.test(`[S3] FrameGate reads ${what} in time`, () => {
    for (const frame of [{ type: "send", cid: "a", content }, { type: "edit", seq: 1, content }]) {
      const text = JSON.stringify(frame);
      ok(shortestMs(() => gateFor(0).judge(text, ASKER, false)) < IN_TIME_MS);
    }
  });
}

Deno.test("[S3] FrameGate does not read a large frame that is one too many", () => {
  const refusedTo = (content: string): Verdict["to"] => {
    const gate = gateFor(1);
    while ("frame" in gate.judge('{"type":"typing"}', ASKER, false));
    const { refusal, to } = gate.judge(JSON.stringify({ type: "send", cid: "a", content }), ASKER, false);
    equal(refusal?.code, "rate_limited");
    return to;
  };
  deepEqual(refusedTo("𝄞".repeat(4_000)), { cid: "a" });
  deepEqual(refusedTo("x".repeat(20_000)), {});
});

for (
  const [what, make] of [
    ["text", (size: number): unknown => "x".repeat(size)],
    ["a buffer", (size: number): unknown => new ArrayBuffer(size)],
    ["a blob", (size: number): unknown => new Blob([new Uint8Array(size)])],
  ] as const
) {
  Deno.test(`[S3] FrameGate ends a socket with 1009 when ${what} has more than 64 KiB`, () => {
    equal(gateFor(0).judge(make(MAX_FRAME_BYTES), ASKER, false).end, undefined);
    equal(gateFor(0).judge(make(MAX_FRAME_BYTES + 1), ASKER, false).end?.code, 1009);
  });

  Deno.test(`[S3] FrameGate counts the bytes of ${what}`, () => {
    const gate = gateFor(16);
    // 16 frames a minute may have 64 KiB together.
    equal(gate.judge(make(MAX_FRAME_BYTES), ASKER, false).refusal?.code, "bad_frame");
    equal(gate.judge(make(1), ASKER, false).refusal?.code, "rate_limited");
  });
}
