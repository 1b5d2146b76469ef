import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeMarkdown } from "../../src/discord/escape.ts";
import { MAX_CONTENT, split } from "../../src/discord/split.ts";

const squeeze = (text: string): string => text.replace(/\s+/g, "");

Deno.test("[X6] split keeps all of a text in order, in parts that fit, and breaks no surrogate pair", () => {
  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map((text) =>
    text.replaceAll("`", "'")
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.constantFrom(" ", "\n", "  \n"), (words, gap) => {
      const text = words.join(gap);
      const parts = split(text, { limit: 80 });
      assert.equal(squeeze(parts.join("")), squeeze(text));
      for (const part of parts) {
        assert.ok(part.length <= 80, `${part.length} is too long`);
        assert.ok(part.isWellFormed() || !text.isWellFormed(), "a surrogate pair was broken");
        assert.notEqual(part.trim(), "");
      }
    }),
  );
});

Deno.test("[X6] split cuts a long word of emoji between two of them", () => {
  const parts = split("😀".repeat(MAX_CONTENT), { render: escapeMarkdown });
  assert.ok(parts.every((part) => part.isWellFormed() && part.length <= MAX_CONTENT));
  assert.equal(parts.join(""), "😀".repeat(MAX_CONTENT));
});

Deno.test("[X6] split prefers the end of a line, then the end of a word", () => {
  assert.deepEqual(split("aaaa bbbb\ncccc dddd", { limit: 12 }), ["aaaa bbbb", "cccc dddd"]);
  assert.deepEqual(split("aaaa bbbb cccc dddd", { limit: 12 }), ["aaaa bbbb", "cccc dddd"]);
  assert.deepEqual(split("aaaabbbbcccc", { limit: 5 }), ["aaaab", "bbbcc", "cc"]);
});

Deno.test("[X6] split closes a block of code that it cuts and opens it again", () => {
  const code = Array.from({ length: 8 }, (_, line) => `line(${line});`).join("\n");
  const parts = split(`See:\n\`\`\`ts\n${code}\n\`\`\`\nDone`, { limit: 50 });
  assert.ok(parts.length > 2);
  for (const part of parts) {
    assert.ok(part.length <= 50);
    assert.equal(part.split("```").length % 2, 1, `unbalanced: ${part}`);
  }
  const inside = parts.join("\n").split("\n").filter((line) => line.startsWith("line("));
  assert.deepEqual(inside, code.split("\n"));
});

Deno.test("[X6] split fits what rendering makes longer", () => {
  const parts = split("*_~".repeat(1500), { render: escapeMarkdown });
  assert.ok(parts.every((part) => part.length <= MAX_CONTENT));
  assert.equal(parts.join("").replaceAll("\\", ""), "*_~".repeat(1500));
});

Deno.test("split gives nothing for a blank text", () => {
  assert.deepEqual(split(""), []);
  assert.deepEqual(split(" \n \n"), []);
});
