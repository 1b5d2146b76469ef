import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EXECUTABLE = `${ROOT}dist/chatbox50`;
/** What the executable is made of. */
const MADE_OF = ["main.ts", "deno.json", "src", "static"] as const;

/**
 * The executable that CHATBOX50_EXECUTABLE names, or else `dist/chatbox50`, made anew when it is missing or older than what it is made of.
 *
 * @returns its absolute path
 * @throws {Error} when there is none and none can be made here
 */
export async function currentExecutable(): Promise<string> {
  const named = Deno.env.get("CHATBOX50_EXECUTABLE");
  if (named !== undefined) {
    const path = named.startsWith("/") ? named : `${ROOT}${named}`;
    await Deno.stat(path).catch(() => {
      throw new Error(
        `Cannot find the executable ${path}: CHATBOX50_EXECUTABLE names one from the repository's root`,
      );
    });
    return path;
  }
  if (await isCurrent()) return EXECUTABLE;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "compile"],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return EXECUTABLE;
  const why =
    new TextDecoder().decode(stderr).trim().split("\n").findLast((line) => line.includes("error")) ?? "";
  throw new Error(
    `Cannot find an executable that is as new as its source: allowed is one made by \`deno task compile\`, which fails ` +
      `here, or one that CHATBOX50_EXECUTABLE names (${why})`,
  );
}

async function isCurrent(): Promise<boolean> {
  try {
    const made = (await Deno.stat(EXECUTABLE)).mtime?.getTime() ?? 0;
    const newest = await Promise.all(MADE_OF.map((part) => newestIn(`${ROOT}${part}`)));
    return made >= Math.max(...newest);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** When the newest file was changed, in Unix milliseconds; bundles are made from what is looked at anyway. */
async function newestIn(path: string): Promise<number> {
  const { isDirectory, mtime } = await Deno.stat(path);
  if (!isDirectory) return mtime?.getTime() ?? 0;
  let newest = 0;
  for await (const { name } of Deno.readDir(path)) {
    if (path.endsWith("/static") && name === "dist") continue;
    newest = Math.max(newest, await newestIn(`${path}/${name}`));
  }
  return newest;
}
