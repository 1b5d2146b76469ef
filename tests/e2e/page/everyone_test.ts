import { deepEqual, equal, ok } from "node:assert/strict";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { HostSite } from "../../support/host_site.ts";
import { LOOKS, violations } from "./looks.ts";
import { RELAXED, Stage, Visitor } from "./stage.ts";

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

/** A conversation with everything that can stand in one. */
async function fullConversation(options: BrowserContextOptions): Promise<Visitor> {
  const visitor = await stage.visitor(options);
  const name = `Hello ${crypto.randomUUID()}`;
  await visitor.write(name);
  await visitor.sees(name, "delivered");
  const thread = await stage.threadWith(name);
  stage.ada.say(thread, "# Title\n**bold** `code` ||hidden|| [docs](https://docs.example/)\n> quote\n- item");
  const gone = stage.ada.say(thread, "gone soon");
  await visitor.sees("gone soon");
  stage.ada.delete(thread, gone.id);
  await visitor.messages.locator(".deleted").waitFor();
  await visitor.messages.locator(".from-agent").first().locator(".tools button").first().focus();
  await visitor.messages.locator(".from-agent").first().locator(".tools button").first().click();
  await visitor.write("A reply");
  await visitor.sees("A reply", "delivered");
  stage.ada.type(thread);
  await visitor.page.locator("#typing:not(:empty)").waitFor();
  return visitor;
}

for (const [look, options] of Object.entries(LOOKS)) {
  Deno.test(`Page: axe finds nothing wrong: ${look}`, RELAXED, async () => {
    await using empty = await stage.visitor(options);
    await empty.page.locator(".empty-words:not(:empty)").waitFor();
    const found = await violations(empty.page, "empty");
    equal(
      await empty.page.evaluate(() => document.documentElement.dir),
      look === "right to left" ? "rtl" : "ltr",
    );
    await using visitor = await fullConversation(options);
    found.push(...await violations(visitor.page, "conversation"));
    await visitor.row("A reply").locator(".tools button").last().click();
    await visitor.page.getByRole("alertdialog").waitFor();
    found.push(...await violations(visitor.page, "question"));
    deepEqual(found, []);
  });
}

for (const [look, options] of Object.entries(LOOKS)) {
  Deno.test(`Widget: axe finds nothing wrong: ${look}`, RELAXED, async () => {
    const url = site.put("axe", { widget: `${stage.url}/widget.js` });
    const context = await stage.context(options);
    const page = await context.newPage();
    await page.goto(url);
    const launcher = page.locator(".launcher");
    await launcher.waitFor();
    const found = await violations(page, "closed");
    await launcher.click();
    const chat = new Visitor(page, page.frameLocator("iframe"));
    await chat.write("from the widget");
    await chat.sees("from the widget", "delivered");
    const [, frame] = page.frames();
    ok(frame);
    found.push(...await violations(page, "open"), ...await violations(frame, "frame"));
    deepEqual(found, []);
    await context.close();
  });
}

Deno.test("Page: everything can be done with the keyboard alone", RELAXED, async () => {
  await using visitor = await stage.visitor();
  const { page } = visitor;
  const { keyboard } = page;
  const focused = (): Promise<string> =>
    page.evaluate(() =>
      document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id ?? ""
    );
  equal(await focused(), "Message", "one can write at once");
  await keyboard.type("only keys");
  await keyboard.press("Enter");
  await visitor.sees("only keys", "delivered");
  const reach = async (label: string): Promise<void> => {
    for (let presses = 0; presses < 12 && await focused() !== label; presses++) {
      await keyboard.press("Shift+Tab");
    }
    equal(await focused(), label);
  };
  await reach("Edit");
  ok(await page.locator(":focus").evaluate((node) => getComputedStyle(node).outlineStyle !== "none"));
  await keyboard.press("Enter");
  equal(await focused(), "Message");
  await keyboard.type(" and no mouse");
  await keyboard.press("Enter");
  await visitor.row("only keys and no mouse").locator(".edited").waitFor();
  await reach("Reply");
  await keyboard.press("Enter");
  await keyboard.press("Escape");
  await page.locator("#mode").waitFor({ state: "hidden" });
  await reach("Delete");
  await keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await visitor.messages.locator(".deleted").waitFor();
  await reach("Conversation");
});

Deno.test("Page: Enter that ends an input method's word does not send", RELAXED, async () => {
  await using visitor = await stage.visitor({ locale: "ja-JP" });
  const { page, composer } = visitor;
  const devtools = await page.context().newCDPSession(page);
  await composer.focus();
  await devtools.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229, type: "rawKeyDown" as const };
  await devtools.send("Input.dispatchKeyEvent", key);
  await devtools.send("Input.insertText", { text: "日本" });
  equal(await composer.inputValue(), "日本");
  equal(await visitor.messages.locator(".message").count(), 0);
  await composer.press("Enter");
  await visitor.sees("日本", "delivered");
});

/** A page that is wider than its window makes its reader scroll sideways. */
async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const widths = [...document.querySelectorAll("body *")].map((node) => node.getBoundingClientRect());
    const visible = widths.filter(({ width, height }) => width > 1 && height > 1);
    return Math.max(0, ...visible.map(({ right, left }) => Math.max(right - innerWidth, -left)));
  });
}

Deno.test(
  "Page: fits a phone and a window zoomed to 200 % and 400 %, in both directions of writing",
  RELAXED,
  async () => {
    const long = `${"Donaudampfschifffahrtsgesellschaft".repeat(6)} https://shop.example/${"a/".repeat(90)}`;
    for (const locale of ["en-GB", "ar-EG"]) {
      for (
        const viewport of [{ width: 390, height: 760 }, { width: 640, height: 400 }, {
          width: 320,
          height: 256,
        }]
      ) {
        await using visitor = await stage.visitor({ viewport, locale });
        await visitor.write(long);
        await visitor.sees("Donaudampf", "delivered");
        equal(await overflow(visitor.page), 0, `${locale} at ${viewport.width} x ${viewport.height}`);
        const field = await visitor.composer.boundingBox();
        ok(field !== null && field.y + field.height <= viewport.height, "the field is in view");
      }
    }
  },
);

/** What the shown tools lie over: every other message's bubble, as its text. */
async function coveredBy(row: Locator): Promise<string[]> {
  return await row.evaluate((node) => {
    const tools = node.querySelector(".tools");
    if (tools === null || getComputedStyle(tools).display === "none") throw new Error("no tools are shown");
    const place = tools.getBoundingClientRect();
    return [...document.querySelectorAll("#messages .bubble")].filter((bubble) => {
      const { left, right, top, bottom } = bubble.getBoundingClientRect();
      return !node.contains(bubble) && left < place.right && right > place.left && top < place.bottom &&
        bottom > place.top;
    }).map(({ textContent }) => textContent ?? "");
  });
}

Deno.test(
  "Page: what can be done with a message covers no other one, on whatever screen and in both directions",
  RELAXED,
  async () => {
    const long = "a longer line that takes all the room which a bubble may have on a narrow screen, and more";
    for (const width of [1_000, 400]) {
      for (const locale of ["en-GB", "ar-EG"]) {
        await using visitor = await stage.visitor({ viewport: { width, height: 700 }, locale });
        const name = crypto.randomUUID();
        for (const text of [name, "hi", long, "ok", "no"]) await visitor.write(text);
        await visitor.sees("no", "delivered");
        const thread = await stage.threadWith(name);
        for (const text of ["hm", `${long}!`, "yes"]) stage.ada.say(thread, text);
        await visitor.sees("yes");
        const rows = visitor.messages.locator(".message");
        equal(await rows.count(), 8);
        for (let index = 0; index < 8; index++) {
          const row = rows.nth(index);
          await row.hover();
          deepEqual(await coveredBy(row), [], `message ${index} of ${locale} at ${width}`);
        }
        equal(await overflow(visitor.page), 0);
      }
    }
  },
);

Deno.test("Page: a phone's keyboard leaves the field and the last message in view", RELAXED, async () => {
  await using visitor = await stage.visitor({
    viewport: { width: 390, height: 760 },
    isMobile: true,
    hasTouch: true,
  });
  const { page } = visitor;
  equal(await page.evaluate(() => document.activeElement?.tagName), "BODY", "no keyboard opens by itself");
  for (let count = 1; count <= 12; count++) await visitor.write(`line ${count}`);
  await visitor.sees("line 12", "delivered");
  await page.evaluate(() => {
    Object.defineProperty(visualViewport, "height", { value: 420, configurable: true });
    visualViewport?.dispatchEvent(new Event("resize"));
  });
  await page.waitForFunction(() =>
    (document.querySelector("#text")?.getBoundingClientRect().bottom ?? 999) <= 420
  );
  await page.waitForFunction(() => {
    const [last, form] = [
      [...document.querySelectorAll(".bubble")].at(-1),
      document.querySelector("#composer"),
    ];
    return last !== undefined && form !== null &&
      last.getBoundingClientRect().bottom <= form.getBoundingClientRect().top;
  });
});

Deno.test("Page: forced colours keep the borders, reduced motion keeps still", RELAXED, async () => {
  await using visitor = await stage.visitor({ forcedColors: "active", reducedMotion: "reduce" });
  await visitor.write("can you see me?");
  await visitor.sees("can you see me?", "delivered");
  const style = await visitor.row("can you see me?").locator(".bubble").evaluate((node) => {
    const { borderTopStyle, borderTopWidth } = getComputedStyle(node);
    return `${borderTopStyle} ${borderTopWidth}`;
  });
  equal(style, "solid 2px");
  const longest = await visitor.page.evaluate(() =>
    Math.max(
      0,
      ...document.getAnimations().map(({ effect }) => Number(effect?.getComputedTiming().activeDuration)),
    )
  );
  ok(longest < 1, `something moves for ${longest} ms`);
});

Deno.test("Page: speaks the browser's language, and English where there is none", RELAXED, async () => {
  for (
    const [locale, lang, words] of [
      ["de-CH", "de", "Nachricht schreiben …"],
      ["ja-JP", "ja", "メッセージを入力…"],
      ["ar", "ar", "اكتب رسالة…"],
      ["fi-FI", "en", "Write a message…"],
    ] as const
  ) {
    await using visitor = await stage.visitor({ locale });
    equal(await visitor.composer.getAttribute("placeholder"), words);
    equal(await visitor.page.evaluate(() => document.documentElement.lang), lang);
  }
});

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
