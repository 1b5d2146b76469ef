import { deepEqual, equal, match } from "node:assert/strict";
import { createHash } from "node:crypto";
import { changelogSection, release, type ReleaseOptions, TARGETS } from "../support/release.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

## [1.2.3] - 2026-01-02

### Added

- Something.

## [1.2.2] - 2026-01-01

## [1.2.1]

- No date.
`;

Deno.test("changelogSection finds a version's own words, and none without a date or without words", () => {
  equal(changelogSection(CHANGELOG, "1.2.3"), "### Added\n\n- Something.");
  for (const version of ["1.2.2", "1.2.1", "1.2", "Unreleased", "1x2.3"]) {
    equal(changelogSection(CHANGELOG, version), undefined);
  }
});

async function run(
  options: Partial<ReleaseOptions>,
): Promise<{ code: number; said: string[]; files: Map<string, string> }> {
  const folder = await Deno.makeTempDir();
  try {
    const said: string[] = [];
    const code = await release({
      version: "1.2.3",
      changelog: CHANGELOG,
      folder: `${folder}/release`,
      compile: async (target, output) => {
        await Deno.writeTextFile(output, target);
        return { success: true, said: "" };
      },
      say: (text) => void said.push(text),
      ...options,
    });
    const files = new Map<string, string>();
    for await (const { name } of Deno.readDir(`${folder}/release`)) {
      files.set(name, await Deno.readTextFile(`${folder}/release/${name}`));
    }
    return { code, said, files };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("release makes a file a platform, their checksums and the notes", async () => {
  const { code, files } = await run({});
  equal(code, 0);
  deepEqual([...files.keys()].sort(), [
    "NOTES.md",
    "SHA256SUMS",
    "chatbox50-1.2.3-linux-arm64",
    "chatbox50-1.2.3-linux-x64",
    "chatbox50-1.2.3-macos-arm64",
    "chatbox50-1.2.3-macos-x64",
    "chatbox50-1.2.3-windows-x64.exe",
  ]);
  const sums = (files.get("SHA256SUMS") ?? "").trimEnd().split("\n").map((line) => line.split("  "));
  equal(sums.length, Object.keys(TARGETS).length);
  for (const [sum, name = ""] of sums) {
    equal(sum, createHash("sha256").update(files.get(name) ?? "").digest("hex"));
  }
});

Deno.test("release says which platforms need Deno's download when that cannot be reached, and fails", async () => {
  const { code, said, files } = await run({
    compile: async (target, output) => {
      if (target !== "x86_64-unknown-linux-gnu") {
        return {
          success: false,
          said: "Download https://dl.deno.land/x.zip\nerror: dns error: no such host",
        };
      }
      await Deno.writeTextFile(output, target);
      return { success: true, said: "" };
    },
  });
  equal(code, 1);
  match(
    said.join("\n"),
    /Cannot build linux-arm64: Deno's runtime for it must be downloaded, and .*cannot be reached/,
  );
  match(
    said.at(-1) ?? "",
    /^Not a whole release: linux-arm64, macos-x64, macos-arm64, windows-x64\.exe could not/,
  );
  equal((files.get("SHA256SUMS") ?? "").split("\n").length, 2);
});

Deno.test("release refuses a version without a section in the changelog", async () => {
  const options = { version: "1.2.2", compile: () => Promise.reject(new Error("must not compile")) };
  const outcome = await run(options).catch((error) => error);
  // nothing was made, not even the folder
  equal(outcome instanceof Deno.errors.NotFound, true);
});
