// What the widget shows, and to whom, while there is no chat to show.
import { equal, match, ok } from "node:assert/strict";
import { HostSite } from "../../support/host_site.ts";
import { visit } from "./opened_site.ts";
import { RELAXED, Stage } from "./stage.ts";

let stage: Stage;
let site: HostSite;
let stranger: HostSite;
Deno.test.beforeAll(async () => {
  site = new HostSite();
  stranger = new HostSite();
  stage = await Stage.set({ ALLOWED_SITES: site.origin });
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
});

const widget = (): string => `${stage.url}/widget.js`;

Deno.test(
  "Widget: a site that is not allowed gets a link instead, and is told what to do",
  RELAXED,
  async () => {
    const url = stranger.put("not-allowed", { widget: widget() });
    await using opened = await visit(stage, url);
    const { page, lines } = opened;
    await page.getByRole("button", { name: "Open chat" }).click();
    const link = page.getByRole("link", { name: "Open the chat in a new tab" });
    await link.waitFor();
    equal(await link.getAttribute("href"), `${stage.url}/`);
    await page.getByText("The chat cannot be shown on this page right now.").waitFor();
    ok(lines.some((line) => line.includes(`ALLOWED_SITES=${stranger.origin}`)), lines.join("\n"));
  },
);

const PHONE = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  reducedMotion: "reduce",
} as const;

Deno.test(
  "Widget: a phone that gets no chat, or none yet, finds its way back to the site",
  RELAXED,
  async () => {
    const blocked = stranger.put("blocked-phone", { widget: widget() });
    const slow = site.put("slow-phone", { widget: widget() });
    for (const [url, shown] of [[blocked, ".cover.blocked"], [slow, ".cover.waiting"]] as const) {
      await using opened = await visit(stage, url, PHONE);
      const { page } = opened;
      // The frame is asked for and never comes.
      if (url === slow) await page.route("**/embed", () => {});
      const open = page.getByRole("button", { name: "Open chat" });
      await open.tap();
      await page.locator(shown).waitFor();
      const close = page.getByRole("button", { name: "Close chat" }).and(page.locator(".close"));
      const box = await close.boundingBox();
      ok(
        box !== null && box.width >= 44 && box.height >= 44 && box.x + box.width <= 390,
        "a finger finds it",
      );
      await close.tap();
      await page.locator(".panel").waitFor({ state: "hidden" });
      equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), "visible");
      await open.tap();
      await page.locator(shown).waitFor();
      await page.unrouteAll();
    }
  },
);

Deno.test("Widget: a chat that comes late takes the place of the excuse for it", RELAXED, async () => {
  await using opened = await visit(stage, site.put("late", { widget: widget() }));
  const { page } = opened;
  await page.clock.install();
  let come = (): void => {};
  await page.route("**/embed", async (route) => {
    await new Promise<void>((resolve) => come = resolve);
    await route.continue();
  });
  const launcher = page.locator(".launcher");
  await launcher.click();
  await page.locator(".cover.waiting").waitFor();
  await page.clock.fastForward(15_000);
  await page.getByText("cannot be shown on this page").waitFor();
  come();
  await page.locator(".cover").waitFor({ state: "detached" });
  await opened.chat().write("better late");
  await opened.chat().sees("better late", "delivered");
});

Deno.test(
  "Widget: a site whose policy blocks the frame is told which directives it needs",
  RELAXED,
  async () => {
    const url = site.put("blocking", {
      widget: widget(),
      policy: `default-src 'none'; script-src ${stage.url}`,
    });
    await using opened = await visit(stage, url);
    const { page, lines } = opened;
    await page.getByRole("button", { name: "Open chat" }).click();
    await page.getByRole("link", { name: "Open the chat in a new tab" }).waitFor();
    const words = lines.filter((line) => line.startsWith("ChatBox50:"));
    equal(words.length, 1);
    match(words[0] ?? "", new RegExp(`It needs: script-src ${stage.url}; frame-src ${stage.url}`));
  },
);
