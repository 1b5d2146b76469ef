import { deepEqual, equal } from "node:assert/strict";

interface Lock {
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

function read(path: string): Lock {
  return JSON.parse(Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url)));
}

// `deno compile` embeds every package of the lock file, a browser among them, so the executable has one of its own.
Deno.test("src/executable.lock pins what deno.lock pins, and nothing that only tests need", () => {
  const all = read("deno.lock").npm;
  const embedded = Object.entries(read("src/executable.lock").npm);
  equal(embedded.length > 0, true);
  for (const [name, { integrity }] of embedded) {
    equal(all[name]?.integrity, integrity, `${name} differs; run: deno task lock`);
  }
  const tools = ["esbuild", "playwright-core", "@sparticuz/chromium", "fast-check", "discord-api-types"];
  deepEqual(embedded.filter(([name]) => tools.some((tool) => name.startsWith(`${tool}@`))), []);
});
