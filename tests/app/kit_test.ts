import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { CommandContext } from "../../src/app/command.ts";
import { writeKit } from "../../src/app/kit.ts";
import { makeLogger } from "../../src/logging.ts";
import { parseConfig } from "../../src/config.ts";

const DOCS = new URL("../../docs/", import.meta.url);

function contextInto(said: string[]): CommandContext {
  return {
    config: parseConfig({ args: [], env: {}, readFile: () => "" }),
    logger: makeLogger("test"),
    print: (text) => said.push(text) > 0,
    progress: () => {},
    signal: new AbortController().signal,
  };
}

/** Every file below, by its path. */
async function filesIn(folder: string | URL): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const inner of ["deploy", "monitoring"]) {
    for await (
      const { name } of Deno.readDir(folder instanceof URL ? new URL(inner, folder) : `${folder}/${inner}`)
    ) {
      const path = `${inner}/${name}`;
      files.set(
        path,
        await Deno.readTextFile(folder instanceof URL ? new URL(path, folder) : `${folder}/${path}`),
      );
    }
  }
  return files;
}

Deno.test("writeKit writes the page and all that it speaks of to a new folder, and touches no other", async () => {
  const parent = await Deno.makeTempDir();
  try {
    const folder = `${parent}/new/kit`;
    const said: string[] = [];
    await writeKit(contextInto(said), folder);
    const files = await filesIn(folder);
    deepEqual(files, await filesIn(DOCS));
    equal(files.has("deploy/chatbox50-admin"), true);
    equal(said.join(), `Wrote ${files.size + 1} files to ${folder}; begin with ${folder}/deploy.md\n`);
    // What the page links to in the kit is in it.
    const page = await Deno.readTextFile(`${folder}/deploy.md`);
    const links = [...page.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, link = ""]) => link);
    equal(links.length > 4, true);
    deepEqual(links.filter((link) => !files.has(link)), []);
    // What it installs from there, too.
    const used = [...page.matchAll(/chatbox50-kit\/(\S+)/g)].map(([, path = ""]) => path);
    equal(used.length > 6, true);
    deepEqual(used.filter((path) => !files.has(path)), []);

    await rejects(writeKit(contextInto(said), folder), (error: Error & { exitCode?: number }) => {
      match(error.message, /^Cannot write the kit to .*; name a new folder$/);
      return error.exitCode === 73;
    });
    await Deno.writeTextFile(`${parent}/file`, "");
    await rejects(writeKit(contextInto(said), `${parent}/file`), /^StartError: Cannot write the kit to/);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});
