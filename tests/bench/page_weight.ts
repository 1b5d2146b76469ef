import type { Bench, Figure } from "./bench.ts";

const KIB = 1024;
const PAGE_KIB = 40;
const LOADER_KIB = 6;
const STATIC = new URL("../../static/", import.meta.url);

/** What a visitor's browser loads: the chat page with all its parts, and the widget's loader. */
export const pageWeight: Bench = {
  name: "weight",
  async *run(): AsyncIterable<Figure> {
    const html = await Deno.readTextFile(new URL("index.html", STATIC));
    let page = await gzippedKib("index.html");
    for (const part of partsOf(html)) page += await gzippedKib(part);
    yield {
      figure: "chat page: HTML, CSS and JS, gzipped",
      measured: page,
      unit: "KiB",
      bar: { atMost: PAGE_KIB },
    };
    const loader = await gzippedKib("dist/widget.js");
    yield { figure: "widget's loader, gzipped", measured: loader, unit: "KiB", bar: { atMost: LOADER_KIB } };
  },
};

/** The style sheets and scripts that a page names, below `static/`. */
function partsOf(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="\/static\/([^"]+\.(?:css|js))"/g)].map(([, path = ""]) => path);
}

async function gzippedKib(path: string): Promise<number> {
  const file = await Deno.readFile(new URL(path, STATIC));
  const body = new Blob([file]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(body).arrayBuffer()).byteLength / KIB;
}
