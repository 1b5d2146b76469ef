import assert from "node:assert/strict";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import { talk } from "./talk.ts";
import { holdPairing, untilSeenUnpaired } from "./unpaired.ts";

Deno.test("[X4] CatchUp brings what staff wrote while the process was down, once, in order", async () => {
  await talk(async ({ visitor, thread, alice, leave, back }) => {
    alice.say(thread, "Before");
    await visitor.untilHeard(1);
    await leave();

    const texts = Array.from({ length: 130 }, (_, index) => `while away ${index}`);
    for (const text of texts) alice.say(thread, text);
    alice.say(thread, "// a note");
    const { visitor: again } = await back();
    await again.untilHeard(131);
    alice.say(thread, "Live");
    await again.untilHeard(132);
    assert.deepEqual(again.texts, ["Before", ...texts, "Live"]);
  });
});

Deno.test("[X4] CatchUp reads archived threads as well", async () => {
  await talk(async ({ thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "Closing this");
    alice.editThread(thread, { archived: true });
    const { visitor: again } = await back();
    await again.untilHeard(1);
    assert.deepEqual(again.texts, ["Closing this"]);
  });
});

Deno.test("[X4] CatchUp reads only threads that have something new", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const quiet = await first.visitor();
    const busy = await first.visitor();
    const alice = discord.staff("Alice");
    for (const visitor of [quiet, busy]) {
      await visitor.say("Hello");
      alice.say(await visitor.untilDelivered(1), "Hi");
      await visitor.untilHeard(1);
    }
    await first[Symbol.asyncDispose]();
    const before = discord.requests.length;
    alice.say(busy.thread ?? "", "News");
    await using second = await (await Bridge.start(discord, { store })).ready();
    await (await second.returning(busy.uid)).untilHeard(2);
    const reads = discord.requests.slice(before).filter(({ method, path }) =>
      method === "GET" && path.endsWith("/messages")
    );
    assert.deepEqual(reads.map(({ path }) => path), [`/channels/${busy.thread}/messages`]);
  });
});

for (const resumable of [true, false]) {
  Deno.test(`[X4] DiscordService loses nothing when the gateway drops (resumable: ${resumable})`, async () => {
    await talk(async ({ discord, visitor, thread, alice }) => {
      alice.say(thread, "one");
      await visitor.untilHeard(1);
      discord.dropGateway({ resumable });
      alice.say(thread, "two");
      await visitor.untilHeard(2);
      alice.say(thread, "three");
      await visitor.untilHeard(3);
      assert.deepEqual(visitor.texts, ["one", "two", "three"]);
      const { identifies, resumes } = discord.sessions;
      assert.deepEqual([identifies, resumes], resumable ? [1, 1] : [2, 0]);
    });
  });
}

Deno.test("[X4] DiscordService loses nothing when Discord asks it to reconnect", async () => {
  await talk(async ({ discord, bridge, visitor, thread, alice }) => {
    discord.requestReconnect();
    alice.say(thread, "meanwhile");
    await visitor.untilHeard(1);
    await bridge.until(() => discord.sessions.resumes === 1, "the resume");
    alice.say(thread, "after");
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["meanwhile", "after"]);
  });
});

Deno.test("[X4] Intake holds live events back until what was missed before them is read", async () => {
  await talk(async ({ discord, thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "missed");
    const held = hold(discord, "delay", "GET", "/guilds/:guild_id/threads/active");
    const { bridge: second, visitor: again } = await back();
    await second.ready();
    alice.say(thread, "live");
    held.release();
    await again.untilHeard(2);
    assert.deepEqual(again.texts, ["missed", "live"]);
  });
});

Deno.test("[X4] CatchUp tries again until it knows", async () => {
  await talk(async ({ discord, thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "missed");
    discord.faults.add({
      method: "GET",
      route: "/guilds/:guild_id/threads/active",
      action: { kind: "status", status: 500 },
    });
    discord.faults.add({
      method: "GET",
      route: "/channels/:channel_id/messages",
      action: { kind: "truncate" },
    });
    const { visitor: again } = await back();
    await again.untilHeard(1);
    assert.deepEqual(again.texts, ["missed"]);
  });
});

Deno.test("[X4] Intake reads what was said in a thread before it was paired", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const held = holdPairing(discord);
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.until(() => visitor.thread, "the thread");
    discord.staff("Alice").say(thread, "That was quick");
    await untilSeenUnpaired(bridge);
    held.release();
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["That was quick"]);
  });
});

Deno.test("[D4] DiscordService delivers what visitors wrote during an outage of Discord's, in order, once", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Before");
    await visitor.untilDelivered(1);
    discord.setOutage(true);
    await bridge.until(() => !bridge.service.status.ready, "the outage to be noticed");
    for (let index = 0; index < 5; index++) await visitor.say(`During ${index}`);
    const newcomer = await bridge.visitor();
    await newcomer.say("New");
    await bridge.until(
      () => bridge.logged("warn").includes("A delivery failed, trying again"),
      "a failed delivery",
    );
    discord.setOutage(false);
    await bridge.ready();
    await visitor.until(() => visitor.delivered.join("\n").endsWith("During 4"), "what waited");
    await newcomer.untilDelivered(1);
    assert.equal(visitor.delivered.join("\n"), ["Before", 0, 1, 2, 3, 4].join("\nDuring "));
  });
});
