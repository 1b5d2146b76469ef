/**
 * Reads `docs/spec.md` and finds the tests that quote its ids.
 *
 * @module
 */

/** The repository. */
export const ROOT = new URL("../../", import.meta.url);
/** The specification. */
export const SPEC = new URL("docs/spec.md", ROOT);

// The test of this file quotes ids that are no tests of the program.
const NOT_SEARCHED = /^tests\/architecture\/spec_test\.ts$|\/node_modules\/|^src\/.*(?<!_test)\.ts$/;
const QUOTED_IDS = /["'`]((?:\[[A-Z]\d+(?:, ?[A-Z]\d+)*\] ?)+)/g;
const ROW = /^\| *([A-Z]\d+) *\|(.*)\|([^|]*)\|$/;

/**
 * Finds the ids that the names of tests begin with.
 *
 * @param source TypeScript
 * @returns The ids in the order of their first appearance
 */
export function quotedIds(source: string): readonly string[] {
  const names = [...source.matchAll(QUOTED_IDS)].map(([, ids = ""]) => ids);
  return [...new Set(names.flatMap((ids) => ids.match(/[A-Z]\d+/g) ?? []))];
}

/**
 * Reads which tests the specification lists.
 *
 * @param markdown The specification
 * @returns The text of the last column by id
 */
export function listedTests(markdown: string): ReadonlyMap<string, string> {
  const cells = new Map<string, string>();
  for (const line of markdown.split("\n")) {
    const [, id, , tests = ""] = ROW.exec(line) ?? [];
    if (id === undefined) continue;
    if (cells.has(id)) throw new Error(`docs/spec.md lists ${id} twice`);
    cells.set(id, tests.trim());
  }
  return cells;
}

/**
 * Writes the last column anew.
 *
 * @param markdown The specification
 * @param files The files that quote each id
 * @returns The specification with that column, not formatted
 */
export function withTests(markdown: string, files: ReadonlyMap<string, readonly string[]>): string {
  return markdown.split("\n").map((line) => {
    const [, id, invariant = ""] = ROW.exec(line) ?? [];
    return id === undefined ? line : `| ${id} |${invariant}| ${cell(files.get(id) ?? [])} |`;
  }).join("\n");
}

/**
 * Fills a cell of the last column.
 *
 * @param files Paths from the repository's root
 * @returns Links to them
 */
export function cell(files: readonly string[]): string {
  return [...files].sort().map((file) =>
    `[${file.replace(/^tests\//, "").replaceAll("_", "\\_")}](../${file})`
  ).join(", ");
}

/**
 * Searches every test of the repository.
 *
 * @returns The files that quote each id
 */
export function findTests(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const path of [...listSources("tests"), ...listSources("src")]) {
    for (const id of quotedIds(Deno.readTextFileSync(new URL(path, ROOT)))) {
      found.set(id, [...found.get(id) ?? [], path]);
    }
  }
  return found;
}

function listSources(directory: string): readonly string[] {
  return [...Deno.readDirSync(new URL(`${directory}/`, ROOT))].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) return listSources(path);
    return entry.name.endsWith(".ts") && !NOT_SEARCHED.test(path) ? [path] : [];
  });
}
