import type { Bench, Figure } from "./bench.ts";

const BUNDLES = new URL("../../static/dist/", import.meta.url);
const PAGES = new URL("../../static/", import.meta.url);
const KIB = 1024;

/** What a visitor's browser loads before the first message, gzipped: the chat page, and what a site that has the widget loads at first. */
export const pageWeight: Bench = {
  name: "page-weight",
  async *run(): AsyncIterable<Figure> {
    const parts = [new URL("index.html", PAGES), new URL("page.css", BUNDLES), new URL("page.js", BUNDLES)];
    const page = (await Promise.all(parts.map(gzipped))).reduce((sum, bytes) => sum + bytes, 0);
    const loader = await gzipped(new URL("widget.js", BUNDLES));
    yield {
      figure: "chat page: HTML, CSS and JS, gzipped",
      measured: page / KIB,
      unit: "KiB",
      bar: { atMost: 40 },
    };
    yield { figure: "widget's loader, gzipped", measured: loader / KIB, unit: "KiB", bar: { atMost: 6 } };
  },
};

async function gzipped(file: URL): Promise<number> {
  const body = new Blob([await Deno.readFile(file)]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(body).arrayBuffer()).byteLength;
}
