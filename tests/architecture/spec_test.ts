import assert from "node:assert/strict";
import { cell, findTests, listedTests, quotedIds, SPEC, withTests } from "./spec.ts";

const UPDATE = "run: deno run --allow-read --allow-write --allow-run tests/architecture/update_spec.ts";

Deno.test("docs/spec.md knows every id that a test quotes", () => {
  const known = listedTests(Deno.readTextFileSync(SPEC));
  assert(known.size >= 25, `read only ${known.size} invariants`);
  for (const [id, files] of findTests()) {
    assert(known.has(id), `${files.join(", ")} quotes ${id}, which docs/spec.md lacks`);
  }
});

Deno.test("docs/spec.md lists the tests that quote its ids, and no others", () => {
  const found = findTests();
  for (const [id, tests] of listedTests(Deno.readTextFileSync(SPEC))) {
    assert.equal(tests, cell(found.get(id) ?? []), `the tests of ${id} changed; ${UPDATE}`);
  }
});

Deno.test("quotedIds finds the ids that names begin with", () => {
  assert.deepEqual(
    quotedIds(`Deno.test("[D1] a"); test('[D2, O3] b'); test(\`[S5][X1] c\`); // [D9] no\n"a [D8] b"; "[x]"`),
    [
      "D1",
      "D2",
      "O3",
      "S5",
      "X1",
    ],
  );
});

Deno.test("withTests writes what listedTests reads", () => {
  const spec =
    "text\n\n| Id | Invariant | Tests |\n| --- | --- | --- |\n| D1 | One | old |\n| D2  | Two |   |\n";
  const files = new Map([["D2", ["tests/b_test.ts", "tests/a_test.ts"]]]);
  const written = withTests(spec, files);
  assert.deepEqual([...listedTests(written)], [["D1", ""], [
    "D2",
    cell(["tests/a_test.ts", "tests/b_test.ts"]),
  ]]);
  assert.equal(withTests(written, files), written);
  assert.throws(() => listedTests(`${spec}| D1 | Again | |\n`), /twice/);
});
