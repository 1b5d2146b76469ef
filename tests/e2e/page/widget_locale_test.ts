import { deepEqual } from "node:assert/strict";
import { HostSite } from "../../support/host_site.ts";
import { visit } from "./opened_site.ts";
import { RELAXED, Stage } from "./stage.ts";

let stage: Stage;
let site: HostSite;
Deno.test.beforeAll(async () => {
  site = new HostSite();
  stage = await Stage.set({ ALLOWED_SITES: site.origin });
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

for (
  const [what, lang, attributes, locale, launcher, shown, dir] of [
    ["an English visitor of an Arabic site", "ar", "", "en-GB", "Open chat", "en", "ltr"],
    ["a German visitor of an English site", "en", "", "de-AT", "Chat öffnen", "de", "ltr"],
    ["an Arabic visitor of a site in no language", "", "", "ar-EG", "فتح المحادثة", "ar", "rtl"],
    ["a visitor whose language the chat has not", "ja", "", "fr-FR", "Open chat", "en", "ltr"],
    ["a visitor of a site that has chosen", "en", 'data-locale="ja"', "de-DE", "チャットを開く", "ja", "ltr"],
    [
      "a visitor of a site that has chosen what the chat has not",
      "ar",
      'data-locale="fa"',
      "de-DE",
      "Chat öffnen",
      "de",
      "ltr",
    ],
  ] as const
) {
  Deno.test(`Widget: launcher and chat speak the same language to ${what}`, RELAXED, async () => {
    const url = site.put("locale", { widget: `${stage.url}/widget.js`, attributes, lang });
    await using opened = await visit(stage, url, { locale });
    const button = opened.page.locator("chatbox50-widget button.launcher");
    await button.waitFor();
    const named = await button.getAttribute("aria-label");
    const around = await button.evaluate((node) => getComputedStyle(node).direction);
    await button.click();
    await opened.chat().writable();
    const page = opened.page.frameLocator("iframe").locator("html");
    const chat = await page.evaluate((html: HTMLElement) => [html.lang, html.dir]);
    deepEqual([named, around, ...chat], [launcher, dir, shown, dir]);
  });
}
