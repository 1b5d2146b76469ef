import assert from "node:assert/strict";
import { Bridge, type Visitor, withDiscord } from "./bridge.ts";

/** Deletes a visitor's thread, and has a new one made by saying something. */
async function newThread(bridge: Bridge, visitor: Visitor, words: string): Promise<string> {
  const before = visitor.thread;
  if (before !== undefined) bridge.discord.deleteChannel(before);
  await visitor.say(words);
  await visitor.until(() => visitor.thread !== before && visitor.delivered.includes(words), "a new thread");
  return visitor.thread ?? "";
}

function quotesIn(bridge: Bridge, thread: string): string {
  const [first, second] = bridge.discord.messages(thread).filter(({ content }) => content !== "");
  const { content = "" } = [first, second].find((message) => message?.content.includes("earlier thread")) ??
    {};
  return content.split("\n").slice(1).join("\n");
}

for (const kind of ["forum", "text"] as const) {
  Deno.test(`[X6] Outbox changes and deletes what a new thread quotes of the one that is gone (${kind})`, async () => {
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const visitor = await bridge.visitor();
      await visitor.connection.properties.set("locale", "en");
      const secret = await visitor.say("my password is 123");
      const old = await visitor.untilDelivered(1);
      discord.staff("Alice").say(old, "Do not write it here");
      await visitor.untilHeard(1);
      const typo = await visitor.say("helo");
      await visitor.untilDelivered(2);
      const thread = await newThread(bridge, visitor, "two");
      const all =
        "> **Visitor:** my password is 123\n> **Alice:** Do not write it here\n> **Visitor:** helo\nLanguage: en";
      assert.equal(quotesIn(bridge, thread), all);
      await visitor.delete(secret.seq);
      await visitor.until(() => !quotesIn(bridge, thread).includes("123"), "the deletion");
      discord.staff("Bob").editThread(thread, { archived: true });
      await visitor.edit(typo.seq, "hello\n*there*");
      await visitor.until(() => quotesIn(bridge, thread).includes("hello"), "the edit");
      assert.equal(
        quotesIn(bridge, thread),
        "> **Alice:** Do not write it here\n> **Visitor:** hello\n> \\*there\\*\nLanguage: en",
      );
      assert.equal(visitor.delivered.filter((content) => content === "two").length, 1);
      await visitor.delete(typo.seq);
      await visitor.say("three");
      await visitor.until(() => visitor.delivered.includes("three"), "what is said after it");
      assert.equal(quotesIn(bridge, thread), "> **Alice:** Do not write it here\nLanguage: en");
      assert.deepEqual(bridge.logged("error"), []);
    }, { kind });
  });
}

Deno.test("[X6] QuotedHistory leaves nothing of words that were all deleted, and quotes nothing that came later", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("one");
    await visitor.untilDelivered(1);
    const thread = await newThread(bridge, visitor, "two");
    await visitor.delete(seq);
    await visitor.until(() => quotesIn(bridge, thread) === "> *(deleted)*", "the deletion");
  });
});

Deno.test("[X6] QuotedHistory goes on when Discord lets nobody edit the quotes", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("one");
    await visitor.untilDelivered(1);
    await newThread(bridge, visitor, "two");
    const body = { code: 50013, message: "Missing Permissions" };
    const route = "/channels/:channel_id/messages/:message_id";
    discord.faults.add({ method: "PATCH", route, action: { kind: "status", status: 403, body } });
    await visitor.delete(seq);
    await visitor.say("three");
    await visitor.until(() => visitor.delivered.includes("three"), "what is said after it");
    assert.ok(bridge.logged("warn").includes("Discord refuses a change for good"));
  });
});
