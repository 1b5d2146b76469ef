import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { RELAXED, World } from "./world.ts";

const ARTIFACTS = new URL("../artifacts/", import.meta.url).pathname;

/** Collects what a page complains about; a blocked script or style is such a complaint. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  return complaints;
}

async function write(page: Page, text: string): Promise<void> {
  const composer = page.getByRole("textbox");
  await composer.fill(text);
  await composer.press("Enter");
}

Deno.test(
  "Browser: open, write, see the answer, reload, still there; a second tab too, a second browser not",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { discord, forum } = world;
    const server = await world.server();
    const url = await server.url();
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
      const page = await context.newPage();
      const complaints = complaintsOf(page);
      await page.goto(url);
      await write(page, "Hello, <b>is</b> anybody there?");
      const log = page.locator("#messages");
      await log.getByText("Hello, <b>is</b> anybody there?").waitFor();
      await discord.until(() => discord.threads(forum).length === 1);
      const thread = discord.threads(forum)[0];
      const uid = await page.evaluate(() => JSON.stringify(localStorage));
      equal(uid.includes(String(thread?.name)), true);
      await discord.until(() =>
        JSON.stringify(discord.messages(String(thread?.id))).includes("anybody there")
      );
      discord.staff("ada").say(String(thread?.id), "Yes, **we** are.");
      await log.getByText("Yes, we are.").waitFor();
      await log.getByText("ada", { exact: true }).first().waitFor();
      await Deno.mkdir(ARTIFACTS, { recursive: true });
      await page.screenshot({ path: `${ARTIFACTS}whole_path.png` });

      await page.reload();
      await log.getByText("Yes, we are.").waitFor();
      await log.getByText("anybody there?").waitFor();

      const tab = await context.newPage();
      await tab.goto(url);
      await tab.locator("#messages").getByText("Yes, we are.").waitFor();
      await write(tab, "Written in the second tab");
      await log.getByText("Written in the second tab").waitFor();

      const stranger = await (await browser.newContext()).newPage();
      await stranger.goto(url);
      await write(stranger, "I am somebody else");
      await stranger.locator("#messages").getByText("I am somebody else").waitFor();
      await discord.until(() => discord.threads(forum).length === 2);
      equal(await stranger.getByText("anybody there").count(), 0);
      equal(await page.getByText("somebody else").count(), 0);
      deepEqual(complaints, []);
      match(String((await page.context().cookies()).length), /^0$/);
      notEqual(thread?.name, discord.threads(forum).find(({ id }) => id !== thread?.id)?.name);
    } finally {
      await browser.close();
    }
  },
);
