/**
 * What `deno task release` runs: an executable a platform, and SHA256SUMS beside them, in dist/release. The version is
 * deno.json's, and the changelog must have a section of it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import manifest from "../../deno.json" with { type: "json" };

/** What Deno calls the platforms, and what the files are called. */
export const TARGETS: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "linux-x64",
  "aarch64-unknown-linux-gnu": "linux-arm64",
  "x86_64-apple-darwin": "macos-x64",
  "aarch64-apple-darwin": "macos-arm64",
  "x86_64-pc-windows-msvc": "windows-x64.exe",
};

/** What compiling came to. */
export interface Compiled {
  readonly success: boolean;
  /** What the compiler said. */
  readonly said: string;
}

/** What a release is made with; tests bring their own. */
export interface ReleaseOptions {
  readonly version: string;
  readonly changelog: string;
  /** The folder for the files; emptied first. */
  readonly folder: string;
  /** Makes one executable. */
  readonly compile: (target: string, output: string) => Promise<Compiled>;
  readonly say: (text: string) => void;
}

/**
 * Finds what the changelog says about a version.
 *
 * @returns its section; `undefined` when there is none or it is empty
 */
export function changelogSection(changelog: string, version: string): string | undefined {
  const heading = new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d{2}-\\d{2}$`, "m").exec(
    changelog,
  );
  if (heading === null) return undefined;
  const [section = ""] = changelog.slice(heading.index + heading[0].length).split(/^## |^\[[^\]]+\]: /m);
  return section.trim() === "" ? undefined : section.trim();
}

/**
 * Makes the files of a release.
 *
 * @returns what to end the process with: 0 when every file was made, 1 otherwise
 */
export async function release({ version, changelog, folder, compile, say }: ReleaseOptions): Promise<number> {
  const section = changelogSection(changelog, version);
  if (section === undefined) {
    say(
      `Cannot release ${version}: CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD" with something in it`,
    );
    return 1;
  }
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(folder, { recursive: true });
  const sums: string[] = [];
  const missing: string[] = [];
  for (const [target, platform] of Object.entries(TARGETS)) {
    const name = `chatbox50-${version}-${platform}`;
    const { success, said } = await compile(target, `${folder}/${name}`);
    if (!success) {
      missing.push(platform);
      say(`Cannot build ${platform}: ${reasonOf(said)}`);
      continue;
    }
    const hash = createHash("sha256").update(await Deno.readFile(`${folder}/${name}`)).digest("hex");
    sums.push(`${hash}  ${name}\n`);
    say(`Built ${name}`);
  }
  await Deno.writeTextFile(`${folder}/SHA256SUMS`, sums.join(""));
  await Deno.writeTextFile(`${folder}/NOTES.md`, `${section}\n`);
  if (missing.length === 0) return 0;
  say(`Not a whole release: ${missing.join(", ")} could not be built`);
  return 1;
}

function reasonOf(said: string): string {
  const line = said.trim().split("\n").findLast((each) => each.trim() !== "") ?? "no reason";
  return /dl\.deno\.land|download|dns|connect|network/i.test(said)
    ? `Deno's runtime for it must be downloaded, and its download site cannot be reached (${line.trim()})`
    : line.trim();
}

/** Compiles with the flags of the task `compile`, for another platform. */
async function compileFor(target: string, output: string): Promise<Compiled> {
  const words = manifest.tasks.compile.command.split(" ");
  const args = words.slice(words.indexOf("compile")).flatMap((word, index, all) =>
    all[index - 1] === "--output" ? [output, "--target", target] : [word]
  );
  const last = args.pop() ?? "main.ts";
  const env = { ...Deno.env.toObject(), NO_COLOR: "1", RUST_MIN_STACK: "8388608" };
  // A runtime that was put there by hand is for this machine; Deno would take it for every platform.
  if (target !== Deno.build.target) Reflect.deleteProperty(env, "DENORT_BIN");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, last],
    clearEnv: true,
    env,
  }).output();
  return { success, said: new TextDecoder().decode(stderr) };
}

if (import.meta.main) {
  Deno.exit(
    await release({
      version: manifest.version,
      changelog: await Deno.readTextFile("CHANGELOG.md"),
      folder: "dist/release",
      compile: compileFor,
      say: (text) => void Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`)),
    }),
  );
}
