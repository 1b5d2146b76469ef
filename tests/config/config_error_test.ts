import assert from "node:assert/strict";
import { didYouMean, quote } from "../../src/config/config_error.ts";

Deno.test("didYouMean suggests near misses only", () => {
  assert.equal(didYouMean("PROT", ["HOST", "PORT"]), ", did you mean PORT?");
  assert.equal(didYouMean("PR0T", ["HOST", "PORT"]), "");
  assert.equal(didYouMean("DATABSE_PATH", ["HOST", "DATABASE_PATH"]), ", did you mean DATABASE_PATH?");
  assert.equal(didYouMean("x", ["y"]), "");
});

Deno.test("quote keeps text on one line and short", () => {
  assert.equal(quote('a"b\n\u2028\u202e\x7f'), '"a\\"b\\n\\u{2028}\\u{202e}\\u{7f}"');
  assert.equal(quote("x".repeat(81)), `"${"x".repeat(80)}..."`);
});
