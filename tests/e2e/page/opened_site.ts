import type { BrowserContextOptions, Page, Request } from "playwright-core";
import { type Stage, Visitor } from "./stage.ts";

/** A site with the widget, in a browser of its own. */
export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the page has asked for so far. */
  readonly requests: readonly Request[];
  /** What stands in its console so far. */
  readonly lines: readonly string[];
  /** The chat in the frame. */
  readonly chat: () => Visitor;
}

/** Opens a page of a site. */
export async function visit(
  stage: Stage,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await stage.context(options);
  const page = await context.newPage();
  const requests: Request[] = [];
  const lines: string[] = [];
  page.on("request", (request) => requests.push(request));
  page.on("console", (line) => lines.push(line.text()));
  await page.goto(url);
  return {
    page,
    requests,
    lines,
    chat: () => new Visitor(page, page.frameLocator("iframe")),
    [Symbol.asyncDispose]: () => context.close(),
  };
}
