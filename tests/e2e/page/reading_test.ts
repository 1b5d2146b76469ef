import { deepEqual, equal, match, ok } from "node:assert/strict";
import { SocketClient } from "../../support/socket_client.ts";
import { RELAXED, Stage, type Visitor } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set();
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** Somebody who has said something, and their thread. */
async function inConversation(text: string): Promise<{ visitor: Visitor; thread: string }> {
  const visitor = await stage.visitor();
  await visitor.write(text);
  await visitor.sees(text, "delivered");
  return { visitor, thread: await stage.threadWith(text) };
}

/** Fills the conversation by a socket of the same visitor. */
async function fill(visitor: Visitor, count: number): Promise<void> {
  const session = await visitor.page.evaluate(() => localStorage.getItem("chatbox50.session"));
  await using socket = await SocketClient.hello(stage.url, session);
  await socket.next();
  for (let number = 1; number <= count; number++) {
    socket.send({ type: "send", cid: `fill-${number}`, content: `line ${number}\nof a longer talk` });
  }
  await visitor.sees(`line ${count}`);
}

Deno.test(
  "[S1] Page: Discord's markdown is shown as what it is, made of nothing but its own elements",
  RELAXED,
  async () => {
    const { visitor, thread } = await inConversation("show me markdown");
    await using _ = visitor;
    stage.ada.say(
      thread,
      [
        "# Title",
        "**bold** *italic* __underline__ ~~strike~~ ||secret|| `code`",
        "> quoted",
        "- one",
        "- two",
        "[our docs](https://docs.example/start) and https://plain.example/a?b=1.",
        "```ts\nconst a = 1;\n```",
        "after the code",
      ].join("\n"),
    );
    const content = visitor.messages.locator(".from-agent .content");
    await content.waitFor();
    const html = await content.innerHTML();
    for (
      const part of [
        '<p class="heading heading-1">Title</p>',
        "<strong>bold</strong>",
        "<em>italic</em>",
        "<u>underline</u>",
        "<s>strike</s>",
        '<code dir="ltr">code</code>',
        "<blockquote>quoted",
        "<li>one</li>",
        "const a = 1;</code></pre>",
        "after the code",
      ]
    ) ok(html.includes(part), `${part} is missing in ${html}`);
    equal(/<\/(pre|ul|blockquote|p)><br>/.test(html), false, `an empty line in ${html}`);
    const links = await content.locator("a").evaluateAll((nodes) =>
      nodes.map((node) => [node.getAttribute("href"), node.getAttribute("rel"), node.getAttribute("target")])
    );
    deepEqual(links, [
      ["https://docs.example/start", "noopener noreferrer nofollow", "_blank"],
      ["https://plain.example/a?b=1", "noopener noreferrer nofollow", "_blank"],
    ]);
    match(await content.innerText(), /our docs \(docs\.example\/start\)/);
    equal(await content.getByText("secret").isVisible(), false);
    await content.getByRole("button", { name: "Hidden text" }).click();
    equal(await content.getByText("secret").isVisible(), true);
  },
);

Deno.test(
  "Page: staff's name, edits, deletions and replies are shown, and follow what happens in Discord",
  RELAXED,
  async () => {
    const { visitor, thread } = await inConversation("please answer");
    await using _ = visitor;
    const first = stage.ada.say(thread, "It costs 10 euro");
    const second = stage.ada.say(thread, "Never mind this one");
    await visitor.sees("Never mind this one");
    equal(await visitor.messages.locator(".author").count(), 1, "one name for a group");
    equal(await visitor.messages.locator(".author").innerText(), "ada");
    stage.ada.edit(thread, first.id, "It costs 12 euro");
    await visitor.row("It costs 12 euro").waitFor();
    stage.ada.delete(thread, second.id);
    await visitor.messages.locator(".deleted").filter({ hasText: "Message deleted" }).waitFor();
    equal(await visitor.page.getByText("Never mind this one").count(), 0);
    await visitor.row("It costs 12 euro").locator(".edited").waitFor();
    stage.ada.say(thread, "To your first line", {
      replyTo: String(stage.messagesOf(thread).find(({ content }) => content.includes("please answer"))?.id),
    });
    await visitor.row("To your first line").locator(".quote").filter({ hasText: "please answer" }).waitFor();
  },
);

Deno.test(
  "Page: the visitor replies, edits and deletes; Discord follows, and deleting asks first",
  RELAXED,
  async () => {
    const { visitor, thread } = await inConversation("my speling");
    await using _ = visitor;
    const { page } = visitor;
    stage.ada.say(thread, "What do you mean?");
    await visitor.sees("What do you mean?");
    await visitor.row("What do you mean?").getByRole("button", { name: "Reply" }).click();
    await visitor.write("I mean spelling");
    await visitor.row("I mean spelling").locator(".quote").filter({ hasText: "What do you mean?" }).waitFor();
    await visitor.row("my speling").getByRole("button", { name: "Edit" }).click();
    equal(await visitor.composer.inputValue(), "my speling");
    await visitor.write("my spelling");
    await visitor.row("my spelling").locator(".edited").waitFor();
    const { discord } = stage.world;
    await discord.until(() => stage.textOf(thread).includes("my spelling"));

    const bin = visitor.row("I mean spelling").getByRole("button", { name: "Delete" });
    await bin.click();
    const question = page.getByRole("alertdialog", { name: "Delete for everyone?" });
    await question.waitFor();
    equal(
      await page.evaluate(() => document.activeElement?.textContent),
      "Cancel",
      "the harmless answer is first",
    );
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "detached" });
    await visitor.sees("I mean spelling");
    equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Delete");
    await bin.click();
    await question.getByRole("button", { name: "Delete" }).click();
    await visitor.messages.locator(".deleted").waitFor();
    await discord.until(() => !stage.textOf(thread).includes("I mean spelling"));
  },
);

Deno.test("Page: older messages load while the reader's place stays where it is", RELAXED, async () => {
  const { visitor } = await inConversation("the very first");
  await using _ = visitor;
  const { page } = visitor;
  await fill(visitor, 130);
  await page.reload();
  await visitor.sees("line 130");
  equal(await visitor.row("line 80").count(), 0, "only the latest page is there");
  // What the reader looks at must stay in its place, frame by frame, while 50 messages come in above it.
  const moved = await page.evaluate(async () => {
    const log = document.querySelector("#log");
    const row = document.querySelector('[data-seq="84"]');
    if (log === null || row === null) throw new Error("there is no list");
    row.scrollIntoView({ block: "start" });
    const count = (): number => document.querySelectorAll("#messages > .message").length;
    const before = count();
    const top = row.getBoundingClientRect().top;
    let most = 0;
    for (let frames = 0; count() === before; frames++) {
      if (frames > 600) throw new Error("no older messages came");
      await new Promise((resolve) => requestAnimationFrame(resolve));
      most = Math.max(most, Math.abs(row.getBoundingClientRect().top - top));
    }
    return most;
  });
  ok(moved <= 1, `the reader's place moved by ${moved} pixels`);
  for (let rounds = 0; rounds < 3; rounds++) {
    await page.locator("#log").evaluate((log) => log.scrollTo({ top: 0 }));
    await visitor.messages.locator(".message").nth([99, 130, 130][rounds] ?? 0).waitFor();
  }
  await page.getByText("This is the beginning of your conversation.").waitFor();
  await visitor.sees("the very first");
});

/** Uploads pictures and sends each with a message, as the visitor's other browser would. */
async function sendPictures(visitor: Visitor, count: number): Promise<void> {
  const session = await visitor.page.evaluate(() => localStorage.getItem("chatbox50.session"));
  const ids = await visitor.page.evaluate(async ({ count, session }) => {
    const made: string[] = [];
    for (let number = 0; number < count; number++) {
      const canvas = new OffscreenCanvas(600 + number, 400);
      canvas.getContext("2d")?.fillRect(0, 0, 300, 400);
      const answer = await fetch("/upload", {
        method: "POST",
        headers: {
          "Authorization": `Bearer ${session}`,
          "Content-Type": "image/png",
          "X-File-Name": `${number}.png`,
        },
        body: await canvas.convertToBlob(),
      });
      made.push((await answer.json()).id);
    }
    return made;
  }, { count, session });
  await using socket = await SocketClient.hello(stage.url, session);
  await socket.next();
  for (const [number, id] of ids.entries()) {
    socket.send({ type: "send", cid: `picture-${number}`, content: `picture ${number}`, files: [id] });
  }
  await visitor.sees(`picture ${count - 1}`);
}

Deno.test("Page: nothing moves while pictures of older messages load over a slow line", RELAXED, async () => {
  const { visitor } = await inConversation("an album");
  await using _ = visitor;
  const { page } = visitor;
  await sendPictures(visitor, 12);
  await fill(visitor, 50);
  await page.reload();
  await visitor.sees("line 50");
  equal(await visitor.messages.locator("img").count(), 0, "the pictures are on an older page");
  stage.wire.slow();
  const moved = await page.evaluate(async () => {
    // The first of its page: with what comes above it, it is made anew.
    const row = (): Element => {
      const found = document.querySelector('[data-seq="14"]');
      if (found === null) throw new Error("there is no such message");
      return found;
    };
    row().scrollIntoView({ block: "start" });
    const top = row().getBoundingClientRect().top;
    const loaded = (): number =>
      [...document.images].filter(({ complete, naturalWidth }) => complete && naturalWidth > 1).length;
    let most = 0;
    for (let frames = 0; loaded() === 0; frames++) {
      if (frames > 900) throw new Error("no picture came");
      await new Promise((resolve) => requestAnimationFrame(resolve));
      most = Math.max(most, Math.abs(row().getBoundingClientRect().top - top));
    }
    return most;
  });
  stage.wire.restore();
  ok(moved <= 1, `the reader's place moved by ${moved} pixels`);
});

Deno.test(
  "Page: a reader who reads back is not moved, is told of news, and gets to them",
  RELAXED,
  async () => {
    const { visitor, thread } = await inConversation("a long talk");
    await using _ = visitor;
    const { page } = visitor;
    await fill(visitor, 40);
    const log = page.locator("#log");
    await log.evaluate((node) => node.scrollTo({ top: 100 }));
    const button = page.locator("#to-end");
    await page.locator("#to-end.shown").waitFor();
    const place = await log.evaluate((node) => node.scrollTop);
    stage.ada.say(thread, "news for you");
    await page.getByRole("button", { name: "New messages: 1" }).waitFor();
    equal(await log.evaluate((node) => node.scrollTop), place);
    match(await page.title(), /^\(1\)/);
    equal(await visitor.messages.locator(".unread-line").count(), 1);
    await button.click();
    await page.locator("#to-end:not(.shown)").waitFor({ state: "attached" });
    await page.waitForFunction(() => !document.title.startsWith("("));
    equal(await visitor.row("news for you").isVisible(), true);
  },
);

Deno.test(
  "Page: days are separated and named in the reader's language, times in their way",
  RELAXED,
  async () => {
    const context = await stage.context({ locale: "de-AT", timezoneId: "Europe/Vienna" });
    await using visitor = await stage.tab(context);
    const { page } = visitor;
    await visitor.write("Servus");
    await visitor.sees("Servus", "delivered");
    await visitor.messages.locator(".day").filter({ hasText: "Heute" }).waitFor();
    match(await visitor.row("Servus").locator("time").innerText(), /^\d{1,2}:\d{2}$/);
    await page.clock.install({ time: Date.now() + 24 * 3_600_000 });
    await page.reload();
    await visitor.messages.locator(".day").filter({ hasText: "Gestern" }).waitFor();
    equal(await page.evaluate(() => document.documentElement.lang), "de");
  },
);

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
