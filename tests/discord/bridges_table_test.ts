// The table in docs/bridges.md names tests: here it is kept true.
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

/** A test as the table names it, as `inbox_test`: follows edits. */
interface Named {
  readonly file: string;
  /** What its name begins with, without the ids of rules. */
  readonly name: string;
}

/** The tests of one row: a file's name holds for all that follow it. */
function testsIn(cell: string): Named[] {
  let file = "";
  return cell.split("; ").map((part) => {
    const [, named, name = part] = /^`([\w/]+)`: (.+)$/.exec(part.trim()) ?? [];
    file = named ?? file;
    return { file, name };
  });
}

/** The names of a file's tests as they stand there, what is filled in left out. */
function namesIn(source: string): string[] {
  return [...source.matchAll(/Deno\.test\(\s*(["`])(.*?)\1,/gs)]
    .map(([, , name = ""]) => name.replace(/^\[[^\]]+\] /, ""));
}

Deno.test("docs/bridges.md names tests that exist, at least one for each fault", async () => {
  const text = await Deno.readTextFile(new URL("docs/bridges.md", root));
  const [, , ...rows] = text.split("\n").filter((line) => line.startsWith("|"));
  assert.ok(rows.length > 15);
  for (const row of rows) {
    const [, fault, , cell = ""] = row.split("|").map((part) => part.trim());
    for (const { file, name } of testsIn(cell)) {
      const path = file.includes("/") ? file : `discord/${file}`;
      const known = namesIn(await Deno.readTextFile(new URL(`tests/${path}.ts`, root)));
      const isThere = known.some((test) =>
        test.startsWith(name) && (test === name || /[ ,(]/.test(test[name.length] ?? ""))
      );
      assert.ok(isThere, `${fault}: ${file} has no test named ${name}, but:\n${known.join("\n")}`);
    }
  }
});
