import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { LOOKS, violations } from "./looks.ts";
import { RELAXED, Stage } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set();
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

for (const [look, options] of Object.entries(LOOKS)) {
  Deno.test(
    `Page: without a network it is as usable for everyone, and goes on over a slow line: ${look}`,
    RELAXED,
    async () => {
      await using visitor = await stage.visitor({ ...options, ...PHONE });
      const { page } = visitor;
      const words = `for everyone ${crypto.randomUUID()}`;
      await visitor.write(words);
      await visitor.sees(words, "delivered");
      const thread = await stage.threadWith(words);
      stage.wire.cut();
      await page.locator("#presence[data-presence=offline]").waitFor();
      await page.locator("input[type=file]").setInputFiles({
        name: "waits.txt",
        mimeType: "text/plain",
        buffer: Buffer.from("waits"),
      });
      await visitor.write("it waits for its file");
      await page.locator("#toast.shown").waitFor();
      await page.locator("#status.shown").waitFor();
      equal(await page.locator("#toast").getAttribute("role"), "alert", "it is spoken");
      equal(await page.locator("#status").getAttribute("role"), "status");
      deepEqual(await violations(page, look), []);
      await page.locator(".attachment button").last().click();
      await visitor.composer.press("Enter");
      await visitor.sees("it waits for its file", "queued");
      deepEqual(await violations(page, `${look}, queued`), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      equal(wide, false, "nothing sticks out");
      stage.wire.slow();
      await page.evaluate(() => dispatchEvent(new Event("online")));
      await visitor.sees("it waits for its file", "delivered");
      stage.ada.say(thread, "over the slow line");
      await visitor.sees("over the slow line");
      match(await page.locator("#announcer").innerText(), /over the slow line/);
      stage.wire.restore();
      await page.locator("#status:not(.shown)").waitFor({ state: "attached" });
      deepEqual(await violations(page, `${look}, restored`), []);
    },
  );
}

for (const locale of ["en-GB", "ar-EG"]) {
  Deno.test(`Page: the tools of a touched message cover none of its words: ${locale}`, RELAXED, async () => {
    await using visitor = await stage.visitor({ ...PHONE, locale });
    await visitor.write(`short ${locale}`);
    await visitor.write("A rather longer message that wraps over two lines on a phone");
    await visitor.write("the one below");
    await visitor.sees("the one below", "delivered");
    stage.ada.say(
      await stage.threadWith(`short ${locale}`),
      "An answer that is long enough to fill the line",
    );
    await visitor.sees("An answer");
    for (const text of ["short", "A rather", "An answer"]) {
      const row = visitor.row(text).last();
      await row.locator(".bubble").tap();
      const tools = await row.locator(".tools").boundingBox();
      ok(tools !== null, "touching shows them");
      for (const bubble of await visitor.messages.locator(".bubble").all()) {
        const box = await bubble.boundingBox();
        const apart = box === null || tools.y >= box.y + box.height || tools.y + tools.height <= box.y;
        ok(apart, `${text}: ${JSON.stringify({ tools, box })}`);
      }
    }
  });
}

Deno.test("Page: delivered and read differ in shape, not in colour alone", RELAXED, async () => {
  await using visitor = await stage.visitor();
  await visitor.write("have you read this?");
  await visitor.sees("have you read this?", "delivered");
  const shape = (progress: string): Promise<string> =>
    visitor.row("have you read").locator(`.progress-${progress} svg`).innerHTML();
  const delivered = await shape("delivered");
  stage.ada.say(await stage.threadWith("have you read this?"), "I have");
  await visitor.sees("have you read this?", "read");
  ok(await shape("read") !== delivered);
});

Deno.test("Page: a picture of one pixel can be seen and pressed", RELAXED, async () => {
  await using visitor = await stage.visitor();
  const { page } = visitor;
  await visitor.write("a dot follows");
  await visitor.sees("a dot follows", "delivered");
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(1, 1);
    canvas.getContext("2d")?.fillRect(0, 0, 1, 1);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
  await page.locator("input[type=file]").setInputFiles({
    name: "dot.png",
    mimeType: "image/png",
    buffer: Buffer.from(bytes),
  });
  await page.locator(".attachment").filter({ hasText: /\d bytes/ }).waitFor();
  await visitor.write("the dot");
  await visitor.sees("the dot", "delivered");
  const box = await visitor.row("the dot").locator(".picture").boundingBox();
  ok(box !== null && box.width >= 44 && box.height >= 44, JSON.stringify(box));
});

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
