import { deepEqual, equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** A symbol as `deno doc --json` tells of it, in any of its forms. */
interface PublicSymbol {
  readonly name: string;
  /** The texts of its `@example`s. */
  readonly examples: readonly string[];
}

/** All symbols that the library gives away. */
async function publicSymbols(): Promise<readonly PublicSymbol[]> {
  const files = ["src/mod.ts", "src/core/mod.ts"].map((path) => fileURLToPath(new URL(path, ROOT)));
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...files],
    stderr: "inherit",
  }).output();
  equal(success, true);
  const symbols = new Map<string, string[]>();
  collect(JSON.parse(new TextDecoder().decode(stdout)), symbols);
  return Array.from(symbols, ([name, examples]) => ({ name, examples }));
}

/** Version 1 lists nodes, version 2 files with symbols that have declarations: both carry name and `jsDoc.tags` somewhere within. */
function collect(output: unknown, symbols: Map<string, string[]>): void {
  const nodes: unknown = Reflect.get(Object(output), "nodes");
  const entries: unknown[] = Array.isArray(nodes)
    ? nodes
    : Object.values(Object(nodes)).flatMap((file) => Reflect.get(Object(file), "symbols") ?? []);
  for (const entry of entries) {
    const name = Reflect.get(Object(entry), "name");
    // Version 1 lists what a file imports, too.
    const isImport = Reflect.get(Object(entry), "kind") === "import";
    if (typeof name !== "string" || name === "" || isImport) continue;
    const declarations: unknown[] = Reflect.get(Object(entry), "declarations") ?? [entry];
    const examples = symbols.get(name) ?? [];
    symbols.set(name, examples);
    for (const declaration of declarations) {
      const tags: unknown = Reflect.get(Object(Reflect.get(Object(declaration), "jsDoc")), "tags");
      for (const { kind, doc } of Array.isArray(tags) ? tags : []) if (kind === "example") examples.push(doc);
    }
  }
}

Deno.test("Every public symbol of the library has an example with a title that asserts something", async () => {
  const symbols = await publicSymbols();
  // Both entries, and what a look at the output would miss if its form changed.
  for (const name of ["ChatBox", "openStorage", "uuid", "IdType", "MessageSender"]) {
    equal(symbols.some((symbol) => symbol.name === name), true, `${name} is not listed`);
  }
  const without = symbols.filter(({ examples }) => examples.length === 0);
  deepEqual(without.map(({ name }) => name), []);
  const titled = /^\S[^\n]*\n```ts\n/;
  const asserts = /\b(?:equal|deepEqual|match|throws|rejects)\(/;
  const poor = symbols.filter(({ examples }) =>
    !examples.every((example) => titled.test(example) && asserts.test(example))
  );
  deepEqual(poor.map(({ name }) => name), []);
});
