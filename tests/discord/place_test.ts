import assert from "node:assert/strict";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";

const MESSAGES = "/channels/:channel_id/messages";
const SHUT_OUT = {
  kind: "status",
  status: 403,
  body: { code: 50001, message: "Missing Access" },
} as const;

Deno.test("[D4] Outbox keeps what was sent after the bot was removed and before the gateway told", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("one");
    await visitor.untilDelivered(1);
    discord.faults.add({ route: /^\/channels\//, times: 100, action: SHUT_OUT });
    await visitor.edit(seq, "ONE");
    await visitor.say("two");
    const line = await bridge.until(
      () => bridge.log.find(({ message }) => message === "A delivery failed, trying again"),
      "it to wait",
    );
    assert.equal(line.fields.reason, "Cannot deliver: The bot may not see #chatbox50, give it View Channel");
    discord.kickBot();
    await bridge.until(() => !bridge.service.status.ready, "the removal to be noticed");
    discord.faults.clear();
    discord.inviteBot();
    await visitor.until(() => visitor.delivered.includes("two"), "the message");
    assert.deepEqual(visitor.delivered, ["ONE", "two"]);
    assert.equal([...visitor.seen.values()].some(({ failed }) => failed !== undefined), false);
  });
});

Deno.test("[D4] Outbox keeps an interrupted plan when the bot is shut out before it can look at the thread", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const visitor = await first.visitor();
    await visitor.say("one");
    await visitor.untilDelivered(1);
    discord.faults.add({ method: "POST", route: MESSAGES, action: { kind: "truncate" } });
    discord.faults.add({
      method: "GET",
      route: MESSAGES,
      times: 100,
      action: { kind: "status", status: 503 },
    });
    await visitor.say("two");
    await visitor.untilDelivered(2);
    await first[Symbol.asyncDispose]();
    discord.faults.clear();
    discord.faults.add({ route: /^\/channels\//, times: 100, action: SHUT_OUT });
    await using second = await Bridge.start(discord, { store });
    await second.until(
      () =>
        second.log.some(({ fields }) =>
          String(fields.reason).startsWith("Cannot deliver: The bot may not see")
        ),
      "it to wait",
    );
    discord.faults.clear();
    discord.denyBot(channel, "SendMessages");
    discord.denyBot(channel);
    const again = await second.returning(visitor.uid);
    await again.say("three");
    await again.until(() => again.delivered.includes("three"), "the message");
    assert.deepEqual(again.delivered, ["one", "two", "three"]);
  });
});

Deno.test("[X8] Outbox still fails what a single thread refuses while its channel is open", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    discord.faults.add({ route: new RegExp(`^/channels/${thread}(/|$)`), times: 100, action: SHUT_OUT });
    const { seq } = await visitor.say("two");
    await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
  });
});

for (const change of ["message", "edit"] as const) {
  Deno.test(`Desk keeps a thread archived when a visitor's ${change} of before arrives after /close`, async () => {
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      await discord.until(() => discord.world.commands.length > 0);
      const visitor = await bridge.visitor();
      const { seq } = await visitor.say("one");
      const thread = await visitor.untilDelivered(1);
      const method = change === "message" ? "POST" : "PATCH";
      const held = hold(discord, "delay", method, /\/messages(\/\d+)?$/);
      if (change === "message") await visitor.say("two");
      else await visitor.edit(seq, "ONE");
      await held.asked;
      discord.staff("Alice").slash(thread, "close");
      await bridge.until(() => discord.world.thread(thread).thread.archived, "the closing");
      held.release();
      await visitor.until(() => visitor.delivered.some((text) => text !== "one"), "the delivery");
      await bridge.until(() => discord.world.thread(thread).thread.archived, "the thread to sleep again");
      const wakes = discord.transcript.toString().split("\n").filter((line) => line.includes("woken"));
      assert.equal(wakes.length, 1, "it was awake in between");
      assert.ok(await visitor.connection.properties.get("closed"));
    });
  });
}
