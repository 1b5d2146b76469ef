import { deepEqual, equal, match } from "node:assert/strict";
import type { Page } from "playwright-core";
import { identify, MembersSite, tokenFor } from "./members.ts";
import { RELAXED, type Stage } from "./stage.ts";

let members: MembersSite;
let stage: Stage;
Deno.test.beforeAll(async () => {
  members = await MembersSite.open();
  stage = members.stage;
});
Deno.test.afterAll(() => members[Symbol.asyncDispose]());

const SECRET_WORDS = "what I wouldn't tell everybody";

/** Each opens a chat in the tab in which Alice was writing. */
const NEXT: readonly (readonly [string, () => Promise<object | null | undefined>])[] = [
  ["a page that names nobody", () => Promise.resolve(undefined)],
  ["a page that says nobody is signed in", () => Promise.resolve({ token: null })],
  ["somebody else", async () => ({ token: await tokenFor("bob-2", "Bob") })],
];

for (const [who, identity] of NEXT) {
  Deno.test(`[O3] Widget: what a signed-in visitor was writing is not shown to ${who}`, RELAXED, async () => {
    const context = await stage.context();
    const alice = async (): Promise<object> => ({ token: await tokenFor("alice-1", "Alice") });
    const first = await members.visit(context, await alice());
    await first.chat.composer.fill("over a click");
    const again = await members.visit(context, await alice(), { tab: first.page });
    await again.chat.writable();
    equal(await again.chat.composer.inputValue(), "over a click", "her own draft waits for her");
    await again.chat.composer.fill(SECRET_WORDS);
    const next = await members.visit(context, await identity(), { tab: first.page });
    await next.chat.writable();
    equal(await next.chat.composer.inputValue(), "");
    const frame = next.page.frames().find((frame) => frame.url().includes("/embed"));
    const kept = await frame?.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
    equal(String(kept).includes(SECRET_WORDS), false, "nor is it anywhere else in the browser");
    await context.close();
  });
}

for (const online of [true, false]) {
  const when = online ? "with a connection" : "before there was ever a connection";
  Deno.test(
    `[O3] Widget: what was being written goes when its writer signs out, ${when}`,
    RELAXED,
    async () => {
      const context = await stage.context();
      if (!online) await context.routeWebSocket("**/ws", () => {});
      const { page, chat } = await members.visit(context, { token: await tokenFor("alice-1", "Alice") });
      await chat.writable();
      if (online) {
        await page.frameLocator("iframe").locator("#presence:not([data-presence=connecting])").waitFor();
      }
      await chat.composer.fill(SECRET_WORDS);
      await identify(page, { token: null });
      await chat.holds("");
      await chat.composer.fill("mine");
      await members.visit(context, { token: await tokenFor("alice-1", "Alice") }, { tab: page });
      await chat.writable();
      equal(await chat.composer.inputValue(), "");
      await context.close();
    },
  );
}

Deno.test("[O3] Widget: opens no anonymous conversation while a token is coming", RELAXED, async () => {
  const context = await stage.context();
  const page = await context.newPage();
  const sockets: string[][] = [];
  page.on("websocket", (socket) => {
    const frames: string[] = [];
    sockets.push(frames);
    socket.on("framesent", ({ payload }) => frames.push(`${payload}`));
  });
  const token = await tokenFor("carol-3", "Carol");
  const { chat } = await members.visit(context, { token }, { tab: page });
  await chat.write("it is me");
  await chat.sees("it is me", "delivered");
  // Not one more, not even one that was given up: who opens it is nobody yet.
  equal(sockets.length, 1);
  equal(JSON.parse(sockets[0]?.[0] ?? "{}").identity?.token, token);
  await context.close();
});

/** What the chat alone may say to the site's page. */
const PRETENCES = `
  parent.postMessage({ chatbox50: 1, type: "unread", count: 7 }, "*");
  parent.postMessage({ chatbox50: 1, type: "expired" }, "*");
  parent.postMessage({ chatbox50: 1, type: "close" }, "*");`;

/** A script that another frame on the site's page runs. */
async function another(page: Page, url: string, script: string): Promise<void> {
  await page.evaluate((src) => {
    document.querySelector("#another")?.remove();
    const frame = document.createElement("iframe");
    frame.src = src;
    frame.id = "another";
    document.body.append(frame);
  }, url);
  const frame = await (await page.waitForSelector("#another")).contentFrame();
  await frame?.waitForURL(url);
  await frame?.evaluate(script);
}

Deno.test(
  "[O3] Widget: a frame beside the chat cannot say who the visitor is, nor close the chat or count for it",
  RELAXED,
  async () => {
    members.site.put("another", { widget: "data:text/javascript," });
    const context = await stage.context();
    const { page, chat } = await members.visit(context, { token: await tokenFor("dora-4", "Dora") });
    await chat.write("Dora's own");
    await chat.sees("Dora's own", "delivered");
    const mallory = await tokenFor("mallory-6", "Mallory");
    // Of the site's own origin, so that it can reach the chat at all.
    await another(
      page,
      `${members.site.origin}/another`,
      `{
        const host = parent.document.querySelector("chatbox50-widget");
        const chat = host.shadowRoot.querySelector("iframe").contentWindow;
        chat.postMessage({ chatbox50: 1, type: "identify", identity: { token: ${
        JSON.stringify(mallory)
      } } }, "*");
        chat.postMessage({ chatbox50: 1, type: "page", url: "https://mallory.example/", title: "Mallory" }, "*");
      }`,
    );
    await another(page, `${members.site.origin}/another`, PRETENCES);
    // Another chat of the same server, which isn't the widget's.
    await another(page, `${stage.url}/embed`, PRETENCES);
    // Messages are handled in order: what follows comes after those.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
    await chat.write("still Dora");
    await chat.sees("still Dora", "delivered");
    deepEqual(await chat.texts(), ["Dora's own", "still Dora"]);
    match(stage.textOf(await stage.threadWith("Dora's own")), /still Dora/);
    deepEqual(await page.evaluate(() => Object(globalThis).told), []);
    equal(await page.locator("chatbox50-widget .panel.closed").count(), 0);
    await context.close();
  },
);

Deno.test(
  "Widget: a page of another origin that took the chat's frame cannot speak for it",
  RELAXED,
  async () => {
    members.site.put("another", { widget: "data:text/javascript," });
    const context = await stage.context();
    const { page, chat } = await members.visit(context, undefined);
    await chat.writable();
    const frame = page.frames().find((frame) => frame.url().includes("/embed"));
    await frame?.goto(`${members.site.foreignOrigin}/another`);
    await page.evaluate(() =>
      addEventListener("message", ({ data }) => {
        if (data === "last") Object(globalThis).told.push("last");
      })
    );
    await frame?.evaluate(`${PRETENCES} parent.postMessage("last", "*");`);
    await page.waitForFunction(() => Object(globalThis).told.includes("last"));
    deepEqual(await page.evaluate(() => Object(globalThis).told), ["last"]);
    equal(await page.locator("chatbox50-widget .panel.closed").count(), 0);
    await context.close();
  },
);
