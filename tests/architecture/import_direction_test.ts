import assert from "node:assert/strict";
import { findViolations, type SourceFile } from "./graph_rules.ts";
import { readGraph } from "./read_graph.ts";

/** A graph out of `file: what it imports`, optionally with text. */
function graph(imports: Readonly<Record<string, readonly string[]>>, text = ""): readonly SourceFile[] {
  return Object.entries(imports).map(([path, targets]) => ({ path, imports: targets, text }));
}

const GOOD = graph({
  "main.ts": ["src/cli.ts"],
  "src/cli.ts": ["src/app.ts", "src/config.ts", "src/cli/serve.ts"],
  "src/cli/serve.ts": ["src/logging.ts"],
  "src/app.ts": [
    "src/web/mod.ts",
    "src/discord/mod.ts",
    "src/storage/mod.ts",
    "src/core/mod.ts",
    "src/config.ts",
  ],
  "src/config.ts": ["npm:/zod@4.6.7", "node:net", "deno.json"],
  "deno.json": [],
  "src/logging.ts": ["src/core/mod.ts"],
  "src/mod.ts": ["src/core/mod.ts", "src/storage/mod.ts"],
  "src/core/mod.ts": ["src/core/chat_box.ts"],
  "src/core/chat_box.ts": ["src/core/ports.ts"],
  "src/core/ports.ts": [],
  "src/storage/mod.ts": ["src/storage/database.ts"],
  "src/storage/database.ts": ["node:sqlite", "src/core/mod.ts"],
  "src/web/mod.ts": ["src/core/mod.ts", "src/web/protocol.ts", "npm:/hono@4"],
  "src/web/protocol.ts": [],
  "src/discord/mod.ts": ["npm:/@discordeno/bot@21.0.0", "src/core/mod.ts"],
  "src/client/mod.ts": ["src/web/protocol.ts", "src/client/outbox.ts"],
  "src/client/outbox.ts": [],
  "src/client/build.ts": ["npm:/esbuild@0.28.2"],
});

/** The good graph with some files replaced or added. */
function with_(imports: Readonly<Record<string, readonly string[]>>, text?: string): readonly SourceFile[] {
  return [...GOOD.filter(({ path }) => !(path in imports)), ...graph(imports, text)];
}

Deno.test("the program's imports keep their direction", async () => {
  const files = await readGraph();
  assert(files.some(({ path }) => path === "main.ts"));
  assert(files.some(({ path }) => path.startsWith("src/client/")));
  assert(files.some(({ imports }) => imports.includes("node:sqlite")));
  assert.deepEqual(findViolations(files), []);
});

Deno.test("findViolations finds nothing in a graph that keeps the rules", () => {
  assert.deepEqual(findViolations(GOOD), []);
});

const BAD_IMPORTS: readonly (readonly [path: string, target: string])[] = [
  ["src/core/ports.ts", "node:crypto"],
  ["src/core/ports.ts", "npm:/uuid@14.0.3"],
  ["src/core/ports.ts", "jsr:@std/async"],
  ["src/core/ports.ts", "src/storage/database.ts"],
  ["src/core/ports.ts", "src/config.ts"],
  ["src/web/socket.ts", "src/core/ports.ts"],
  ["src/logging.ts", "src/core/ports.ts"],
  ["src/web/socket.ts", "src/discord/mod.ts"],
  ["src/web/socket.ts", "src/storage/mod.ts"],
  ["src/discord/outbox.ts", "src/web/protocol.ts"],
  ["src/discord/outbox.ts", "src/storage/mod.ts"],
  ["src/storage/table.ts", "src/discord/mod.ts"],
  ["src/storage/table.ts", "src/config.ts"],
  ["src/storage/table.ts", "node:sqlite"],
  ["src/app.ts", "node:sqlite"],
  ["src/app.ts", "npm:/@discordeno/bot@21.0.0"],
  ["src/client/view.ts", "src/core/mod.ts"],
  ["src/client/view.ts", "src/web/socket.ts"],
  ["src/client/view.ts", "npm:/preact@10"],
  ["src/web/socket.ts", "src/client/mod.ts"],
  ["src/web/protocol.ts", "src/core/mod.ts"],
  ["src/web/protocol.ts", "npm:/zod@4.6.7"],
  ["main.ts", "src/app.ts"],
  ["src/cli.ts", "src/web/mod.ts"],
  ["src/config.ts", "src/app.ts"],
  ["src/mod.ts", "src/web/mod.ts"],
  ["src/app.ts", "tests/support/clock.ts"],
];

for (const [path, target] of BAD_IMPORTS) {
  Deno.test(`findViolations finds that ${path} imports ${target}`, () => {
    const [violation, ...more] = findViolations(with_({ [path]: [target] }));
    assert.deepEqual(more.filter((other) => !other.startsWith("Cycle: ")), []);
    assert(
      violation?.startsWith(
        `${path} imports ${target === "npm:/@discordeno/bot@21.0.0" ? "discordeno" : target}`,
      ),
      violation,
    );
  });
}

const BAD_TEXTS: readonly (readonly [path: string, text: string])[] = [
  ["src/core/chat_box.ts", "const now = Date.now();"],
  ["src/core/chat_box.ts", "  setTimeout(() => {}, 1);"],
  ["src/core/chat_box.ts", "const x = Math.random();"],
  ["src/core/chat_box.ts", "Deno.env.get('x')"],
  ["src/core/chat_box.ts", "const url = 'http://x'; Deno.exit();"],
  ["src/core/chat_box.ts", "crypto.randomUUID()"],
  ["src/core/system_ports.ts", "Deno.env.get('x')"],
  ["src/app.ts", "Deno.serve({ port }, handler)"],
  ["src/discord/mod.ts", "Deno.serve({ port }, handler)"],
];

for (const [path, text] of BAD_TEXTS) {
  Deno.test(`findViolations finds ${JSON.stringify(text)} in ${path}`, () => {
    const [violation, ...more] = findViolations(with_({ [path]: [] }, text));
    assert.deepEqual(more, []);
    assert.match(violation ?? "", new RegExp(`^${path} uses `));
  });
}

Deno.test("findViolations lets a global pass where it belongs, and in comments", () => {
  assert.deepEqual(
    findViolations(with_({ "src/core/system_ports.ts": [] }, "Date.now(); setTimeout(f);")),
    [],
  );
  assert.deepEqual(findViolations(with_({ "src/web/server.ts": [] }, "Deno.serve(handler)")), []);
  assert.deepEqual(
    findViolations(with_({ "src/core/ports.ts": [] }, "/**\n * not Date.now()\n */\n// Deno.exit")),
    [],
  );
});

Deno.test("findViolations allows discordeno in three files of src/discord", () => {
  const users = (count: number): Record<string, readonly string[]> =>
    Object.fromEntries(
      Array.from(
        { length: count },
        (_, index) => [`src/discord/user${index}.ts`, ["npm:/@discordeno/bot@21.0.0"]],
      ),
    );
  assert.deepEqual(findViolations(with_(users(2))), []);
  assert.match(
    findViolations(with_(users(3))).join("\n"),
    /^4 files import discordeno, at most 3 may: [^\n]*$/,
  );
});

Deno.test("findViolations finds cycles", () => {
  assert.deepEqual(
    findViolations(with_({ "src/core/ports.ts": ["src/core/mod.ts"] })),
    ["Cycle: src/core/mod.ts -> src/core/chat_box.ts -> src/core/ports.ts -> src/core/mod.ts"],
  );
  assert.deepEqual(findViolations(with_({ "src/core/ports.ts": ["src/core/ports.ts"] })), [
    "Cycle: src/core/ports.ts -> src/core/ports.ts",
  ]);
});

Deno.test("findViolations finds a file in no room", () => {
  assert.deepEqual(findViolations(with_({ "src/utils/misc.ts": [] })), [
    "src/utils/misc.ts is in no room: src/ has a fixed layout",
  ]);
});
