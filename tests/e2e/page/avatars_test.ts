import { deepEqual, equal, match, ok } from "node:assert/strict";
import { drawn } from "../../support/discord/avatars.ts";
import { HostSite } from "../../support/host_site.ts";
import { visit } from "./opened_site.ts";
import { RELAXED, Stage, type Visitor } from "./stage.ts";

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

/** A question that Discord has. */
async function ask(visitor: Visitor, text: string): Promise<string> {
  await visitor.write(text);
  await visitor.sees(text, "delivered");
  return await stage.threadWith(text);
}

/** The colour of a picture's corner as it is painted, `r,g,b`. */
async function colourOf(visitor: Visitor, text: string): Promise<string> {
  return await visitor.row(text).locator("img.avatar").evaluate((image: HTMLImageElement) => {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0);
    return [...context?.getImageData(1, 1, 1, 1).data ?? []].slice(0, 3).join();
  });
}

Deno.test(
  "[S1] Page: the picture of who answers comes from our own server, and stays after a restart of it",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const hosts = new Set<string>();
    visitor.page.on("request", (request) => hosts.add(new URL(request.url()).host));
    const thread = await ask(visitor, "Who are you?");
    const grace = stage.world.discord.staff("grace");
    grace.setAvatar(drawn(4));
    grace.say(thread, "I am Grace");
    const first = await visitor.pictureBeside("I am Grace");
    match(new URL(first).pathname, /^\/avatars\/[\w-]+$/);
    equal(new URL(first).origin, new URL(stage.url).origin);
    equal(await colourOf(visitor, "I am Grace"), "237,66,69");

    await visitor.write("And who else?");
    await visitor.sees("And who else?", "delivered");
    stage.world.discord.staff("hopper").say(thread, "No picture of mine, Discord has its own");
    await visitor.pictureBeside("Discord has its own");

    await stage.stopServer();
    await stage.startServer();
    await visitor.page.reload();
    equal(await visitor.pictureBeside("I am Grace"), first);
    deepEqual([...hosts], [new URL(stage.url).host]);
    deepEqual(stage.takeComplaints(), []);
  },
);

Deno.test(
  "Page: the first letter of the name is there while Discord has no picture to give",
  RELAXED,
  async () => {
    await using visitor = await stage.visitor();
    const thread = await ask(visitor, "Are you new?");
    const zoe = stage.world.discord.staff("zoe");
    zoe.setAvatar(drawn(1));
    stage.world.discord.setCdnOutage(true);
    const answered = visitor.page.waitForResponse((response) => response.url().includes("/avatars/"));
    zoe.say(thread, "Since yesterday");
    equal((await answered).status(), 503);
    const face = visitor.row("Since yesterday").locator(".avatar");
    await face.waitFor();
    deepEqual([await face.innerText(), await face.evaluate(({ tagName }) => tagName)], ["Z", "DIV"]);
    stage.world.discord.setCdnOutage(false);
  },
);

Deno.test("Page: the first letter of the name is there until the picture comes", RELAXED, async () => {
  await using visitor = await stage.visitor();
  const thread = await ask(visitor, "Are you slow?");
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await visitor.page.route("**/avatars/*", async (route) => {
    asked.resolve();
    await held.promise;
    await route.continue();
  });
  stage.world.discord.staff("ruth").say(thread, "A little");
  await asked.promise;
  equal(await visitor.row("A little").locator("div.avatar").innerText(), "R");
  held.resolve();
  await visitor.pictureBeside("A little");
  equal(await visitor.row("A little").locator("div.avatar").count(), 0);
});

Deno.test("Widget: the picture of who answers is there in the frame as well", RELAXED, async () => {
  const url = site.put("faces", { widget: `${stage.url}/widget.js` });
  await using opened = await visit(stage, url);
  await opened.page.getByRole("button", { name: "Open chat" }).click();
  const chat = opened.chat();
  const thread = await ask(chat, "Who is in the frame?");
  const lin = stage.world.discord.staff("lin");
  lin.setAvatar(drawn(2), { inServer: true });
  lin.say(thread, "Lin is");
  ok((await chat.pictureBeside("Lin is")).startsWith(`${stage.url}/avatars/`));
});
