import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeMarkdown } from "../../src/discord/text/escape.ts";
import { MAX_CONTENT, split } from "../../src/discord/text/split.ts";

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
  const parts = split(`See:\n\`\`\`ts\n${code}\n\`\`\`\nDone`, { limit: 40 });
  assert.ok(parts.length > 2);
  for (const part of parts) {
    assert.ok(part.length <= 40);
    assert.equal(part.split("```").length % 2, 1, `unbalanced: ${part}`);
  }
  const inside = parts.join("\n").split("\n").filter((line) => line.startsWith("line("));
  assert.deepEqual(inside, code.split("\n"));
});

/** How many fences a part has that Discord reads as such: every other backtick is escaped. */
function fencesIn(part: string): number {
  return part.replace(/\\[^]/g, "").split("```").length - 1;
}

Deno.test("[X6] split sends complete blocks of code as they are, whole in each part, and escapes all else", () => {
  const code = Array.from({ length: 110 }, (_, line) => `const a_${line} = b[${line}] * 2;`).join("\n");
  const parts = split(`Look *here*:\n\`\`\`js\n${code}\n\`\`\`\nbye **x**`, { render: escapeMarkdown });
  assert.ok(parts.length > 1);
  for (const part of parts) {
    assert.ok(part.length <= MAX_CONTENT);
    assert.equal(fencesIn(part), 2, part);
  }
  assert.ok(parts[0]?.startsWith("Look \\*here\\*:\n```js\nconst a_0 = b[0] * 2;"), parts[0]);
  assert.ok(parts.at(-1)?.endsWith("const a_109 = b[109] * 2;\n```\nbye \\*\\*x\\*\\*"), parts.at(-1));
  const inside = parts.join("\n").split("\n").filter((line) => line.startsWith("const "));
  assert.deepEqual(inside, code.split("\n"));
});

for (
  const [what, text] of [
    ["is never closed", "```js\nlet a = *b*;"],
    ["is closed inside a line", "```js\nlet a = *b*; ```"],
    ["encloses another", "```\n```js\nlet a = *b*;\n```"],
    ["encloses nothing", "```\n \n```\n*b*"],
    ["says something else", "```what is *this*\nlet a;\n```"],
  ] as const
) {
  Deno.test(`[X6] split takes a fence for text that ${what}`, () => {
    assert.equal(split(text, { render: escapeMarkdown }).map(fencesIn).join(), "0");
    const long = split(`${text}\n${"x y ".repeat(1000)}`, { render: escapeMarkdown });
    assert.ok(long.length > 1);
    assert.ok(long.every((part) => fencesIn(part) === 0), long.join("|"));
  });
}

Deno.test("[X6] split fills a part to the last character before and behind a block of code", () => {
  const block = "```\nlet a;\n```";
  for (const words of [20, 21, 22, 23, 24, 25]) {
    for (const text of [`${"w".repeat(words)}\n${block}\nx`, `x\n${block}\n${"w".repeat(words)}`]) {
      const parts = split(text, { limit: 40 });
      assert.ok(parts.every((part) => part.length <= 40), parts.join("|"));
      assert.equal(parts.length, text.length <= 40 ? 1 : 2, parts.join("|"));
      assert.equal(squeeze(parts.join("")), squeeze(text));
    }
  }
});

Deno.test("[X6] split leaves no fence open, whatever the text is", () => {
  const line = fc.constantFrom(
    "```",
    "```js",
    "``` js",
    "words *and* `ticks`",
    "",
    "  ```",
    "x ```",
    "\\",
    "z".repeat(30),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const text = lines.join("\n");
      const parts = split(text, { render: escapeMarkdown, limit: 90 });
      for (const part of parts) {
        assert.ok(part.length <= 90, `${part.length} is too long`);
        assert.equal(fencesIn(part) % 2, 0, part);
      }
      const kept = (shown: string): string => shown.replace(/[\s`\\]|js/g, "");
      assert.equal(kept(parts.join("")), kept(text));
    }),
    { numRuns: 500 },
  );
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
