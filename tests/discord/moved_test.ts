import assert from "node:assert/strict";
import { isSnowflake } from "../../src/discord/mod.ts";
import { createMessage } from "../support/discord/actions/messages.ts";
import { editChannel } from "../support/discord/actions/threads.ts";
import { Bridge, withDiscord } from "./bridge.ts";

Deno.test("Inbox shows an embed that somebody sends as a readable line", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    createMessage(
      discord.world,
      discord.world.channel(thread),
      {
        authorId: discord.staff("Alice").id,
        content: "",
        embeds: [{ type: "rich", title: "Opening hours", description: "9 to 5" }],
      } as Parameters<typeof createMessage>[2],
    );
    const [message] = await visitor.untilHeard(1);
    assert.match(message?.content ?? "", /Opening hours/);
  });
});

Deno.test("Desk leaves the tags of a thread alone that was moved into another forum, and carries on in it", async () => {
  await withDiscord(async (discord) => {
    const forum = discord.createForum("support", { tags: ["open", "closed"] });
    const other = discord.createForum("elsewhere", { tags: ["bug"] });
    assert.ok(isSnowflake(forum));
    await using bridge = await (await Bridge.start(discord, { channelId: forum })).ready();
    await discord.until(() => discord.world.commands.length > 0);
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const [bug] = discord.world.channel(other).tags;
    const alice = discord.staff("Alice");
    const moved = { parentId: other, appliedTags: [bug?.id ?? ""] };
    editChannel(discord.world, discord.world.thread(thread), moved, alice.id);
    alice.say(thread, "Over here");
    await visitor.untilHeard(1);
    await visitor.say("I see");
    await visitor.untilDelivered(2);
    alice.slash(thread, "close");
    await bridge.until(() => discord.world.thread(thread).thread.archived, "the closing");
    assert.deepEqual(discord.world.thread(thread).thread.appliedTags, [bug?.id]);
    assert.equal(discord.threads().length, 1);
  });
});

Deno.test("[X2] ThreadMaker links the thread that is gone in the one that takes its place", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const gone = await visitor.untilDelivered(1);
    await visitor.until(() => visitor.arrived > 0, "the arrival");
    discord.deleteChannel(gone);
    await visitor.say("Still there?");
    await visitor.until(() => visitor.delivered.includes("Still there?"), "the message");
    const [starter] = discord.messages(visitor.thread ?? "");
    const link = `<https://discord.com/channels/${discord.guildId}/${gone}>`;
    assert.equal(
      starter?.content,
      `The earlier thread of this conversation (${link}) is gone. /transcript gives all of it. It ended so:\n` +
        "> **Visitor:** Hello",
    );
  });
});
