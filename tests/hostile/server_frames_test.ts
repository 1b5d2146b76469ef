import { equal } from "node:assert/strict";
import { ServerFrames } from "./server_frames.ts";

const SHORT = [0x81, 2, 0x88, 0x03];
/** Of 300 bytes that look like close frames. */
const LONG = [0x81, 126, 1, 44, ...Array.from({ length: 150 }, () => [0x88, 0x02]).flat()];
const HUGE = [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 1, ...new Array(65_537).fill(0x88)];

for (const step of [1, 3, 1_000, 1_000_000]) {
  Deno.test(`ServerFrames finds the close frame behind others, and no sooner, ${step} bytes at a time`, () => {
    const bytes = Uint8Array.from([...SHORT, ...LONG, ...HUGE, 0x88, 5, 0x03, 0xf5, 0x62, 0x79, 0x65]);
    const frames = new ServerFrames();
    for (let at = 0; at < bytes.length - 1; at += step) {
      frames.take(bytes.subarray(at, Math.min(at + step, bytes.length - 1)));
    }
    equal(frames.closeCode, undefined);
    frames.take(bytes.subarray(-1));
    equal(frames.closeCode, 1013);
  });
}

Deno.test("ServerFrames knows a close frame without a code", () => {
  const frames = new ServerFrames();
  frames.take(Uint8Array.of(0x88, 0));
  equal(frames.closeCode, 1005);
});
