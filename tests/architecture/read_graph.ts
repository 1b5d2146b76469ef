import { fileURLToPath, pathToFileURL } from "node:url";
import type { SourceFile } from "./graph_rules.ts";

const ROOT = new URL("../../", import.meta.url);

interface Resolved {
  readonly specifier?: string;
}

interface DenoInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: Resolved; readonly type?: Resolved }[];
  }[];
}

/**
 * Reads the program's graph: main.ts and every file of src/, also those that nothing imports.
 *
 * @returns The files with what they import
 */
export async function readGraph(): Promise<readonly SourceFile[]> {
  const paths = ["main.ts", ...listSources("src")];
  // `deno info` takes a single entry: one that imports everything
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      entry,
      paths.map((path) => `import ${JSON.stringify(new URL(path, ROOT).href)};\n`).join(""),
    );
    const info = await denoInfo(entry);
    return await Promise.all(
      info.modules.filter(({ specifier }) => specifier.startsWith(ROOT.href)).map(async (module) => ({
        path: relative(module.specifier),
        imports: (module.dependencies ?? []).flatMap(({ code, type }) => {
          const target = code?.specifier ?? type?.specifier;
          return target === undefined ? [] : [relative(target)];
        }),
        text: await Deno.readTextFile(new URL(module.specifier)),
      })),
    );
  } finally {
    await Deno.remove(entry);
  }
}

async function denoInfo(entry: string): Promise<DenoInfo> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "info",
      "--json",
      "--config",
      fileURLToPath(new URL("deno.json", ROOT)),
      pathToFileURL(entry).href,
    ],
    cwd: fileURLToPath(ROOT),
  }).output();
  if (!success) throw new Error(`deno info failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function listSources(directory: string): readonly string[] {
  return [...Deno.readDirSync(new URL(`${directory}/`, ROOT))].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) return listSources(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

function relative(specifier: string): string {
  return specifier.startsWith(ROOT.href) ? decodeURI(specifier.slice(ROOT.href.length)) : specifier;
}
