import assert from "node:assert/strict";
import { commandTableMarkdown } from "../../src/cli/command_help.ts";
import { configTableMarkdown } from "../../src/config.ts";

/** What a table says, without what a formatter may change. */
function cells(markdown: string): readonly (readonly string[])[] {
  return markdown.trim().split("\n").map((row) =>
    row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replace(/^-+$/, "---"))
  );
}

function demandTable(name: string, expected: string): void {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const [, table, ...more] = readme.split(begin).flatMap((part) => part.split(end));
  assert.equal(more.length, 1, `README.md needs ${begin} and ${end}, once each`);
  assert.deepEqual(cells(table ?? ""), cells(expected), `put this between the markers:\n${expected}`);
}

Deno.test("README.md lists the settings as the code has them", () => {
  demandTable("config", configTableMarkdown());
});

Deno.test("README.md lists the commands as the code has them", () => {
  demandTable("commands", commandTableMarkdown());
});
