import { deepEqual, equal, match } from "node:assert/strict";
import { RELAXED, Stage, type Visitor } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set();
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** Makes the page believe that its visitor looks elsewhere, or back. */
async function look(visitor: Visitor, here: boolean): Promise<void> {
  await visitor.page.evaluate((focused) => {
    document.hasFocus = (): boolean => focused;
    if (focused) dispatchEvent(new Event("focus"));
  }, here);
}

/** The lines that a screen reader has been given. */
async function spokenLines(visitor: Visitor): Promise<string[]> {
  return await visitor.page.locator("#announcer p").allInnerTexts();
}

Deno.test(
  "Page: away at first, online when staff writes, and an honest line in between",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const presence = visitor.page.locator("#presence");
    await presence.filter({ hasText: "Away" }).waitFor();
    await visitor.page.getByText("Leave a message").waitFor();
    await visitor.write("nobody there?");
    await visitor.page.getByText("Your message is with us").waitFor();
    const thread = await stage.threadWith("nobody there?");
    stage.ada.say(thread, "here now");
    await presence.filter({ hasText: "Online" }).waitFor();
    await visitor.page.getByText("Your message is with us").waitFor({ state: "hidden" });
  },
);

Deno.test("Page: typing is seen on both sides", RELAXED, async () => {
  await using visitor = await stage.visitor();
  const frames: string[] = [];
  visitor.page.on(
    "websocket",
    (socket) => socket.on("framesent", ({ payload }) => frames.push(`${payload}`)),
  );
  await visitor.page.reload();
  await visitor.write("who types?");
  await visitor.sees("who types?", "delivered");
  const thread = await stage.threadWith("who types?");
  stage.ada.type(thread);
  const typing = visitor.page.locator("#typing");
  await typing.filter({ hasText: "ada" }).waitFor();
  stage.ada.say(thread, "I did");
  await visitor.sees("I did");
  await typing.filter({ hasText: "ada" }).waitFor({ state: "hidden" });
  frames.length = 0;
  await visitor.composer.pressSequentially("me too");
  await visitor.composer.press("Enter");
  await visitor.sees("me too", "delivered");
  const types = frames.map((frame) => JSON.parse(frame).type).filter((type) => type !== "read");
  deepEqual(types, ["typing", "send"], "one sign for many keys");
});

Deno.test(
  "Page: unread messages show in the title of a page nobody looks at, and in no other",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("I look away");
    await visitor.sees("I look away", "delivered");
    const thread = await stage.threadWith("I look away");
    stage.ada.say(thread, "seen at once");
    await visitor.sees("seen at once");
    equal(await page.title(), "ChatBox50");
    await look(visitor, false);
    stage.ada.say(thread, "one");
    stage.ada.say(thread, "two");
    await page.waitForFunction(() => document.title === "(2) ChatBox50");
    const tab = await stage.tab(page.context());
    await tab.sees("two");
    await page.waitForFunction(() => document.title === "ChatBox50");
    await look(visitor, true);
    equal(await visitor.messages.locator(".unread-line").count(), 1, "a line marks where reading goes on");
  },
);

Deno.test(
  "Page: the sound is off until it is wanted, and plays in one of several tabs",
  RELAXED,
  async () => {
    const context = await stage.context();
    await context.addInitScript(() => {
      const { prototype } = globalThis.OscillatorNode;
      const { start } = prototype;
      prototype.start = function (this: OscillatorNode, ...given: Parameters<typeof start>): void {
        localStorage.setItem("notes", String(Number(localStorage.getItem("notes")) + 1));
        start.apply(this, given);
      };
    });
    const first = await stage.tab(context);
    const notes = async (): Promise<number> =>
      await first.page.evaluate(() => Number(localStorage.getItem("notes")));
    await first.write("play me something");
    await first.sees("play me something", "delivered");
    const thread = await stage.threadWith("play me something");
    const tabs = [first, await stage.tab(context), await stage.tab(context)];
    const hear = async (text: string): Promise<void> => {
      stage.ada.say(thread, text);
      for (const tab of tabs) await tab.sees(text);
      // The tab that holds the lock has played or seen that another has.
      for (const tab of tabs) {
        await tab.page.evaluate(() => navigator.locks.request("chatbox50.played", () => {}));
      }
    };
    for (const tab of tabs) await look(tab, false);
    await hear("silence");
    equal(await notes(), 0);
    await first.page.getByRole("button", { name: "Turn the sound on" }).click();
    equal(await notes(), 2, "turning it on lets it be heard: two notes");
    await hear("ding");
    equal(await notes(), 4, "three tabs play once");
    await hear("dong");
    equal(await notes(), 6);
    await look(first, true);
    await hear("read at once");
    equal(await notes(), 6, "no tab plays for what the visitor looks at in one");
    await look(first, false);
    await hear("and again");
    equal(await notes(), 8);
    await context.close();
  },
);

Deno.test(
  "Page: the live region speaks new messages only: no history, nothing of one's own, nothing twice",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("do you hear me?");
    await visitor.sees("do you hear me?", "delivered");
    const thread = await stage.threadWith("do you hear me?");
    stage.ada.say(thread, "**loud** and ||clear||");
    await visitor.sees("loud");
    deepEqual(await spokenLines(visitor), ["ada: loud and …"]);
    await page.reload();
    await visitor.sees("loud");
    deepEqual(await spokenLines(visitor), [], "what was there before is not spoken");
    stage.wire.cut();
    const said = stage.ada.say(thread, "while you were away");
    stage.wire.restore();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await visitor.sees("while you were away");
    deepEqual(await spokenLines(visitor), ["ada: while you were away"]);
    stage.ada.edit(thread, said.id, "while you were out");
    await visitor.sees("while you were out");
    stage.ada.delete(thread, said.id);
    await visitor.messages.locator(".deleted").waitFor();
    deepEqual(await spokenLines(visitor), [], "what was deleted is not kept for listeners either");
    match(String(await page.locator("#announcer").getAttribute("aria-live")), /polite/);
  },
);

Deno.test(
  "Page: the counter is there to be read, and no screen reader hears of every key",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page, composer } = visitor;
    await composer.fill("x".repeat(3_850));
    await page.evaluate(() => {
      const live = ":is([aria-live]:not([aria-live=off]), [role=alert], [role=status], [role=log])";
      const observer = new MutationObserver((mutations) => {
        for (const { target } of mutations) {
          const element = target instanceof Element ? target : target.parentElement;
          if (element?.closest(live) !== null) document.body.dataset["spoke"] = element?.id ?? "";
        }
      });
      observer.observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
    });
    await composer.pressSequentially("ten more.!");
    await page.locator("#counter").filter({ hasText: "140 characters left" }).waitFor();
    equal(await page.evaluate(() => document.body.dataset["spoke"]), undefined);
    equal(await composer.getAttribute("aria-describedby"), "counter");
  },
);

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
