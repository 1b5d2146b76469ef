import assert from "node:assert/strict";
import { Bridge, withDiscord } from "./bridge.ts";

for (const kind of ["forum", "text"] as const) {
  Deno.test(`[X2] DiscordService makes one thread named by the visitor in a ${kind} channel at the first message`, async () => {
    await withDiscord(async (discord, channel) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const visitor = await bridge.visitor();
      assert.equal(discord.threads(channel).length, 0);
      await visitor.say("Hello, is anyone there?");
      await visitor.untilDelivered(1);
      await visitor.say("Second one");
      await visitor.untilDelivered(2);
      assert.deepEqual(visitor.delivered, ["Hello, is anyone there?", "Second one"]);
      assert.deepEqual(discord.threads(channel).map(({ name }) => name), [visitor.uid]);
    }, { kind });
  });
}

Deno.test("DiscordService brings an answer to the visitor with the member's display name", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    discord.staff("Alice").say(thread, "Hello **you**!");
    const [answer] = await visitor.untilHeard(1);
    assert.equal(answer?.content, "Hello you!");
    assert.equal(answer?.author?.name, "Alice");
    assert.deepEqual(answer?.data?.nodes, [
      { type: "text", text: "Hello " },
      { type: "bold", children: [{ type: "text", text: "you" }] },
      { type: "text", text: "!" },
    ]);
  });
});
