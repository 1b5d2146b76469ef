import assert from "node:assert/strict";
import fc from "fast-check";
import { type MarkupNames, plain, readMarkup } from "../../src/discord/text/markup.ts";
import type { MarkupNode } from "../../src/discord/mod.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";

const ALICE = "111111111111111111" as Snowflake;
const names: MarkupNames = {
  users: [{ id: ALICE, username: "alice", nick: "Alice A.", bot: false }],
  role: (id) => id === "222222222222222222" ? "Support" : undefined,
  channel: (id) => id === "333333333333333333" ? "help" : undefined,
};
const text = (value: string): MarkupNode => ({ type: "text", text: value });

Deno.test("readMarkup gives no tree for plain text", () => {
  assert.deepEqual(readMarkup("Hello, you!\nSecond line", names), { content: "Hello, you!\nSecond line" });
});

Deno.test("readMarkup reads formatting into nodes and plain words", () => {
  const { content, nodes } = readMarkup("**b _i_** __u__ ~~s~~ ||sp|| `c`", names);
  assert.equal(content, "b i u s sp c");
  assert.deepEqual(nodes, [
    { type: "bold", children: [text("b "), { type: "italic", children: [text("i")] }] },
    text(" "),
    { type: "underline", children: [text("u")] },
    text(" "),
    { type: "strike", children: [text("s")] },
    text(" "),
    { type: "spoiler", children: [text("sp")] },
    text(" "),
    { type: "code", text: "c" },
  ]);
});

Deno.test("readMarkup resolves mentions, emoji, commands and timestamps", () => {
  const source = `<@${ALICE}> <@&222222222222222222> <#333333333333333333> <:party:444444444444444444> ` +
    `</close:555555555555555555> <@999999999999999999> @everyone`;
  assert.equal(
    readMarkup(source, names).content,
    "@Alice A. @Support #help :party: /close @someone @everyone",
  );
  const { nodes } = readMarkup("at <t:1700000000:R>", names);
  assert.deepEqual(nodes, [text("at "), { type: "timestamp", at: 1_700_000_000_000, style: "R" }]);
});

Deno.test("readMarkup reads lists, but not inside a block of code", () => {
  assert.deepEqual(readMarkup("Do:\n- one **1**\n- two\nthen\n3. three\n4. four", names).nodes, [
    text("Do:"),
    {
      type: "list",
      ordered: false,
      items: [[text("one "), { type: "bold", children: [text("1")] }], [text("two")]],
    },
    text("then"),
    { type: "list", ordered: true, start: 3, items: [[text("three")], [text("four")]] },
  ]);
  assert.deepEqual(readMarkup("```\n- no list\n```", names).nodes, [{
    type: "codeblock",
    text: "- no list",
  }]);
});

Deno.test("readMarkup keeps lists inside lists", () => {
  const list = (ordered: boolean, ...items: MarkupNode[][]): MarkupNode =>
    ordered ? { type: "list", ordered, start: 1, items } : { type: "list", ordered, items };
  const [a, b, c, d] = [text("a"), text("b"), text("c"), text("d")];
  for (
    const [source, nodes, content] of [
      [
        "- a\n  - b\n    - c\n- d",
        [list(false, [a, list(false, [b, list(false, [c])])], [d])],
        "- a\n  - b\n    - c\n- d",
      ],
      ["1. a\n   - b\n2. c", [list(true, [a, list(false, [b])], [c])], "1. a\n  - b\n2. c"],
      ["* a\n 1. b\n 2. c\n* d", [list(false, [a, list(true, [b], [c])], [d])], "- a\n  1. b\n  2. c\n- d"],
      [
        "- a\n  - b\n  1. c\n  - d",
        [list(false, [a, list(false, [b]), list(true, [c]), list(false, [d])])],
        undefined,
      ],
      ["- a\n    - b\n  - c\n- d", [list(false, [a, list(false, [b]), list(false, [c])], [d])], undefined],
      ["  - a\n- b\n  - c", [list(false, [a], [b, list(false, [c])])], undefined],
      ["- a\n1. b\n  - c", [list(false, [a]), list(true, [b, list(false, [c])])], undefined],
      ["- a\n\n  - b", [list(false, [a]), list(false, [b])], undefined],
    ] as const
  ) {
    const read = readMarkup(source, names);
    assert.deepEqual(read.nodes, nodes, source);
    if (content !== undefined) assert.equal(read.content, content);
  }
});

Deno.test("[S3] readMarkup keeps every line of lists of any depth, and no more than a few depths", () => {
  const lines = Array.from({ length: 60 }, (_, index) => `${" ".repeat(index)}- ${index}`);
  const { content, nodes = [] } = readMarkup(lines.join("\n"), names);
  assert.deepEqual(content.match(/\d+/g)?.map(Number), lines.map((_, index) => index));
  assert.equal(JSON.stringify(nodes).split('"list"').length - 1, 8);
});

Deno.test("readMarkup ends the line after a block of code once", () => {
  const code: MarkupNode = { type: "codeblock", text: "x" };
  const line: MarkupNode = { type: "break" };
  for (
    const [source, nodes, content] of [
      ["a\n```\nx\n```\nb", [text("a"), line, code, text("b")], "a\nx\nb"],
      ["```\nx\n```\n\nb", [code, line, text("b")], "x\n\nb"],
      ["```\nx\n```\n```\nx\n```", [code, code], "x\nx"],
      ["**```\nx\n```\nb**", [{ type: "bold", children: [code, text("b")] }], "x\nb"],
      ["# a\n> b\nc", [
        { type: "heading", level: 1, children: [text("a")] },
        { type: "quote", children: [text("b")] },
        text("c"),
      ], "a\nb\nc"],
    ] as const
  ) {
    assert.deepEqual(readMarkup(source, names), { content, nodes }, source);
  }
});

Deno.test("[S1] readMarkup lets only web links be links", () => {
  assert.deepEqual(readMarkup("[x](https://example.org/)", names).nodes, [
    { type: "link", url: "https://example.org/", children: [text("x")] },
  ]);
  for (const url of ["javascript:alert(1)", "data:text/html,x", "discord://x", "//example.org"]) {
    const { nodes = [] } = readMarkup(`[x](${url}) **b**`, names);
    assert.ok(!JSON.stringify(nodes ?? []).includes('"link"'), url);
  }
});

Deno.test("[S3] readMarkup never throws, stays shallow and says all words", () => {
  const piece = fc.constantFrom(
    "*",
    "**",
    "_",
    "__",
    "~~",
    "||",
    "`",
    "```",
    "> ",
    "- ",
    "1. ",
    "\n  - ",
    "\n    1. ",
    "# ",
    "\n",
    " ",
    "ab",
    "<",
    ">",
    "[",
    "](",
    ")",
    "<t:1:R>",
    "<t:99999999999999999:R>",
  );
  const depth = (nodes: readonly MarkupNode[]): number =>
    Math.max(
      0,
      ...nodes.map((node) =>
        "children" in node
          ? 1 + depth(node.children)
          : node.type === "list"
          ? 1 + Math.max(0, ...node.items.map(depth))
          : 0
      ),
    );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const { content, nodes = [] } = readMarkup(pieces.join(""), names);
      assert.ok(depth(nodes) <= 13 + 8);
      assert.equal(typeof content, "string");
      const words = pieces.filter((word) => word === "ab").length;
      // The word behind a fence names the block's language, and is no text.
      const languages = JSON.stringify(nodes).match(/"language":"[^"]*"/g) ?? [];
      const said = [content, ...languages].join(" ").split("ab").length - 1;
      assert.equal(said, words, JSON.stringify(pieces.join("")));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("readMarkup leaves a masked link that is none as it was written", () => {
  for (const text of ["[](ab)", "[mail](mailto:ada@example.org)", "[**x**](javascript:alert)"]) {
    const { content, nodes } = readMarkup(text, names);
    assert.equal(content, text.replaceAll("**", ""));
    assert.equal(JSON.stringify(nodes ?? []).includes('"link"'), false);
  }
});

Deno.test("[S3] readMarkup is done soon with what is made to take long", () => {
  const bad = [
    "*",
    "_",
    "~",
    "|",
    "`",
    "[",
    "](",
    "[a](",
    "<",
    "> ",
    "\\",
    " ",
    "\n",
    "- a\n",
    "**__~~||",
    "http://",
    "(",
    "<t:",
    "a ",
    "*a ",
    "_a ",
    " - a\n",
    "> > ",
    "> - a\n",
    "[[",
    "||`",
    "<@",
    "# ",
    "1. ",
  ];
  const nested = Array.from({ length: 80 }, (_, index) => `${" ".repeat(index)}- a\n`).join("");
  const texts = bad.flatMap((piece) => [4_096, 65_536].map((length) => piece.repeat(length / piece.length)));
  for (const text of [...texts, nested, `${"*_~|".repeat(500)}a${"|~_*".repeat(500)}`]) {
    const piece = `${text.slice(0, 9)}... of ${text.length}`;
    const started = performance.now();
    readMarkup(text, names);
    assert.ok(
      performance.now() - started < 2_000,
      `${JSON.stringify(piece)} took ${performance.now() - started} ms`,
    );
  }
});

Deno.test("readMarkup reads the longest text that Discord has, an embed's description", () => {
  const mention = `<@${ALICE}>`;
  const filler = "x ".repeat((4_096 - mention.length) / 2);
  const source = " ".repeat(4_096 - mention.length - filler.length) + filler + mention;
  assert.equal(source.length, 4_096);
  assert.ok(readMarkup(source, names).content.endsWith("x @Alice A."));
  assert.equal(readMarkup(`${source}!`, names).content, `${source}!`);
});

Deno.test("plain keeps lines apart", () => {
  assert.equal(plain([text("a"), { type: "break" }, text("b")]), "a\nb");
});
