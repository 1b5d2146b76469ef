// The channel is renamed: conversations go on in it.
import assert from "node:assert/strict";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import type { DiscordSimulator } from "../support/discord/mod.ts";

function rename(discord: DiscordSimulator, channel: string, name: string): void {
  discord.world.channel(channel).name = name;
  // Tells of the channel as it is now.
  discord.denyBot(channel);
}

Deno.test("DiscordService goes on in its channel when that is renamed, running or not", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const visitor = await first.visitor();
    await visitor.say("one");
    await visitor.untilDelivered(1);
    rename(discord, channel, "support");
    const newcomer = await first.visitor();
    await newcomer.say("one");
    await newcomer.untilDelivered(1);
    await visitor.say("two");
    await visitor.untilDelivered(2);
    assert.equal(first.service.status.ready, true);
    await first[Symbol.asyncDispose]();
    await using second = await (await Bridge.start(discord, { store })).ready();
    const again = await second.returning(visitor.uid);
    await again.say("three");
    await again.untilDelivered(3);
    assert.ok(
      second.logged("warn").some((line) => line.startsWith("No channel is named chatbox50 any more")),
    );
  });
});

Deno.test("DiscordService takes the channel with the name when its own is deleted", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const next = discord.createForum("chatbox50");
    discord.deleteChannel(channel);
    await bridge.until(() => bridge.log.some(({ fields }) => fields.id === next), "the other channel");
    const visitor = await bridge.visitor();
    await visitor.say("one");
    await visitor.untilDelivered(1);
    assert.equal(discord.threads(next).length, 1);
  });
});
