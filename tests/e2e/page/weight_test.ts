import { equal, match, ok } from "node:assert/strict";
import { RELAXED, Stage } from "./stage.ts";

const KIB = 1024;
const PAGE_KIB = 40;
const LOADER_KIB = 6;

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set({ NAME: "Tea & more" });
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

async function gzipped(path: string): Promise<number> {
  const response = await fetch(stage.url + path);
  equal(response.status, 200, path);
  const body = (await response.blob()).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(body).arrayBuffer()).byteLength;
}

Deno.test(
  `Page: HTML, CSS and JS together weigh at most ${PAGE_KIB} KiB gzipped, the loader ${LOADER_KIB}`,
  RELAXED,
  async () => {
    const html = await (await fetch(stage.url)).text();
    const parts = [...html.matchAll(/(?:src|href)="(\/static\/[^"]+\.(?:css|js)[^"]*)"/g)].map((
      [, path = ""],
    ) => path);
    equal(parts.length, 2);
    let page = await gzipped("/");
    for (const part of parts) page += await gzipped(part);
    ok(page <= PAGE_KIB * KIB, `the page weighs ${(page / KIB).toFixed(1)} KiB`);
    const loader = await gzipped("/widget.js");
    ok(loader <= LOADER_KIB * KIB, `the loader weighs ${(loader / KIB).toFixed(1)} KiB`);
    ok(!html.includes("{{"), "every placeholder is filled in");
    match(html, /<title>Tea &amp; more<\/title>/);
  },
);

Deno.test("Page: is painted and can be written in before there is a WebSocket", RELAXED, async () => {
  const context = await stage.context();
  // It never opens.
  await context.routeWebSocket("**/ws", () => {});
  const visitor = await stage.tab(context);
  const { page } = visitor;
  const paints = await page.evaluate(async () => {
    const seen = (): string[] => performance.getEntriesByType("paint").map(({ name }) => name);
    for (let frames = 0; frames < 300 && !seen().includes("first-contentful-paint"); frames++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return seen();
  });
  ok(paints.includes("first-contentful-paint"));
  await page.getByRole("heading", { name: "Tea & more" }).waitFor();
  await page.getByText("How can we help?").waitFor();
  await visitor.write("too early?");
  await visitor.sees("too early?", "queued");
  await context.unrouteAll?.();
  await context.close();
});
