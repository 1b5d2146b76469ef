import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { RELAXED, Stage } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set({ LIMIT_MESSAGES: "20", LIMIT_UPLOADS: "1", MAX_CONNECTIONS_PER_IP: "2" });
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

Deno.test(
  "Page: who writes too fast is told when it goes on, with messages and changes alike",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const status = visitor.page.locator("#status.shown");
    // The limit refills while one writes: how many it takes depends on the machine.
    let count = 0;
    while (!await status.isVisible()) await visitor.write(`quick ${++count}.`);
    match(await status.innerText(), /That was quick\. Sending goes on in 5 seconds\./);
    await visitor.row("quick 1.").getByRole("button", { name: "Edit" }).click();
    await visitor.write("quick, and changed");
    await visitor.row("quick, and changed").locator(".progress-sending").waitFor();
    equal(await visitor.messages.locator(".failure").count(), 0);
    // One goes through every three seconds; nothing has to be done for it.
    await visitor.row("quick, and changed").locator(".progress-delivered").waitFor({ timeout: 60_000 });
    await visitor.row(`quick ${count}.`).locator(".progress-delivered").waitFor({ timeout: 60_000 });
    equal(await visitor.messages.locator(".message").count(), count);
  },
);

Deno.test("Page: an upload beyond the limit speaks of files, and of when to try again", RELAXED, async () => {
  await using visitor = await stage.visitor();
  await visitor.page.getByRole("button", { name: "Attach a file" }).waitFor();
  const input = visitor.page.locator("input[type=file]");
  const file = (name: string): { name: string; mimeType: string; buffer: Buffer } => ({
    name,
    mimeType: "text/plain",
    buffer: Buffer.from("tea"),
  });
  await input.setInputFiles(file("first.txt"));
  await visitor.page.locator(".attachment").filter({ hasText: "first.txt" }).filter({ hasText: "3 byte" })
    .waitFor();
  await visitor.composer.fill("line\n".repeat(12));
  await input.setInputFiles(file("second.txt"));
  const toast = visitor.page.locator("#toast.shown");
  await toast.waitFor();
  match(await toast.innerText(), /second\.txt.*: Too many files in a short time\. Try again in 60 minutes\./);
  match(await visitor.page.locator(".attachment").last().innerText(), /Try again in 60 minutes/);
  const [words, composer] = await Promise.all([
    toast.boundingBox(),
    visitor.page.locator("#attachments").boundingBox(),
  ]);
  ok(words !== null && composer !== null && words.y + words.height <= composer.y, "nothing covers the words");
});

Deno.test("Page: one tab too many is told so, and comes in when another has gone", RELAXED, async () => {
  await using first = await stage.visitor();
  const context = first.page.context();
  const second = await stage.tab(context);
  for (const tab of [first, second]) await tab.page.locator("#presence[data-presence=away]").waitFor();
  const third = await stage.tab(context);
  const status = third.page.locator("#status.shown");
  await status.filter({ hasText: "The chat is open too many times here. Close it in another tab" }).waitFor();
  await second.page.close();
  await third.page.locator("#presence[data-presence=away]").waitFor();
  await status.waitFor({ state: "detached" });
});

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
