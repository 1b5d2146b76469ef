import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { parseFrame } from "../../src/web/parse_frame.ts";
import { fuzzFrame } from "./frames.ts";
import { inTime } from "./in_time.ts";
import { Random } from "./random.ts";
import { usedHeap } from "./used_heap.ts";

/** How many frames; `deno task fuzz` asks for a million. */
const FRAMES = Number(Deno.env.get("FUZZ_FRAMES") ?? 50_000);
/** How many inputs of a property; `deno task fuzz` asks for thousands. */
const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300) };
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 50);

/** What all frames together may leave in the heap, in bytes: code that was compiled, no frames. */
const KEPT_BYTES = 2 * 1024 * 1024;

/** Whatever the text: soon a frame that reads back as itself, or a fault in words that fit into a frame. */
function check(text: string): "frame" | "fault" {
  const parsed = inTime(() => parseFrame(text));
  if ("frame" in parsed) {
    deepEqual(parseFrame(JSON.stringify(parsed.frame)), parsed);
    return "frame";
  }
  const { message, code, cid } = parsed.fault;
  ok(message.startsWith("Cannot ") && message.length < 300 && message.isWellFormed(), message);
  ok(["bad_frame", "bad_hello", "content_empty", "content_too_long"].includes(code), code);
  if (cid !== undefined) ok(/^[A-Za-z0-9_-]{1,64}$/.test(cid), cid);
  return "fault";
}

Deno.test("[S3] parseFrame reads or refuses whatever mutation makes of real frames", () => {
  const random = new Random(SEED);
  const counts = { frame: 0, fault: 0 };
  let heap: number | undefined;
  for (let i = 0; i < FRAMES; i++) {
    if (i === Math.floor(FRAMES / 10)) heap = usedHeap();
    const text = fuzzFrame(random);
    try {
      counts[check(text)]++;
    } catch (error) {
      throw new Error(`seed ${SEED}, frame ${i}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
  // Neither everything refused nor everything taken: the mutations reach both.
  ok(counts.frame > FRAMES / 10 && counts.fault > FRAMES / 10, JSON.stringify(counts));
  const grown = (usedHeap() ?? 0) - (heap ?? 0);
  ok(grown < KEPT_BYTES, `${FRAMES * 0.9} frames have left ${grown} bytes in the heap`);
});

/** Texts that fuzzing or a review once found a fault with, by what it was. */
const FOUND: Readonly<Record<string, string>> = {
  "a run of line ends within a text, which a pattern trimmed in quadratic time": send(
    `a${"\n".repeat(60_000)}a`,
  ),
  "the same with carriage returns": send(`a${"\r\n".repeat(15_000)}a`),
  "line ends and nothing else": send("\n".repeat(30_000)),
  "a lone surrogate": '{"type":"send","cid":"a","content":"\\ud800"}',
  "arrays as deep as a frame can be": "[".repeat(65_536),
  "an edit of message minus zero": '{"type":"edit","seq":-0,"content":"x"}',
};

function send(content: string): string {
  return JSON.stringify({ type: "send", cid: "a", content });
}

for (const [name, text] of Object.entries(FOUND)) {
  Deno.test(`[S3] parseFrame holds what once was found: ${name}`, () => void check(text));
}

Deno.test("fuzzFrame gives the same frames for the same seed", () => {
  const frames = (): readonly string[] => {
    const random = new Random(SEED);
    return Array.from({ length: 200 }, () => fuzzFrame(random));
  };
  deepEqual(frames(), frames());
  // Of this process; and of every other one.
  equal(frames().some((frame) => frame.includes("9c858901-8a57-4791-81fe-4c455b099bc9")), true);
});

Deno.test("[S3] parseFrame reads or refuses any text and any JSON", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void check(text)), RUNS);
  fc.assert(fc.property(fc.json(), (text) => void check(text)), RUNS);
});

Deno.test("[S3] parseFrame keeps what a valid send says, to the character", () => {
  const content = fc.string({ unit: "grapheme", minLength: 1, maxLength: 500 })
    .filter((text) => text.isWellFormed() && /[^\r\n]/.test(text));
  const cid = fc.string({ unit: fc.constantFrom(..."azAZ09_-"), minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(cid, content, (cid, content) => {
      const frame = { type: "send", cid, content };
      deepEqual(parseFrame(JSON.stringify(frame)), { frame });
    }),
    RUNS,
  );
});

Deno.test("[S3] parseFrame takes no property from a prototype in the text", () => {
  const { fault } = parseFrame('{"__proto__":{"type":"typing"}}') as { fault?: { code: string } };
  equal(fault?.code, "bad_frame");
});
