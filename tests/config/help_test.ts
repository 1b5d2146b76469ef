import assert from "node:assert/strict";
import { OPTION_KEYS } from "../../src/config.ts";
import { configHelp, configTableMarkdown } from "../../src/config/help.ts";

Deno.test("configHelp and configTableMarkdown list every option once", () => {
  for (const key of OPTION_KEYS) {
    assert.equal(configHelp().split("\n").filter((line) => line.endsWith(` ${key}`)).length, 1, key);
    assert.equal(
      configTableMarkdown().split("\n").filter((row) => row.startsWith(`| \`${key}\``)).length,
      1,
      key,
    );
  }
  for (const row of configTableMarkdown().split("\n")) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
});
