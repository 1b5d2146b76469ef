import { deepEqual, equal, ok } from "node:assert/strict";
import type {} from "../../../src/client/widget/api.ts";
import { HostSite } from "../../support/host_site.ts";
import { visit } from "./opened_site.ts";
import { RELAXED, Stage } from "./stage.ts";

let stage: Stage;
let site: HostSite;
Deno.test.beforeAll(async () => {
  site = new HostSite();
  stage = await Stage.set({ ALLOWED_SITES: `${site.origin},${site.foreignOrigin}` });
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

/** What docs/widget.md tells the makers of a strict site to allow, and nothing else. */
const strict = (): string =>
  `default-src 'none'; script-src 'self' ${stage.url}; frame-src ${stage.url}; ` +
  "style-src 'none'; require-trusted-types-for 'script'";

const widget = (): string => `${stage.url}/widget.js`;

Deno.test(
  "Widget: works on a site with a strict policy, and does nothing there before it is opened",
  RELAXED,
  async () => {
    const url = site.put("strict", { widget: widget(), policy: strict() });
    await using opened = await visit(stage, url);
    const { page, requests, lines } = opened;
    const launcher = page.getByRole("button", { name: "Open chat" });
    await launcher.waitFor();
    equal(
      await launcher.evaluate((node) => getComputedStyle(node).position),
      "fixed",
      "its style sheet is in force",
    );
    deepEqual(requests.map((request) => new URL(request.url()).pathname), ["/strict", "/widget.js"]);
    equal(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length), 0);
    equal(await page.locator("iframe").count(), 0);

    await launcher.click();
    const chat = opened.chat();
    await chat.write("from the tea shop");
    await chat.sees("from the tea shop", "delivered");
    const thread = await stage.threadWith("from the tea shop");
    stage.ada.say(thread, "Which tea?");
    await chat.sees("Which tea?");
    equal(await page.evaluate(() => localStorage.length), 0, "the site's own storage stays empty");

    await page.getByRole("button", { name: "Close chat" }).click();
    await page.locator("iframe").waitFor({ state: "hidden" });
    stage.ada.say(thread, "Green?");
    await page.getByRole("button", { name: "Open chat (1 unread)" }).waitFor();
    await page.getByRole("button", { name: "Open chat (1 unread)" }).click();
    await chat.row("Green?").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Open chat" }).click();
    await opened.chat().sees("Green?");
    deepEqual(lines, [], "nothing was blocked and nothing failed");
  },
);

Deno.test(
  "Widget: where a browser denies its frame a storage it works all the same, and begins anew after a reload",
  RELAXED,
  async () => {
    site.put("foreign", { widget: widget() });
    await using opened = await visit(stage, `${site.foreignOrigin}/foreign`);
    const { page } = opened;
    await page.getByRole("button", { name: "Open chat" }).click();
    await opened.chat().write("from a private window");
    await opened.chat().sees("from a private window", "delivered");
    await page.reload();
    await page.getByRole("button", { name: "Open chat" }).click();
    await opened.chat().write("once more");
    await opened.chat().sees("once more", "delivered");
    equal(await opened.chat().row("from a private window").count(), 0);
    equal(await page.evaluate(() => localStorage.length), 0, "the site's own storage stays empty");
  },
);

Deno.test(
  "Widget: the site's script opens, closes, listens, and can come before the widget",
  RELAXED,
  async () => {
    const script = `
    window.told = [];
    window.ChatBox50 = [(chat) => {
      for (const name of ["open", "close", "unread"]) chat.on(name, (value) => told.push([name, value ?? null]));
    }];`;
    const url = site.put("scripted", {
      widget: widget(),
      script,
      body: '<a href="#chat" class="help"><span>Help</span></a>',
      attributes:
        'data-open-on=".help" data-title="Tea help" data-greeting="Tea?" data-color="#7a1f5c" data-locale="de"',
    });
    await using opened = await visit(stage, url);
    const { page } = opened;
    await page.waitForFunction(() =>
      typeof globalThis.ChatBox50 === "object" && !Array.isArray(globalThis.ChatBox50)
    );
    equal(
      await page.getByRole("button", { name: "Chat öffnen" }).count(),
      0,
      "an element of the site's own opens it",
    );
    await page.getByText("Help").click();
    const frame = page.frameLocator("iframe");
    await frame.getByText("Tea?").waitFor();
    await frame.getByRole("heading", { name: "Tea help" }).waitFor();
    equal(await frame.locator("html").getAttribute("lang"), "de");
    equal(
      await frame.locator("html").evaluate((node) => getComputedStyle(node).getPropertyValue("--accent")),
      "#7a1f5c",
    );
    const chat = opened.chat();
    await chat.write("Tee, bitte");
    await chat.sees("Tee, bitte", "delivered");
    const call = (name: "open" | "close" | "toggle"): Promise<void> =>
      page.evaluate((method) => {
        const api = globalThis.ChatBox50;
        if (typeof api === "object" && !Array.isArray(api)) api[method]();
      }, name);
    await call("close");
    const thread = await stage.threadWith("Tee, bitte");
    stage.ada.say(thread, "Gern");
    await page.waitForFunction(() => JSON.stringify(Object(globalThis).told).includes('["unread",1]'));
    await call("toggle");
    await page.waitForFunction(() => JSON.stringify(Object(globalThis).told).endsWith('["unread",0]]'));
    await call("toggle");
    deepEqual(await page.evaluate(() => Object(globalThis).told), [
      ["open", null],
      ["close", null],
      ["unread", 1],
      ["open", null],
      ["unread", 0],
      ["close", null],
    ]);
  },
);

Deno.test(
  "Widget: data-position puts the button where the site wants it, in both directions",
  RELAXED,
  async () => {
    const cases: readonly (readonly [string, string, "left" | "right"])[] = [
      ["", "", "right"],
      ['data-position="end"', "", "right"],
      ['data-position="start"', "", "left"],
      ['data-position="left"', "", "left"],
      ['data-position="nonsense"', "", "right"],
      ["", 'data-locale="ar"', "left"],
      ['data-position="start"', 'data-locale="ar"', "right"],
      ['data-position="left"', 'data-locale="ar"', "left"],
      ['data-position="right"', 'data-locale="ar"', "right"],
    ];
    for (const [position, locale, side] of cases) {
      const url = site.put("placed", { widget: widget(), attributes: `${position} ${locale}` });
      await using opened = await visit(stage, url, { viewport: { width: 900, height: 700 } });
      const launcher = opened.page.locator(".launcher");
      await launcher.waitFor();
      const box = await launcher.boundingBox();
      ok(box !== null);
      equal(box.x < 450 ? "left" : "right", side, `${position} ${locale}`);
      await launcher.click();
      const panel = await opened.page.locator("iframe").boundingBox();
      ok(panel !== null);
      equal(panel.x < 200 ? "left" : "right", side, `the panel with ${position} ${locale}`);
    }
  },
);

Deno.test("Widget: data-launcher hides the button, or keeps it beside the site's own", RELAXED, async () => {
  const body = '<button class="help">Help</button>';
  for (
    const [attributes, shown] of [
      ["", true],
      ['data-launcher="hidden"', false],
      ['data-open-on=".help"', false],
      ['data-open-on=".help" data-launcher="shown"', true],
    ] as const
  ) {
    await using opened = await visit(stage, site.put("launcher", { widget: widget(), attributes, body }));
    const { page } = opened;
    await page.locator(".launcher").waitFor({ state: "attached" });
    equal(await page.locator(".launcher").isVisible(), shown, attributes);
    await page.getByText("Help").click();
    const opens = attributes.includes("open-on");
    equal(await page.locator("iframe").count(), opens ? 1 : 0);
    if (!opens || shown) continue;
    // Without a button the chat brings its own way out.
    await page.frameLocator("iframe").getByRole("button", { name: "Close the chat" }).click();
    await page.locator("iframe").waitFor({ state: "hidden" });
  }
});

Deno.test(
  "Widget: an element to open it that is no selector is named once in the console, and the button stays",
  RELAXED,
  async () => {
    await using opened = await visit(
      stage,
      site.put("bad-selector", { widget: widget(), attributes: 'data-open-on="a["', body: "<p>Text</p>" }),
    );
    const { page } = opened;
    const told: string[] = [];
    page.on("console", (message) => told.push(message.text()));
    page.on("pageerror", (error) => told.push(error.message));
    await page.reload();
    await page.locator(".launcher").waitFor();
    await page.getByText("Text").click();
    await page.getByText("Text").click();
    deepEqual(told.filter((text) => text.includes("data-open-on")), [
      'ChatBox50: data-open-on is "a[", allowed is a CSS selector',
    ]);
    deepEqual(told.filter((text) => /selector/i.test(text)).length, 1);
  },
);

Deno.test("Widget: the keyboard opens it, writes, and Escape gives the focus back", RELAXED, async () => {
  const url = site.put("keys", { widget: widget(), body: '<a href="#a">A link</a>' });
  await using opened = await visit(stage, url);
  const { page } = opened;
  await page.getByRole("button", { name: "Open chat" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const chat = opened.chat();
  await chat.composer.waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "CHATBOX50-WIDGET");
  await chat.composer.and(page.frameLocator("iframe").locator(":focus")).waitFor();
  await page.keyboard.type("typed blindly");
  await page.keyboard.press("Enter");
  await chat.sees("typed blindly", "delivered");
  await chat.row("typed blindly").getByRole("button", { name: "Delete" }).press("Enter");
  const question = page.frameLocator("iframe").getByRole("alertdialog");
  await question.waitFor();
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  // An input method's Escape gives a word up, in Safari under another number; neither a reply nor the chat with it.
  await chat.row("typed blindly").getByRole("button", { name: "Reply" }).press("Enter");
  const quoted = page.frameLocator("iframe").locator("#mode:not([hidden])");
  await quoted.waitFor();
  const escape = (
    composing: { readonly isComposing?: boolean; readonly keyCode?: number },
  ): Promise<unknown> =>
    chat.composer.evaluate((field, composing) => {
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, ...composing }));
    }, composing);
  for (const composing of [{ isComposing: true }, { keyCode: 229 }]) {
    await escape(composing);
    equal(await quoted.count(), 1);
  }
  await page.keyboard.press("Escape");
  await quoted.waitFor({ state: "detached" });
  for (const composing of [{ isComposing: true }, { keyCode: 229 }]) await escape(composing);
  // A panel that closed with the question or the words would not hear this.
  await chat.composer.press("Enter");
  equal(
    await page.getByRole("button", { name: "Close chat" }).count(),
    1,
    "Escape answers the question only",
  );
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Open chat" }).waitFor();
  equal(
    await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className),
    "launcher",
  );
});

Deno.test(
  "Widget: fills a phone's screen, above its keyboard, and lets the page scroll again",
  RELAXED,
  async () => {
    const url = site.put("phone", { widget: widget(), body: "<p>tea</p>".repeat(80) });
    await using opened = await visit(stage, url, {
      viewport: { width: 390, height: 760 },
      isMobile: true,
      hasTouch: true,
    });
    const { page } = opened;
    await page.getByRole("button", { name: "Open chat" }).tap();
    await opened.chat().composer.waitFor();
    // The panel slides and grows into its place; where it stands can be told once it has come to rest.
    const box = async (): Promise<unknown> => {
      await page.locator(".panel").evaluate((panel) =>
        Promise.all(panel.getAnimations().map((moving) => moving.finished))
      );
      return await page.locator("iframe").boundingBox();
    };
    await page.waitForFunction(() => visualViewport !== null);
    deepEqual(await box(), { x: 0, y: 0, width: 390, height: 760 });
    equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), "hidden");
    // What a keyboard does to the visible part.
    await page.evaluate(() => {
      Object.defineProperty(visualViewport, "height", { value: 420, configurable: true });
      visualViewport?.dispatchEvent(new Event("resize"));
    });
    deepEqual(await box(), { x: 0, y: 0, width: 390, height: 420 });
    await page.frameLocator("iframe").getByRole("button", { name: "Close the chat" }).tap();
    await page.locator("iframe").waitFor({ state: "hidden" });
    equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), "visible");
  },
);

Deno.test("Widget: the network goes and the server restarts while it is open", RELAXED, async () => {
  await using opened = await visit(stage, site.put("restart", { widget: widget() }));
  await opened.page.getByRole("button", { name: "Open chat" }).click();
  const chat = opened.chat();
  await chat.write("widget before");
  await chat.sees("widget before", "delivered");
  await opened.page.context().setOffline(true);
  stage.wire.cut();
  await chat.write("widget offline");
  await chat.sees("widget offline", "queued");
  await stage.stopServer("SIGKILL");
  await stage.startServer();
  stage.wire.restore();
  await opened.page.context().setOffline(false);
  await chat.sees("widget offline", "delivered");
  const thread = await stage.threadWith("widget offline");
  equal(stage.textOf(thread).split("widget offline").length, 2);
});
