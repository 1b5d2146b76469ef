import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeMarkdown } from "../../src/discord/text/escape.ts";
import { pack } from "../../src/discord/outbox/pack.ts";
import { MAX_CONTENT } from "../../src/discord/text/split.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";

const items = (...texts: string[]): { seq: number; text: string }[] =>
  texts.map((text, index) => ({ seq: index + 1, text }));

Deno.test("[X7] pack puts a burst into one Discord message", () => {
  const texts = Array.from({ length: 100 }, (_, index) => `message ${index}`);
  const parcels = pack(items(...texts));
  assert.equal(parcels.length, 1);
  assert.equal(parcels[0]?.content, texts.join("\n"));
  assert.equal(parcels[0]?.seqs.length, 100);
});

Deno.test("[X7] pack keeps every message whole, in order, and within the limit", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 5000, unit: "grapheme-ascii" }), { maxLength: 20 }),
      (texts) => {
        const parcels = pack(items(...texts));
        assert.ok(
          parcels.every(({ content }) =>
            content.length <= MAX_CONTENT && content.trim() === content && content !== ""
          ),
        );
        const seqs = parcels.flatMap((parcel) => parcel.seqs);
        assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
        assert.deepEqual([...new Set(seqs)], texts.map((_, index) => index + 1));
        // As few as fit: two neighbours that are whole messages would not fit into one.
        parcels.forEach((parcel, index) => {
          const next = parcels[index + 1];
          if (
            next === undefined ||
            parcels.some((other) => other !== parcel && other.seqs.some((seq) => parcel.seqs.includes(seq)))
          ) return;
          const first = next.seqs[0];
          if (parcels.filter(({ seqs }) => first !== undefined && seqs.includes(first)).length > 1) return;
          const joined = `${parcel.content}\n${next.content.split("\n")[0]}`;
          assert.ok(
            joined.length <= MAX_CONTENT || parcel.content.length + 1 + next.content.length > MAX_CONTENT,
          );
        });
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("[X7] pack begins a new Discord message for an answer", () => {
  const replyTo = "1" as Snowflake;
  const parcels = pack([{ seq: 1, text: "a" }, { seq: 2, text: "b", replyTo }, { seq: 3, text: "c" }]);
  assert.deepEqual(parcels, [{ content: "a", seqs: [1] }, { content: "b\nc", seqs: [2, 3], replyTo }]);
});

Deno.test("[X6] pack gives the parts of a long message Discord messages of their own", () => {
  const parcels = pack(items("before", "x ".repeat(1500), "after"));
  assert.deepEqual(parcels.map(({ seqs }) => seqs), [[1], [2], [2], [3]]);
});

Deno.test("[X6] pack keeps lines below a text whole, in as many Discord messages as they take", () => {
  const lines = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(300));
  const parcels = pack([{ seq: 1, text: "x".repeat(1_500), lines }, { seq: 2, text: "after" }]);
  assert.ok(parcels.every(({ content }) => content.length <= MAX_CONTENT));
  assert.deepEqual(parcels.map(({ seqs }) => seqs), [[1], [1], [1], [2]]);
  assert.deepEqual(parcels.slice(0, -1).flatMap(({ content }) => content.split("\n")), [
    "x".repeat(1_500),
    ...lines,
  ]);
});

Deno.test("[X6] pack leaves room for lines in place of files", () => {
  const file = { id: "a", name: "a", type: "text/plain", size: 1 };
  const parcels = pack([{ seq: 1, text: "x".repeat(2_000), files: [file], room: 100 }], { prefix: "Ann: " });
  assert.deepEqual(parcels.map(({ content }) => content.length), [1_900, 105]);
});

const BLANK = "*(blank message)*";

for (
  const text of [
    "  \n ",
    "\t",
    "\u00a0\u3000",
    "\ufeff",
    "\u200b\u200d\u2060",
    "\u2800",
    "\u3164",
    "\ufe0f",
    "\u0000\u0007",
    "\u202e",
    " \u200b ".repeat(1200),
  ]
) {
  Deno.test(`[X6] pack says of ${JSON.stringify(text).slice(0, 40)} that it is blank, alone and among others`, () => {
    assert.deepEqual(pack(items(text)), [{ content: BLANK, seqs: [1] }]);
    assert.deepEqual(pack(items("a", text, "b")), [{ content: `a\n${BLANK}\nb`, seqs: [1, 2, 3] }]);
  });
}

Deno.test("[X6] pack leaves out parts that show nothing, and keeps what joins emoji", () => {
  assert.deepEqual(pack(items(`a${"\u200b".repeat(3_999)}`)).map(({ seqs }) => seqs), [[1]]);
  assert.equal(pack(items("\u2764\ufe0f"))[0]?.content, "\u2764\ufe0f");
  assert.equal(pack(items("```\n```"))[0]?.content, escapeMarkdown("```\n```"));
});

Deno.test("pack needs no words for a message without visible text that has files", () => {
  const files = [{ id: "1", name: "a.png", type: "image/png", size: 1 }];
  assert.deepEqual(pack([{ seq: 1, text: " ", files }]).map(({ content }) => content), [""]);
});
