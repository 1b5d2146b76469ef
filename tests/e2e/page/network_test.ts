import { deepEqual, equal, ok } from "node:assert/strict";
import { HostSite } from "../../support/host_site.ts";
import { SocketClient } from "../../support/socket_client.ts";
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

/** Somebody who has said something, and their thread. */
async function inConversation(text: string): Promise<{ visitor: Visitor; thread: string }> {
  const visitor = await stage.visitor();
  await visitor.write(text);
  await visitor.sees(text, "delivered");
  return { visitor, thread: await stage.threadWith(text) };
}

async function cut(visitor: Visitor): Promise<void> {
  await visitor.page.context().setOffline(true);
  stage.wire.cut();
  await visitor.page.locator("#presence[data-presence=offline]").waitFor();
}

async function restore(visitor: Visitor): Promise<void> {
  stage.wire.restore();
  await visitor.page.context().setOffline(false);
}

Deno.test("Reading: older messages that the network kept back come when it is back", RELAXED, async () => {
  const { visitor } = await inConversation("the first of many");
  await using _ = visitor;
  const { page } = visitor;
  const session = await page.evaluate(() => localStorage.getItem("chatbox50.session"));
  await using socket = await SocketClient.hello(stage.url, session);
  await socket.next();
  for (let count = 1; count <= 70; count++) {
    socket.send({ type: "send", cid: `many-${count}`, content: `many ${count}` });
  }
  await visitor.sees("many 70");
  await page.reload();
  await visitor.sees("many 70");
  stage.wire.freeze();
  await page.locator("#log").evaluate((log) => log.scrollTo({ top: 0 }));
  await page.getByText("Loading older messages…").waitFor();
  await cut(visitor);
  await page.getByText("Loading older messages…").waitFor({ state: "detached" });
  equal(await visitor.row("the first of many").count(), 0);
  await restore(visitor);
  await page.locator("#presence:not([data-presence=offline])").waitFor();
  await page.locator("#log").evaluate((log) => log.scrollTo({ top: 0 }));
  await visitor.row("the first of many").waitFor({ state: "attached" });
  equal((await visitor.texts()).length, 71);
});

Deno.test(
  "Reading: staff's edits, deletions and formatting of a time without network are there after it, once",
  RELAXED,
  async () => {
    const { visitor, thread } = await inConversation("what did I miss?");
    await using _ = visitor;
    const early = stage.ada.say(thread, "It costs 10 euro");
    const gone = stage.ada.say(thread, "soon gone");
    await visitor.sees("soon gone");
    await cut(visitor);
    await stage.stopServer("SIGKILL");
    stage.ada.edit(thread, early.id, "It costs **12** euro");
    stage.ada.delete(thread, gone.id);
    stage.ada.say(thread, "And shipping is free");
    await stage.startServer();
    await restore(visitor);
    await visitor.sees("And shipping is free");
    await visitor.row("It costs 12 euro").locator(".edited").waitFor();
    equal(await visitor.row("It costs").locator("strong").innerText(), "12");
    await visitor.messages.locator(".deleted").waitFor();
    equal(await visitor.messages.locator(".message").count(), 4);
  },
);

Deno.test(
  "Knowing: what came while the network was away is counted, marked and spoken once",
  RELAXED,
  async () => {
    const { visitor, thread } = await inConversation("call me back");
    await using _ = visitor;
    const { page } = visitor;
    stage.ada.say(thread, "heard at once");
    await visitor.sees("heard at once");
    await page.evaluate(() => document.hasFocus = (): boolean => false);
    await cut(visitor);
    stage.ada.say(thread, "missed one");
    stage.ada.say(thread, "missed two");
    stage.wire.slow();
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.title === "(2) ChatBox50");
    stage.wire.restore();
    equal(await visitor.messages.locator(".unread-line").count(), 1);
    const spoken = await page.locator("#announcer p").allInnerTexts();
    deepEqual(spoken, ["ada: heard at once", "ada: missed one", "ada: missed two"]);
    await page.locator("#presence[data-presence=online]").waitFor();
    // A second reconnect brings nothing twice.
    await cut(visitor);
    await restore(visitor);
    await page.locator("#presence[data-presence=online]").waitFor();
    deepEqual(await page.locator("#announcer p").allInnerTexts(), spoken);
  },
);

Deno.test("Widget: opens and talks over a slow line", RELAXED, async () => {
  const context = await stage.context();
  const page = await context.newPage();
  stage.wire.slow();
  await page.goto(site.put("slow", { widget: `${stage.url}/widget.js` }));
  await page.getByRole("button", { name: "Open chat" }).click();
  await page.locator(".cover.waiting").waitFor();
  const chat = new Visitor(page, page.frameLocator("iframe"));
  await chat.write("slow, from a site");
  await chat.sees("slow, from a site", "delivered");
  stage.wire.restore();
  stage.ada.say(await stage.threadWith("slow, from a site"), "and back");
  await chat.sees("and back");
  await context.close();
});

Deno.test("Keyboard: waiting, trying now and going on need no mouse", RELAXED, async () => {
  const { visitor } = await inConversation("keys only, please");
  await using _ = visitor;
  const { page } = visitor;
  await cut(visitor);
  await page.keyboard.type("typed without a network");
  await page.keyboard.press("Enter");
  await visitor.sees("typed without a network", "queued");
  const tryNow = page.getByRole("button", { name: "Try now" });
  await tryNow.waitFor();
  // Nothing connects by itself: the button is what does.
  await page.context().setOffline(false);
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let presses = 0; presses < 20 && await focused() !== "Try now"; presses++) {
    await page.keyboard.press("Shift+Tab");
  }
  equal(await focused(), "Try now");
  stage.wire.restore();
  await page.keyboard.press("Enter");
  await visitor.sees("typed without a network", "delivered");
  ok(await page.locator("#status").getAttribute("role") === "status", "what is wrong is spoken");
});

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
