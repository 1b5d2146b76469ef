import assert from "node:assert/strict";
import { hold } from "./hold.ts";
import { scene } from "./scene.ts";

const MESSAGE = "/channels/:channel_id/messages/:message_id";

Deno.test("[X8] Outbox fails only the message that AutoMod blocks, also when it was packed with others", async () => {
  await scene(async ({ discord, bridge, visitor }) => {
    discord.setBlockedWords("spam");
    const held = hold(discord, "delay", "POST", "/channels/:channel_id/messages");
    await visitor.say("first");
    for (const text of ["before", "buy spam", "after"]) await visitor.say(text);
    held.release();
    await visitor.until(() => visitor.delivered.join("\n").endsWith("after"), "the last message");
    assert.equal(visitor.delivered.join("\n"), "Hello\nfirst\nbefore\nafter");
    const failed = [...visitor.seen.values()].filter((message) => message.failed !== undefined);
    assert.deepEqual(failed.map(({ content, failed }) => [content, failed]), [
      ["buy spam", "This message was not delivered because a filter stopped it."],
    ]);
    const lines = bridge.log.filter(({ message }) => message === "A delivery failed for good");
    assert.equal(lines.length, 1);
    assert.match(String(lines[0]?.fields.error), /AutoMod blocks it; exempt the bot's role/);
  });
});

Deno.test("[X8] Outbox shows an edit that Discord refuses as not delivered, and goes on", async () => {
  await scene(async ({ discord, visitor }) => {
    const { seq } = await visitor.say("fine");
    await visitor.untilDelivered(2);
    discord.setBlockedWords("spam");
    await visitor.edit(seq, "spam");
    await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
    await visitor.say("next");
    await visitor.untilDelivered(3);
    assert.deepEqual(visitor.delivered, ["Hello", "fine", "next"]);
  });
});

Deno.test("[X8] Outbox shows a deletion that Discord refuses as not delivered, and goes on", async () => {
  await scene(async ({ discord, bridge, visitor }) => {
    const { seq } = await visitor.say("fine");
    await visitor.untilDelivered(2);
    discord.faults.add({
      method: "DELETE",
      route: MESSAGE,
      action: { kind: "status", status: 400, body: { code: 50021, message: "Cannot execute action" } },
    });
    await visitor.delete(seq);
    await bridge.until(() => bridge.logged("error").includes("A delivery failed for good"), "the failure");
    await visitor.say("next");
    await visitor.untilDelivered(3);
  });
});
