/**
 * `deno task test:compatible`: the main path against Discord, or any server that is like it. See docs/bridges.md.
 *
 * @module
 */
import { runMainPath } from "./run.ts";
import { readSettings } from "./settings.ts";

const print = (line: string): void => {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
};

async function main(): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    return await runMainPath(readSettings((key) => Deno.env.get(key)), folder, print) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    print(error.message);
    return 2;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.exit(await main());
