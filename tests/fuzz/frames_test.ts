import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { parseFrame } from "../../src/web/parse_frame.ts";
import { fuzzFrame } from "./frames.ts";
import { Random } from "./random.ts";

/** How many frames; `deno task fuzz` asks for a million. */
const FRAMES = Number(Deno.env.get("FUZZ_FRAMES") ?? 50_000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 50);

/** Whatever the text: a frame that reads back as itself, or a fault in words that fit into a frame. */
function check(text: string): "frame" | "fault" {
  const parsed = parseFrame(text);
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
  for (let i = 0; i < FRAMES; i++) {
    const text = fuzzFrame(random);
    try {
      counts[check(text)]++;
    } catch (error) {
      throw new Error(`seed ${SEED}, frame ${i}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
  // Neither everything refused nor everything taken: the mutations reach both.
  ok(counts.frame > FRAMES / 10 && counts.fault > FRAMES / 10, JSON.stringify(counts));
});

Deno.test("[S3] parseFrame reads or refuses any text and any JSON", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void check(text)));
  fc.assert(fc.property(fc.json(), (text) => void check(text)));
});

Deno.test("[S3] parseFrame keeps what a valid send says, to the character", () => {
  const content = fc.string({ unit: "grapheme", minLength: 1, maxLength: 500 })
    .filter((text) => text.isWellFormed() && /[^\r\n]/.test(text));
  const cid = fc.string({ unit: fc.constantFrom(..."azAZ09_-"), minLength: 1, maxLength: 64 });
  fc.assert(fc.property(cid, content, (cid, content) => {
    const frame = { type: "send", cid, content };
    deepEqual(parseFrame(JSON.stringify(frame)), { frame });
  }));
});

Deno.test("[S3] parseFrame takes no property from a prototype in the text", () => {
  const { fault } = parseFrame('{"__proto__":{"type":"typing"}}') as { fault?: { code: string } };
  equal(fault?.code, "bad_frame");
});
