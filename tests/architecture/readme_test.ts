import assert from "node:assert/strict";
import { configTableMarkdown } from "../../src/config.ts";

const BEGIN = "<!-- config:begin -->";
const END = "<!-- config:end -->";

/** What a table says, without what a formatter may change. */
function cells(markdown: string): readonly (readonly string[])[] {
  return markdown.trim().split("\n").map((row) =>
    row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replace(/^-+$/, "---"))
  );
}

Deno.test("README.md lists the settings as the code has them", () => {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const [, table, ...more] = readme.split(BEGIN).flatMap((part) => part.split(END));
  assert.equal(more.length, 1, `README.md needs ${BEGIN} and ${END}, once each`);
  assert.deepEqual(
    cells(table ?? ""),
    cells(configTableMarkdown()),
    `put this between the markers:\n${configTableMarkdown()}`,
  );
});
