import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { WebSocketRoute } from "playwright-core";
import { RELAXED, Stage, type Visitor } from "./stage.ts";

let stage: Stage;
Deno.test.beforeAll(async () => {
  stage = await Stage.set();
});
Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** Somebody who has said two things, and their thread. */
async function talking(): Promise<{ visitor: Visitor; thread: string; mark: string }> {
  const visitor = await stage.visitor();
  const mark = crypto.randomUUID();
  await visitor.write(`to be changed ${mark}`);
  await visitor.write("to be deleted");
  await visitor.sees("to be deleted", "delivered");
  return { visitor, thread: await stage.threadWith(mark), mark };
}

async function edit(visitor: Visitor, from: string, to: string): Promise<void> {
  await visitor.row(from).getByRole("button", { name: "Edit" }).click();
  await visitor.composer.fill(to);
  await visitor.page.getByRole("button", { name: "Save" }).click();
}

async function remove(visitor: Visitor, text: string): Promise<void> {
  await visitor.row(text).getByRole("button", { name: "Delete" }).click();
  await visitor.page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
}

/** What the server is made to say to an edit or a deletion; `null` lets it through. */
type Refusal = { readonly code: string; readonly retryAfterMs?: number; readonly seq?: number } | null;

/** Answers changes in the server's place, as its limits would: not every server names the message. */
async function refuse(visitor: Visitor, next: () => Refusal): Promise<void> {
  await visitor.page.routeWebSocket("**/ws", (socket: WebSocketRoute) => {
    const server = socket.connectToServer();
    socket.onMessage((data) => {
      const frame = JSON.parse(String(data));
      const refusal = frame.type === "edit" || frame.type === "delete" ? next() : null;
      if (refusal === null) server.send(data);
      else socket.send(JSON.stringify({ type: "error", message: `Cannot ${frame.type}`, ...refusal }));
    });
  });
  await visitor.page.reload();
}

Deno.test(
  "Page: what is changed without a network waits, and is changed once it is back, over a restart",
  RELAXED,
  async () => {
    const { visitor, thread, mark } = await talking();
    await using _ = visitor;
    const context = visitor.page.context();
    await context.setOffline(true);
    stage.wire.cut();
    await edit(visitor, mark, `changed offline ${mark}`);
    await remove(visitor, "to be deleted");
    await visitor.sees(`changed offline ${mark}`, "queued");
    await visitor.sees("to be deleted", "queued");
    await visitor.page.locator("#status.shown").waitFor();
    await stage.stopServer("SIGKILL");
    await stage.startServer();
    stage.wire.restore();
    await context.setOffline(false);
    await visitor.messages.locator(".deleted").waitFor();
    await visitor.row(`changed offline ${mark}`).locator(".progress-delivered").waitFor();
    const { discord } = stage.world;
    await discord.until(() => stage.textOf(thread).includes("changed offline"));
    await discord.until(() => !stage.textOf(thread).includes("to be deleted"));
    equal(stage.textOf(thread).split(mark).length, 2);
  },
);

Deno.test("Page: what is changed without a network outlives a reload, too", RELAXED, async () => {
  const { visitor, thread, mark } = await talking();
  await using _ = visitor;
  stage.wire.cut();
  await visitor.page.locator("#presence[data-presence=offline]").waitFor();
  await edit(visitor, mark, `changed before the reload ${mark}`);
  await remove(visitor, "to be deleted");
  await visitor.sees(`changed before the reload ${mark}`, "queued");
  stage.wire.restore();
  await visitor.page.reload();
  await visitor.row(`changed before the reload ${mark}`).locator(".progress-delivered").waitFor();
  await visitor.messages.locator(".deleted").waitFor();
  const { discord } = stage.world;
  await discord.until(() => stage.textOf(thread).includes("changed before the reload"));
  await discord.until(() => !stage.textOf(thread).includes("to be deleted"));
});

Deno.test("Page: a change in flight when the line dies is made by the next connection", RELAXED, async () => {
  const { visitor, thread, mark } = await talking();
  await using _ = visitor;
  stage.wire.freeze();
  await edit(visitor, mark, `changed into the void ${mark}`);
  await visitor.sees("changed into the void", "sending");
  stage.wire.cut();
  await visitor.sees("changed into the void", "queued");
  stage.wire.restore();
  await visitor.page.evaluate(() => dispatchEvent(new Event("online")));
  await visitor.row("changed into the void").locator(".progress-delivered").waitFor();
  await stage.world.discord.until(() => stage.textOf(thread).includes("changed into the void"));
});

for (const named of [false, true]) {
  const how = named ? "the error names the message" : "it names none";
  Deno.test(
    `Page: a change that a limit refuses says when it goes on, and does: ${how}`,
    RELAXED,
    async () => {
      const { visitor, thread, mark } = await talking();
      await using _ = visitor;
      let refusals = 1;
      await refuse(
        visitor,
        () =>
          refusals-- > 0 ? { code: "rate_limited", retryAfterMs: 4_000, ...(named ? { seq: 1 } : {}) } : null,
      );
      await edit(visitor, mark, `changed in a hurry ${mark}`);
      await visitor.page.locator("#status.shown").filter({ hasText: "Sending goes on in 5 seconds" })
        .waitFor();
      await visitor.sees("changed in a hurry", "sending");
      await visitor.row("changed in a hurry").locator(".progress-delivered").waitFor();
      await visitor.page.locator("#status.shown").waitFor({ state: "detached" });
      await stage.world.discord.until(() => stage.textOf(thread).includes("changed in a hurry"));
    },
  );

  Deno.test(
    `Page: a change that is refused for good says so and can be tried again: ${how}`,
    RELAXED,
    async () => {
      const { visitor, thread, mark } = await talking();
      await using _ = visitor;
      let refused = true;
      await refuse(visitor, () => refused ? { code: "internal", ...(named ? { seq: 1 } : {}) } : null);
      await edit(visitor, mark, `not taken ${mark}`);
      const failure = visitor.row(mark).locator(".failure");
      await failure.waitFor();
      match(await failure.innerText(), /Not changed\. Something went wrong at our end/);
      ok((await visitor.texts())[0]?.startsWith("to be changed"), "the message is as it was");
      refused = false;
      await failure.getByRole("button", { name: "Try again" }).click();
      await visitor.row(`not taken ${mark}`).locator(".edited").waitFor();
      await failure.waitFor({ state: "detached" });
      await stage.world.discord.until(() => stage.textOf(thread).includes("not taken"));
      refused = true;
      await edit(visitor, mark, "given up");
      await failure.getByRole("button", { name: "Discard" }).click();
      await failure.waitFor({ state: "detached" });
      ok((await visitor.texts())[0]?.startsWith("not taken"));
    },
  );
}

Deno.test("Page: no page of these tests met an error or broke its policy", () => {
  deepEqual(stage.takeComplaints(), []);
});
