import { deepEqual, equal, match, ok } from "node:assert/strict";
import { RELAXED, Stage } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set();
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** What people, programs and enemies put into a text field. */
const CORPUS: Readonly<Record<string, string>> = {
  script: "<script>document.title = 'broken'</script>",
  handler: `"><img src=x onerror="document.title='broken'"><svg onload=alert(1)>`,
  template: "{{constructor.constructor('alert(1)')()}} ${alert(1)} <!-- --> ]]> &lt;b&gt; &#x3C;",
  link: 'javascript:alert(1) data:text/html,<b>x</b> https://shop.example/"onmouseover=alert(1)',
  controls: "a\u0000b\u0001c\u0007d\u001be\u007ff\u0085g\u2028h\u2029i\ufeffj",
  override: "invoice\u202Efdp.exe \u2066isolate\u2069 \u200F\u200E\u061C",
  zalgo: `Z${"\u0335\u0321\u034e\u0489".repeat(30)}algo`,
  emoji: "👩‍👩‍👧‍👦🏳️‍🌈 é e\u0301 𝕏 中文 العربية עברית",
  mention: "@everyone @here <@1> <@&2> <#3> </cmd:4> <t:5:R> discord.gg/abc",
  markdown: "**a** __b__ ~~c~~ ||d|| `e` ```f``` > g\n# h\n- i\n1. j [k](https://l.example)",
  sql: "'; DROP TABLE messages; -- \\ \" % _ \\u0000",
  spaces: "a\u00a0b\u3000c\td   e",
};

/** No text at all: half of a character cannot be stored anywhere else than in JavaScript. */
const UNPAIRED = "high \ud83d low \ude00 reversed \ude00\ud83d end";

Deno.test(
  "[S1] [S3] Page: nasty texts come out as the same text in the page, in another tab and in Discord",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await page.evaluate(() => {
      const blocked: string[] = [];
      Object.assign(globalThis, { blocked });
      document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.violatedDirective));
    });
    const shown = (): Promise<string[]> =>
      page.locator("#messages .from-visitor .content").evaluateAll((nodes) =>
        nodes.map((node) => encodeURIComponent(JSON.stringify(node.textContent)))
      );
    const texts = Object.values(CORPUS);
    for (const text of [UNPAIRED, ...texts]) {
      // As a program would: no keyboard can type all of them.
      await visitor.composer.evaluate((node, value) => {
        if (!(node instanceof HTMLTextAreaElement)) throw new Error("there is no field");
        node.value = JSON.parse(value);
        node.dispatchEvent(new InputEvent("input"));
      }, JSON.stringify(text));
      await visitor.composer.press("Enter");
    }
    const expected = texts.map((text) => encodeURIComponent(JSON.stringify(text)));
    const refused = page.locator(".message.failed").filter({ hasText: "reversed" });
    await refused.getByText("There are characters in it that cannot be sent.").waitFor();
    await refused.getByRole("button", { name: "Discard" }).click();
    await page.locator(".message.last .progress-delivered").waitFor();
    deepEqual(await shown(), expected, "as it was written");
    await page.reload();
    await page.locator("#messages .message").nth(texts.length - 1).waitFor();
    deepEqual(await shown(), expected, "as the server gives it back");
    const made = await page.locator("#messages .content").evaluateAll((
      nodes,
    ) => [
      ...new Set(nodes.flatMap((node) => [...node.querySelectorAll("*")]).map(({ tagName }) => tagName)),
    ]);
    deepEqual(made, ["A"], "nothing but links is made from what a visitor writes");
    const targets = await page.locator("#messages .content a").evaluateAll((links) =>
      links.map((link) => link instanceof HTMLAnchorElement ? link.protocol : "")
    );
    deepEqual(new Set(targets), new Set(["https:"]));
    equal(await page.title(), "ChatBox50");
    deepEqual(await page.evaluate(() => Object(globalThis).blocked ?? []), []);
    deepEqual(stage.takeComplaints(), []);

    // In Discord its formatting is escaped and what Discord has no letter for may be gone; words and signs are all there.
    const thread = await stage.threadWith("DROP TABLE");
    const plain = (text: string): string =>
      text.replaceAll(/\\(?=[^\p{L}\p{N}\s])|[\p{C}\p{Zl}\p{Zp}\ufffd\s]/gu, "");
    const said = plain(stage.textOf(thread));
    for (const [name, text] of Object.entries(CORPUS)) {
      ok(said.includes(plain(text)), `${name} is ${JSON.stringify(plain(text))} and not in ${said}`);
    }
    deepEqual(
      stage.world.discord.pings.filter(({ everyone, users, roles }) =>
        everyone || users.length + roles.length > 0
      ),
      [],
    );
  },
);

Deno.test(
  "Page: the longest text goes through as it is, and a longer one is refused by name",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const { page } = visitor;
    // Four bytes of UTF-8 a code point.
    const longest = "𝔸".repeat(4_000);
    await visitor.composer.fill(`${longest}!`);
    match(await page.locator("#counter").innerText(), /^1 characters too many$/);
    equal(await page.getByRole("button", { name: "Send" }).isDisabled(), true);
    await visitor.composer.press("Enter");
    equal(await visitor.composer.inputValue(), `${longest}!`);
    await page.getByRole("alert").filter({ hasText: "1 characters too many" }).waitFor();
    await visitor.composer.fill(longest);
    await visitor.composer.press("Enter");
    await page.locator(".progress-delivered").waitFor();
    equal((await visitor.texts())[0]?.length, longest.length);
    const thread = await stage.threadWith("𝔸");
    equal(
      stage.messagesOf(thread).map(({ content }) => content).join("").replaceAll(/[^𝔸]/gu, "").length,
      longest.length,
    );

    // Whoever gets past the counter hears it from the server: 64 KiB minus one of JSON.
    let swell = true;
    await page.routeWebSocket("**/ws", (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((data) => {
        const frame = JSON.parse(String(data));
        if (!swell || frame.type !== "send") return server.send(data);
        const room = 64 * 1024 - 1 - JSON.stringify({ ...frame, content: "" }).length;
        server.send(JSON.stringify({ ...frame, content: "x".repeat(room) }));
      });
    });
    await page.reload();
    await visitor.write("too big");
    await page.locator(".failure").filter({ hasText: "It is too long." }).waitFor();
    swell = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await visitor.sees("too big", "delivered");
  },
);

Deno.test("[S1] Page: what staff writes makes no element but those of its formatting", RELAXED, async () => {
  await using visitor = await stage.visitor();
  await visitor.write("be nasty");
  await visitor.sees("be nasty", "delivered");
  const thread = await stage.threadWith("be nasty");
  for (const text of Object.values(CORPUS)) {
    stage.ada.say(thread, text.toWellFormed().replaceAll("\u0000", "") || "-");
  }
  stage.ada.say(
    thread,
    "[click](javascript:alert(1)) [x](data:text/html,a) <img src=x onerror=alert(1)> the end",
  );
  await visitor.sees("the end");
  const { page } = visitor;
  equal(
    await page.locator(
      '#messages :is(script, img:not(.avatar[src^="/avatars/"]), svg:not(.icon), iframe, object, style, form, input)',
    ).count(),
    0,
  );
  const hrefs = await page.locator("#messages .content a").evaluateAll((links) =>
    links.map((link) => link.getAttribute("href"))
  );
  ok(hrefs.length > 0);
  for (const href of hrefs) match(String(href), /^https?:/);
  equal(await page.title(), "ChatBox50");
  deepEqual(stage.takeComplaints(), []);
});
