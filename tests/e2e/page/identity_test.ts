import { deepEqual, equal, match } from "node:assert/strict";
import { identify, MembersSite, tokenFor } from "./members.ts";
import { RELAXED, type Stage } from "./stage.ts";

let members: MembersSite;
let stage: Stage;
Deno.test.beforeAll(async () => {
  members = await MembersSite.open();
  stage = members.stage;
});
Deno.test.afterAll(() => members[Symbol.asyncDispose]());

Deno.test(
  "[O3] Widget: a signed-in visitor has one conversation on every device, and nobody else sees it",
  RELAXED,
  async () => {
    const [desk, phone] = [await stage.context(), await stage.context()];
    const first = await members.visit(desk, { token: await tokenFor("ada-7", "Ada L.") });
    await first.chat.write("my order 1815");
    await first.chat.sees("my order 1815", "delivered");
    const second = await members.visit(phone, { token: await tokenFor("ada-7", "Ada L.") });
    await second.chat.sees("my order 1815");
    const thread = await stage.threadWith("my order 1815");
    stage.ada.say(thread, "It is on its way");
    await first.chat.sees("It is on its way");
    await second.chat.sees("It is on its way");

    // Signing out leads to an empty chat, also for whoever comes next on this machine.
    await identify(second.page, { token: null });
    await second.chat.row("my order 1815").waitFor({ state: "detached" });
    await second.chat.write("I am somebody else");
    await second.chat.sees("I am somebody else", "delivered");
    equal(stage.textOf(thread).includes("somebody else"), false);
    await first.page.close();
    const stranger = await members.visit(desk, null);
    await stranger.chat.composer.waitFor();
    await stranger.chat.write("who was here before me?");
    await stranger.chat.sees("who was here before me?", "delivered");
    deepEqual(await stranger.chat.texts(), ["who was here before me?"]);
    await Promise.all([desk.close(), phone.close()]);
  },
);

Deno.test(
  "Widget: staff see a signed name as it is, and one without a token as not verified",
  RELAXED,
  async () => {
    for (
      const [identity, line] of [
        [
          { token: await tokenFor("lin-4", "Lin") },
          /Identified: Lin[^\n]*lin-4@shop\.example(?![^\n]*not verified)/,
        ],
        [
          { name: "Eve", email: "eve@else.example" },
          /Identified: Eve[^\n]*eve@else\.example[^\n]*\(not verified\)/,
        ],
      ] as const
    ) {
      const context = await stage.context();
      const { chat } = await members.visit(context, identity);
      const words = `who am I? ${crypto.randomUUID()}`;
      await chat.write(words);
      await chat.sees(words, "delivered");
      match(stage.textOf(await stage.threadWith(words)), line);
      await context.close();
    }
  },
);

Deno.test("Widget: what was written before signing in goes along", RELAXED, async () => {
  const context = await stage.context();
  const { page, chat } = await members.visit(context, null);
  await chat.write("before I sign in");
  await chat.sees("before I sign in", "delivered");
  await identify(page, { token: await tokenFor("grace-1", "Grace") });
  await chat.write("after I signed in");
  await chat.sees("after I signed in", "delivered");
  await chat.sees("before I sign in");
  const thread = await stage.threadWith("before I sign in");
  equal(stage.textOf(thread).includes("after I signed in"), true);
  await context.close();
});

Deno.test(
  "[O3] Widget: what waits in a tab outlives a sign-in in another one, and does not go to who signed in there",
  RELAXED,
  async () => {
    const context = await stage.context();
    const tab = await context.newPage();
    // Only the tab that signs in gets through meanwhile.
    let isCut = false;
    await tab.routeWebSocket("**/ws", (socket) => {
      if (isCut) void socket.close({ code: 1012 });
      else socket.connectToServer();
    });
    const anonymous = await members.visit(context, null, { tab });
    await anonymous.chat.write("before they sign in");
    await anonymous.chat.sees("before they sign in", "delivered");
    isCut = true;
    stage.wire.cut();
    await anonymous.chat.write("please do not lose me");
    await anonymous.chat.sees("please do not lose me", "queued");
    stage.wire.restore();
    const signedIn = await members.visit(context, { token: await tokenFor("olga-6", "Olga") });
    await signedIn.chat.sees("before they sign in");
    await anonymous.chat.sees("please do not lose me");
    isCut = false;
    await anonymous.chat.sees("please do not lose me", "delivered");
    deepEqual(await anonymous.chat.texts(), ["please do not lose me"]);
    deepEqual(await signedIn.chat.texts(), ["before they sign in"]);
    const thread = await stage.threadWith("before they sign in");
    equal(stage.textOf(thread).includes("please do not lose me"), false);
    await context.close();
  },
);

Deno.test(
  "Widget: an expired or forged token shows nobody's conversation, and a fresh one goes on",
  RELAXED,
  async () => {
    const context = await stage.context();
    const forged = `${(await tokenFor("ada-7", "Ada L.")).slice(0, -6)}AAAAAA`;
    for (const token of [await tokenFor("ada-7", "Ada L.", "1 minute ago"), forged]) {
      const { page, chat } = await members.visit(context, { token });
      await page.frameLocator("iframe").getByText("Your sign-in has expired").waitFor();
      await page.waitForFunction(() => Object(globalThis).told.includes("expired"));
      equal(await chat.messages.locator(".message").count(), 0);
      await identify(page, { token: await tokenFor("alan-2", "Alan") });
      await chat.write("fresh again");
      await chat.sees("fresh again", "delivered");
      await page.close();
    }
    await context.close();
  },
);

Deno.test(
  "[D3] Widget: a signed-in visitor's message waits for them over a reload and a restart",
  RELAXED,
  async () => {
    const context = await stage.context();
    const token = await tokenFor("mary-3", "Mary");
    const before = await members.visit(context, { token });
    await before.chat.write("first of Mary");
    await before.chat.sees("first of Mary", "delivered");
    stage.wire.cut();
    await before.chat.write("unsent of Mary");
    await before.chat.sees("unsent of Mary", "queued");
    await stage.stopServer();
    await stage.startServer();
    stage.wire.restore();
    const nobody = await members.visit(context, null, { tab: before.page });
    await nobody.chat.write("not Mary");
    await nobody.chat.sees("not Mary", "delivered");
    deepEqual(await nobody.chat.texts(), ["not Mary"]);
    const after = await members.visit(context, { token }, { tab: before.page });
    await after.chat.sees("unsent of Mary", "delivered");
    deepEqual(await after.chat.texts(), ["first of Mary", "unsent of Mary"]);
    await context.close();
  },
);

Deno.test("Widget: what is read on one device is unread on no other", RELAXED, async () => {
  const [desk, phone] = [await stage.context(), await stage.context()];
  const token = await tokenFor("rosa-5", "Rosa");
  const first = await members.visit(desk, { token });
  await first.chat.write("to both of my devices");
  await first.chat.sees("to both of my devices", "delivered");
  const second = await members.visit(phone, { token });
  await second.chat.sees("to both of my devices");
  const thread = await stage.threadWith("to both of my devices");
  for (const { page } of [first, second]) {
    await page.getByRole("button", { name: "Close chat" }).last().click();
  }
  stage.ada.say(thread, "for whichever you look at");
  for (const { page } of [first, second]) {
    await page.locator("chatbox50-widget .badge").filter({ hasText: "1" }).waitFor();
  }
  await first.page.getByRole("button", { name: "Open chat" }).click();
  await first.chat.sees("for whichever you look at");
  await second.page.locator("chatbox50-widget .badge").waitFor({ state: "hidden" });
  await Promise.all([desk.close(), phone.close()]);
});

Deno.test(
  "Widget: a sign-in over a slow line and a cut one opens the visitor's own chat, and nobody else's",
  RELAXED,
  async () => {
    const [desk, phone] = [await stage.context(), await stage.context()];
    const token = await tokenFor("sven-8", "Sven");
    const first = await members.visit(desk, { token });
    await first.chat.write("from my desk");
    await first.chat.sees("from my desk", "delivered");
    stage.wire.slow();
    const second = await members.visit(phone, { token });
    await second.chat.sees("from my desk");
    await second.chat.write("from my phone, slowly");
    await second.chat.sees("from my phone, slowly", "delivered");
    stage.wire.cut();
    await second.page.frameLocator("iframe").locator("#presence[data-presence=offline]").waitFor();
    // Somebody else signs in before the line is back: nothing of Sven's may go out for them.
    await second.chat.write("unsent of Sven");
    await identify(second.page, { token: await tokenFor("tove-9", "Tove") });
    await second.chat.row("from my desk").waitFor({ state: "detached" });
    await second.chat.write("I am Tove");
    stage.wire.restore();
    await second.chat.sees("I am Tove", "delivered");
    deepEqual(await second.chat.texts(), ["I am Tove"]);
    equal(stage.textOf(await stage.threadWith("from my desk")).includes("Tove"), false);
    await first.chat.sees("from my phone, slowly");
    deepEqual(await first.chat.texts(), ["from my desk", "from my phone, slowly"]);
    await Promise.all([desk.close(), phone.close()]);
  },
);
