import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { RELAXED, Stage } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set({ MAX_UNSENT_MIB: "100" });
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** A picture of this size, drawn by the browser. */
async function picture(page: Page, width: number, height: number): Promise<Buffer> {
  const bytes = await page.evaluate(async ({ width, height }) => {
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.fillRect(0, 0, width, height);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  }, { width, height });
  return Buffer.from(bytes);
}

Deno.test(
  "Page: a picture goes out with its progress, and is shown at its final size before it has loaded",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("a picture follows");
    await visitor.sees("a picture follows", "delivered");
    const input = page.locator("input[type=file]");
    stage.wire.freeze();
    await input.setInputFiles({
      name: "tea ☕.png",
      mimeType: "image/png",
      buffer: await picture(page, 800, 400),
    });
    const chip = page.locator(".attachment");
    await chip.filter({ hasText: /Uploading \d+%/ }).waitFor();
    equal(await chip.getByRole("progressbar").count(), 1);
    await visitor.composer.fill("look");
    equal(await page.getByRole("button", { name: "Send" }).isDisabled(), true, "not before it is there");
    stage.wire.restore();
    await chip.getByRole("progressbar").waitFor({ state: "detached" });
    await visitor.composer.press("Enter");
    await visitor.sees("look", "delivered");
    const size = async (): Promise<string> =>
      await visitor.row("look").locator("img").evaluate((node) =>
        `${node.clientWidth} x ${node.clientHeight}`
      );
    const loaded = (): Promise<unknown> =>
      page.waitForFunction(() =>
        document.querySelector<HTMLImageElement>(".picture img")?.naturalWidth === 800
      );
    await loaded();
    const final = await size();
    match(final, /^384 x 192$/);
    // The picture itself is held back: its place must have the same size.
    let release = (): void => {};
    const held = new Promise<void>((resolve) => release = resolve);
    await page.route("**/files/*", async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await visitor.sees("look");
    equal(await size(), final);
    release();
    await loaded();
    equal(await size(), final);
  },
);

Deno.test(
  "Page: a file is named as it is, can be taken back, and comes down as it went up",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("papers");
    await visitor.sees("papers", "delivered");
    const input = page.locator("input[type=file]");
    const files = ["kept.txt", "not this one.txt"].map((name) => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.from(`inside ${name}`),
    }));
    await input.setInputFiles(files);
    await page.getByRole("button", { name: "Remove not this one.txt" }).click();
    equal(await page.locator(".attachment").count(), 1);
    await page.locator(".attachment progress").waitFor({ state: "detached" });
    await visitor.composer.press("Enter");
    const file = page.locator(".file").filter({ hasText: "kept.txt" });
    const download = page.waitForEvent("download");
    await file.click();
    const got = await download;
    equal(got.suggestedFilename(), "kept.txt");
    equal(await Deno.readTextFile(await got.path()), "inside kept.txt");
    deepEqual(stage.takeComplaints(), []);
  },
);

Deno.test(
  "Page: an upload that the network ends goes on when it is back; one that is too big is refused by name",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("uploads");
    await visitor.sees("uploads", "delivered");
    const input = page.locator("input[type=file]");
    stage.wire.freeze();
    await input.setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
    await page.locator(".attachment progress").waitFor();
    stage.wire.cut();
    const chip = page.locator(".attachment").filter({ hasText: "Waits for the connection" });
    await chip.waitFor();
    stage.wire.restore();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.locator(".attachment").filter({ hasText: /byte/ }).waitFor();
    await input.setInputFiles({
      name: "huge.bin",
      mimeType: "application/octet-stream",
      buffer: Buffer.alloc(10 * 1024 * 1024 + 1),
    });
    await page.locator("#toast.shown").filter({ hasText: "huge.bin is larger than" }).waitFor();
    ok(await page.locator(".attachment").count() === 1);
  },
);

Deno.test(
  "Page: a file chosen without a network says that it waits, goes up by itself, and lets its text go then",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("files offline");
    await visitor.sees("files offline", "delivered");
    const thread = await stage.threadWith("files offline");
    stage.wire.cut();
    await page.locator("#presence[data-presence=offline]").waitFor();
    const input = page.locator("input[type=file]");
    await input.setInputFiles({ name: "off.txt", mimeType: "text/plain", buffer: Buffer.from("off") });
    const chip = page.locator(".attachment").filter({ hasText: "off.txt" });
    await chip.filter({ hasText: "Waits for the connection" }).waitFor();
    await visitor.write("with a file");
    await page.locator("#toast.shown").filter({ hasText: "not uploaded yet" }).waitFor();
    equal(await visitor.composer.inputValue(), "with a file");
    stage.wire.slow();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await chip.filter({ hasText: /byte/ }).waitFor();
    await visitor.composer.press("Enter");
    await visitor.sees("with a file", "delivered");
    stage.wire.restore();
    await visitor.row("with a file").locator(".file").filter({ hasText: "off.txt" }).waitFor();
    const { discord } = stage.world;
    await discord.until(() => stage.messagesOf(thread).some(({ attachments }) => attachments.length === 1));
    equal(await page.locator(".attachment").count(), 0);
  },
);

Deno.test(
  "Page: a reload keeps the text and names the files that have to be chosen again",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("about to reload");
    await visitor.sees("about to reload", "delivered");
    stage.wire.cut();
    await page.locator("#presence[data-presence=offline]").waitFor();
    await page.locator("input[type=file]").setInputFiles([
      { name: "lost.txt", mimeType: "text/plain", buffer: Buffer.from("lost") },
      { name: "taken back.txt", mimeType: "text/plain", buffer: Buffer.from("back") },
    ]);
    await page.getByRole("button", { name: "Remove taken back.txt" }).click();
    await visitor.composer.fill("it goes with this");
    stage.wire.restore();
    await page.reload();
    const toast = page.locator("#toast.shown").filter({ hasText: /choose again.*lost\.txt/ });
    await toast.waitFor();
    equal((await toast.innerText()).includes("taken back"), false);
    equal(await visitor.composer.inputValue(), "it goes with this");
    await page.reload();
    await visitor.writable();
    equal(await page.locator("#toast.shown").count(), 0, "it is said once");
  },
);

Deno.test(
  "Page: what was chosen for the next message waits while another is edited, and goes out with its words",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    for (const words of ["a question", "an older mesage"]) {
      await visitor.write(words);
      await visitor.sees(words, "delivered");
    }
    await visitor.row("a question").getByRole("button", { name: "Reply" }).click();
    const input = page.locator("input[type=file]");
    const text = (name: string): Parameters<typeof input.setInputFiles>[0] => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.from(name),
    });
    const chips = page.locator(".attachment");
    const [save, attach] = [{ name: "Save" }, { name: "Attach a file" }].map((by) =>
      page.getByRole("button", by)
    );
    await input.setInputFiles(text("passport.txt"));
    await chips.locator("progress").waitFor({ state: "detached" });
    stage.wire.freeze();
    await input.setInputFiles(text("visa.txt"));
    await visitor.composer.fill("here is my passport");
    await visitor.row("an older mesage").getByRole("button", { name: "Edit" }).click();
    deepEqual(
      [await chips.first().isVisible(), await attach?.isVisible()],
      [false, false],
      "an edit takes none",
    );
    await visitor.composer.fill("");
    equal(await save?.isDisabled(), true, "files make no words");
    await visitor.composer.fill("an older message");
    equal(await save?.isDisabled(), false, "an edit waits for no file");
    await visitor.composer.dispatchEvent("drop", {
      dataTransfer: await page.evaluateHandle(() => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], "dropped.txt"));
        return data;
      }),
    });
    await page.getByRole("alert").filter({ hasText: "Editing your message" }).waitFor();
    await visitor.composer.press("Enter");
    await visitor.holds("here is my passport");
    stage.wire.restore();
    await visitor.sees("an older message");
    deepEqual(await chips.locator(".file-name").allInnerTexts(), ["passport.txt", "visa.txt"]);
    await chips.locator("progress").waitFor({ state: "detached" });
    await visitor.composer.press("Enter");
    await visitor.sees("here is my passport", "delivered");
    const sent = visitor.row("here is my passport");
    deepEqual(await sent.locator(".file .file-name").allInnerTexts(), ["passport.txt", "visa.txt"]);
    equal(await sent.locator(".quote").count(), 1, "it is the reply that it was");
    deepEqual(stage.takeComplaints(), []);
  },
);

Deno.test(
  "Page: an upload for which too many files wait to be sent says so, and when to try again where that is known",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("many files");
    await visitor.sees("many files", "delivered");
    const input = page.locator("input[type=file]");
    const six = (name: string): Parameters<typeof input.setInputFiles>[0] => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.alloc(6 * 1024 * 1024, "x"),
    });
    await input.setInputFiles(six("first.txt"));
    await page.locator(".attachment progress").waitFor({ state: "detached" });
    await input.setInputFiles(six("second.txt"));
    const toast = page.locator("#toast.shown");
    await toast.filter({ hasText: "Too many files wait to be sent. Send those first." }).waitFor();
    equal(await page.getByText("in a short time").count(), 0);
    const mine = "Cannot upload: too many files wait to be sent already, send those first";
    const network =
      "Cannot upload: too many files from your network wait to be sent already, try again later";
    for (
      const [answer, words] of [
        [
          { message: mine, retryAfterMs: 120_000 },
          "wait to be sent. Send those first. Try again in 2 minutes.",
        ],
        [{ message: network }, "Too many files from your network wait to be sent."],
        [{ message: "Cannot upload: too many in a short time" }, "Too many files in a short time."],
      ] as const
    ) {
      await page.route(
        "**/upload",
        (route) => route.fulfill({ status: 429, json: { code: "rate_limited", ...answer } }),
      );
      await page.getByRole("button", { name: "Try again" }).click();
      await toast.filter({ hasText: words }).waitFor();
      await page.unroute("**/upload");
    }
    await page.getByRole("button", { name: "Remove second.txt" }).click();
    await visitor.write("the first one");
    await visitor.sees("the first one", "delivered");
  },
);

Deno.test(
  "Page: a picture far from what is read is given up, keeps its place, and is there again for who scrolls back",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("an album");
    await visitor.sees("an album", "delivered");
    await page.locator("input[type=file]").setInputFiles({
      name: "tea.png",
      mimeType: "image/png",
      buffer: await picture(page, 800, 400),
    });
    await page.locator(".attachment progress").waitFor({ state: "detached" });
    await visitor.write("look at this");
    await visitor.sees("look at this", "delivered");
    const image = visitor.row("look at this").locator("img");
    const shown = page.locator(".picture img[src^='blob:']");
    await shown.waitFor();
    const address = await image.getAttribute("src") ?? "";
    await visitor.write("down\n".repeat(100));
    await visitor.sees("down", "delivered");
    await image.scrollIntoViewIfNeeded();
    await shown.waitFor();
    equal(await image.getAttribute("src"), address, "it was kept");
    await page.getByRole("button", { name: "To the latest message" }).click();
    await page.locator(".picture img:not([src])").waitFor({ state: "attached" });
    const { width, height } = await image.boundingBox() ?? {};
    deepEqual([width, height], [384, 192]);
    await image.scrollIntoViewIfNeeded();
    await shown.waitFor();
    await page.evaluate(() => {
      const revoke = URL.revokeObjectURL;
      URL.revokeObjectURL = (url): void => {
        revoke(url);
        document.body.dataset["revoked"] = url;
      };
    });
    // Nobody signs out on the page itself; another tab that gives the session up is as good.
    const tab = await stage.tab(page.context());
    await tab.page.evaluate(() => localStorage.removeItem("chatbox50.session"));
    await image.waitFor({ state: "detached" });
    await page.locator(`body[data-revoked="${address}"]`).waitFor();
  },
);
