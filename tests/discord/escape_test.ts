import assert from "node:assert/strict";
import { parse } from "discord-markdown-parser";
import fc from "fast-check";
import { escapeMarkdown } from "../../src/discord/text/escape.ts";

Deno.test("escapeMarkdown leaves ordinary text as it is", () => {
  for (
    const text of [
      "Hello, is anyone there? (1) 50% - yes!",
      "snake_case is fine",
      "a - b",
      "c: d",
      "me@example.org",
    ]
  ) {
    assert.equal(escapeMarkdown(text), text);
  }
});

Deno.test("escapeMarkdown takes the meaning from every mark", () => {
  const cases: Record<string, string> = {
    "**bold**": "\\*\\*bold\\*\\*",
    "_it_ __u__": "\\_it\\_ \\_\\_u\\_\\_",
    "~~s~~ ||sp||": "\\~\\~s\\~\\~ \\|\\|sp\\|\\|",
    "`c`": "\\`c\\`",
    "# head": "\\# head",
    "> quote": "\\> quote",
    "- item": "\\- item",
    "-# small": "\\-# small",
    "1. first": "1\\. first",
    "@everyone and @here": "\\@everyone and \\@here",
    "<@123456789012345678>": "\\<@123456789012345678>",
    "<:x:123456789012345678>": "\\<\\:x:123456789012345678>",
    ":smile:": "\\:smile:",
    "[a](https://b.c)": "\\[a\\](https://b.c)",
    "back\\slash": "back\\\\slash",
  };
  for (const [text, escaped] of Object.entries(cases)) assert.equal(escapeMarkdown(text), escaped);
});

Deno.test("escapeMarkdown keeps links clickable", () => {
  const link = "https://example.org/a_b_c/*x*?q=~1";
  assert.equal(escapeMarkdown(`see ${link} *now*`), `see ${link} \\*now\\*`);
});

Deno.test("escapeMarkdown makes Discord's markdown say what was written", () => {
  const mark = fc.constantFrom(
    "*",
    "**",
    "_",
    "__",
    "~~",
    "||",
    "`",
    "```",
    "> ",
    "# ",
    "\n",
    " ",
    "a",
    "b",
    "<",
    ">",
    "[",
    "](",
    "\\",
  );
  const known = new Set(["text", "br", "newline", "emoticon"]);
  fc.assert(
    fc.property(fc.array(mark, { maxLength: 30 }), (marks) => {
      const text = marks.join("");
      const nodes = parse(escapeMarkdown(text), "extended") as { type: string; content?: unknown }[];
      for (const node of nodes) {
        assert.ok(known.has(node.type), `${JSON.stringify(text)} has ${JSON.stringify(node)}`);
      }
      const said = nodes.map(({ type, content }) =>
        type === "br" || type === "newline" ? "\n" : String(content)
      ).join("");
      assert.equal(said.replace(/\s+/g, ""), text.replace(/\s+/g, ""));
    }),
    { numRuns: 500 },
  );
});
