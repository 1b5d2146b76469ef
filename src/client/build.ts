/**
 * Bundles what browsers get into `static/dist/`: the chat page's code and looks, and the widget's loader.
 *
 * @module
 */
import * as esbuild from "esbuild";

/** A bundle: where it begins and what it is called. */
const BUNDLES = [
  { entry: "page.ts", output: "page.js" },
  { entry: "style/page.css", output: "page.css" },
  { entry: "widget.ts", output: "widget.js" },
];
/** Browsers of the last three years; `inset`, `dvh` and constructable style sheets are there in all of them. */
const TARGETS = ["chrome109", "firefox115", "safari16.4"];

const OUTPUT = new URL("../../static/dist/", import.meta.url);

/** Makes all bundles and prints their sizes, one a line. */
async function build(): Promise<void> {
  await Deno.mkdir(OUTPUT, { recursive: true });
  for (const { entry, output } of BUNDLES) {
    const result = await esbuild.build({
      entryPoints: [decodeURIComponent(new URL(entry, import.meta.url).pathname)],
      bundle: true,
      format: "iife",
      minify: true,
      target: TARGETS,
      charset: "utf8",
      legalComments: "none",
      logLevel: "error",
      write: false,
    });
    const bytes = result.outputFiles[0]?.contents;
    if (bytes === undefined) throw new Error(`Cannot bundle ${entry}: esbuild made no file`);
    await replace(output, bytes);
    const gzipped = await gzipSize(bytes);
    // deno-lint-ignore no-console -- the sizes are what a build has to say
    console.log(`static/dist/${output}  ${kib(bytes.length)}, ${kib(gzipped)} gzipped`);
  }
}

/** Puts a file in place at once, so that a server that runs meanwhile never reads half of it. */
async function replace(name: string, bytes: Uint8Array): Promise<void> {
  const temporary = new URL(`.${name}.${crypto.randomUUID()}`, OUTPUT);
  await Deno.writeFile(temporary, bytes);
  await Deno.rename(temporary, new URL(name, OUTPUT));
}

async function gzipSize(bytes: Uint8Array): Promise<number> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

if (import.meta.main) {
  try {
    await build();
  } finally {
    await esbuild.stop();
  }
}
