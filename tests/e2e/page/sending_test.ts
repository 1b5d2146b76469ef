import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { RELAXED, Stage, type Visitor } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set();
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** How often a text stands in Discord. */
function timesInDiscord(text: string): number {
  const { discord, forum } = stage.world;
  return discord.threads(forum).map(({ id }) => stage.textOf(id)).join("\n").split(text).length - 1;
}

async function statusShows(visitor: Visitor, words: RegExp): Promise<void> {
  await visitor.page.locator("#status.shown").filter({ hasText: words }).waitFor();
}

Deno.test(
  "Page: Enter sends, Shift+Enter breaks the line, the field grows and shrinks again",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { composer } = visitor;
    const height = async (): Promise<number> => (await composer.boundingBox())?.height ?? 0;
    const before = await height();
    await composer.pressSequentially("first line");
    for (const line of ["second", "third", "fourth"]) {
      await composer.press("Shift+Enter");
      await composer.pressSequentially(line);
    }
    ok(await height() > before * 2);
    await composer.press("Enter");
    await visitor.sees("fourth", "delivered");
    equal(await composer.inputValue(), "");
    equal(await height(), before);
    const thread = await stage.threadWith("first line");
    match(stage.textOf(thread), /first line\nsecond\nthird\nfourth/);
  },
);

Deno.test("Page: a message is seen as sending, sent, delivered, read", RELAXED, async () => {
  const { discord } = stage.world;
  await using visitor = await stage.visitor();
  await visitor.write("opening words");
  await visitor.sees("opening words", "delivered");
  stage.wire.freeze();
  await visitor.write("how far am I?");
  await visitor.sees("how far am I?", "sending");
  discord.setOutage(true);
  stage.wire.restore();
  await visitor.sees("how far am I?", "sent");
  discord.setOutage(false);
  await visitor.sees("how far am I?", "delivered");
  stage.ada.say(await stage.threadWith("how far am I?"), "I have read it");
  await visitor.sees("how far am I?", "read");
});

Deno.test(
  "[D3] Page: what is written offline waits, outlives the page, and goes out once, in order",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const context = visitor.page.context();
    await visitor.write("while there was a network");
    await visitor.sees("while there was a network", "delivered");
    await context.setOffline(true);
    stage.wire.cut();
    for (const text of ["offline one", "offline two", "offline three"]) await visitor.write(text);
    await visitor.sees("offline three", "queued");
    await statusShows(visitor, /goes out by itself/);
    await visitor.page.close();
    await context.setOffline(false);
    stage.wire.restore();
    const next = await stage.tab(context);
    await next.sees("offline three", "delivered");
    deepEqual(await next.texts(), [
      "while there was a network",
      "offline one",
      "offline two",
      "offline three",
    ]);
    const thread = await stage.threadWith("offline three");
    const text = stage.textOf(thread);
    ok(text.indexOf("offline one") < text.indexOf("offline two"));
    deepEqual(["one", "two", "three"].map((word) => timesInDiscord(`offline ${word}`)), [1, 1, 1]);
  },
);

Deno.test(
  "[D3] Page: a message whose acknowledgement was lost is neither lost nor doubled",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    await visitor.write("hello");
    await visitor.sees("hello", "delivered");
    const thread = await stage.threadWith("hello");
    // The message gets through, and nothing comes back.
    stage.wire.deafen();
    await visitor.write("did that arrive?");
    await stage.world.discord.until(() => stage.textOf(thread).includes("did that arrive?"));
    await visitor.sees("did that arrive?", "sending");
    stage.wire.cut();
    stage.wire.restore();
    await visitor.page.evaluate(() => dispatchEvent(new Event("online")));
    await visitor.sees("did that arrive?", "delivered");
    deepEqual(await visitor.texts(), ["hello", "did that arrive?"]);
    equal(timesInDiscord("did that arrive?"), 1);
  },
);

Deno.test(
  "[D6] Page: a restart of the server in the middle loses nothing and says what is going on",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    await visitor.write("before the restart");
    await visitor.sees("before the restart", "delivered");
    const thread = await stage.threadWith("before the restart");
    await stage.stopServer();
    await visitor.write("during the restart");
    await visitor.sees("during the restart", "queued");
    await statusShows(visitor, /./);
    stage.ada.say(thread, "I write during it, too");
    await stage.startServer();
    await visitor.sees("I write during it, too");
    await visitor.sees("during the restart", "delivered");
    await visitor.page.locator("#status.shown").waitFor({ state: "detached" });
    equal(timesInDiscord("during the restart"), 1);
    equal((await visitor.texts()).length, 3);
  },
);

/** What browsers say when the network, the reader or the machine is back. */
const RETURNS: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  online: (page) => page.context().setOffline(false),
  focus: (page) => page.evaluate(() => dispatchEvent(new Event("focus"))),
  pageshow: (page) => page.evaluate(() => dispatchEvent(new Event("pageshow"))),
  visibilitychange: (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))),
};

for (const [sign, comesBack] of Object.entries(RETURNS)) {
  Deno.test(`Page: the browser's \`${sign}\` connects at once, whatever the wait was`, RELAXED, async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("here I am");
    await visitor.sees("here I am", "delivered");
    // No retry runs from here on: what connects is the event.
    await page.evaluate((longestMs) => {
      const { setTimeout: original } = globalThis;
      Object.assign(globalThis, {
        setTimeout: (run: () => void, ms = 0) => ms > longestMs ? 0 : original(run, ms),
      });
    }, 100);
    if (sign === "online") await page.context().setOffline(true);
    stage.wire.cut();
    await visitor.write("and back");
    await visitor.sees("and back", "queued");
    stage.wire.restore();
    await comesBack(page);
    await visitor.sees("and back", "delivered");
  });
}

Deno.test("Page: `offline` shows at once that a line has died without a word", RELAXED, async () => {
  await using visitor = await stage.visitor();
  const { page } = visitor;
  await visitor.write("before the tunnel");
  await visitor.sees("before the tunnel", "delivered");
  // No clock helps: an open socket of a page where nothing happens is asked after 45 seconds only.
  stage.wire.freeze();
  await page.context().setOffline(true);
  await statusShows(visitor, /No connection/);
  await visitor.write("in the tunnel");
  await visitor.sees("in the tunnel", "queued");
  stage.wire.restore();
  await page.context().setOffline(false);
  await visitor.sees("in the tunnel", "delivered");
  equal(timesInDiscord("in the tunnel"), 1);
});

Deno.test("Page: a message without an answer shows soon that a line has died", RELAXED, async () => {
  await using visitor = await stage.visitor();
  const { page } = visitor;
  await visitor.write("is this thing on");
  await visitor.sees("is this thing on", "delivered");
  await page.clock.install();
  stage.wire.freeze();
  await visitor.write("into the dead line");
  await visitor.sees("into the dead line", "sending");
  // Five seconds for the answer, five for the probe's, and a little patience.
  for (let seconds = 0; seconds < 13; seconds++) await page.clock.runFor(1_000);
  await statusShows(visitor, /No connection/);
  await visitor.sees("into the dead line", "queued");
  // The attempt that hangs since then is begun anew by the click.
  for (let seconds = 0; seconds < 4; seconds++) await page.clock.runFor(1_000);
  stage.wire.cut();
  stage.wire.restore();
  await page.getByRole("button", { name: "Try now" }).click();
  await visitor.sees("into the dead line", "delivered");
  equal(timesInDiscord("into the dead line"), 1);
});

Deno.test("Page: a slow line delays and breaks nothing", RELAXED, async () => {
  await using visitor = await stage.visitor();
  const devtools = await visitor.page.context().newCDPSession(visitor.page);
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 200,
    downloadThroughput: 20_000,
    uploadThroughput: 10_000,
  });
  stage.wire.slow();
  await visitor.page.reload();
  for (let count = 1; count <= 5; count++) await visitor.write(`slowly ${count}`);
  await visitor.sees("slowly 5", "delivered");
  stage.wire.restore();
  deepEqual(await visitor.texts(), [1, 2, 3, 4, 5].map((count) => `slowly ${count}`));
  equal(timesInDiscord("slowly 3"), 1);
});

Deno.test(
  "Page: a refused message stays, says why, and can be tried again or given up",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    let tamper = true;
    // The real server refuses what arrives empty.
    await page.routeWebSocket("**/ws", (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((data) => {
        const frame = JSON.parse(String(data));
        const changed = tamper && frame.type === "send" && frame.content.startsWith("refuse");
        server.send(changed ? JSON.stringify({ ...frame, content: "" }) : data);
      });
    });
    await page.reload();
    await visitor.write("refuse me once");
    await visitor.write("refuse me for good");
    const failure = visitor.row("refuse me once").locator(".failure");
    await failure.filter({ hasText: "Not sent" }).waitFor();
    match(await failure.innerText(), /nothing in it/);
    await visitor.row("refuse me for good").getByRole("button", { name: "Discard" }).click();
    await visitor.row("refuse me for good").waitFor({ state: "detached" });
    tamper = false;
    await visitor.row("refuse me once").getByRole("button", { name: "Try again" }).click();
    await visitor.sees("refuse me once", "delivered");
    equal(timesInDiscord("refuse me for good"), 0);
  },
);

Deno.test("Page: two tabs are in step, whoever writes, and across a restart", RELAXED, async () => {
  await using first = await stage.visitor();
  await first.write("from the first tab");
  await first.sees("from the first tab", "delivered");
  const second = await stage.tab(first.page.context());
  await second.sees("from the first tab");
  await second.write("from the second tab");
  await first.sees("from the second tab");
  const thread = await stage.threadWith("from the second tab");
  await stage.stopServer("SIGKILL");
  await second.write("while nobody listens");
  await stage.startServer();
  stage.ada.say(thread, "to both tabs");
  for (const tab of [first, second]) {
    await tab.sees("to both tabs");
    await tab.sees("while nobody listens", "delivered");
    deepEqual(new Set(await tab.texts()).size, 4);
  }
  equal(timesInDiscord("while nobody listens"), 1);
});

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
