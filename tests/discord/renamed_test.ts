// The channel is renamed: conversations go on in it.
import assert from "node:assert/strict";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import type { DiscordSimulator, FaultAction } from "../support/discord/mod.ts";
import type { Uuid } from "../../src/core/mod.ts";
import { syncThreads } from "../support/discord/actions/threads.ts";

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
      second.logged("warn").some((line) => line.startsWith(FOUND)),
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

/** A conversation is begun, and the channel is renamed while nobody runs. */
async function renamedMeanwhile(
  discord: DiscordSimulator,
  channel: string,
  store: LastingStore,
): Promise<Uuid> {
  const bridge = await (await Bridge.start(discord, { store })).ready();
  const visitor = await bridge.visitor();
  await visitor.say("one");
  await visitor.untilDelivered(1);
  await bridge[Symbol.asyncDispose]();
  rename(discord, channel, "support");
  return visitor.uid;
}

const FOUND = "No channel is named chatbox50 any more";

/** Waits until it was looked in vain where a thread is. */
async function untilRefused(bridge: Bridge, discord: DiscordSimulator): Promise<void> {
  await bridge.until(() => bridge.service.status.reason?.startsWith("There is no"), "the reason");
  await discord.until(() =>
    discord.requests.some(({ method, route, status }) =>
      method === "GET" && route === "/channels/:channel_id" && status === 403
    )
  );
}

/** A visitor of before the restart is heard in the thread that they had. */
async function goesOn(bridge: Bridge, uid: Uuid, discord: DiscordSimulator, channel: string): Promise<void> {
  const visitor = await bridge.returning(uid);
  await visitor.say("two");
  await visitor.untilDelivered(2);
  assert.equal(discord.threads(channel).filter(({ name }) => name === uid).length, 1);
  assert.equal(bridge.logged("warn").filter((line) => line.startsWith(FOUND)).length, 1);
}

Deno.test("HomeKeeper finds a channel that was renamed and hidden meanwhile as soon as the bot sees it again", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const uid = await renamedMeanwhile(discord, channel, store);
    discord.denyBot(channel, "ViewChannel");
    await using bridge = await Bridge.start(discord, { store });
    await untilRefused(bridge, discord);
    discord.denyBot(channel);
    await bridge.ready();
    await goesOn(bridge, uid, discord, channel);
  });
});

Deno.test("HomeKeeper looks for its channel again when Discord tells of threads that the bot sees", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const uid = await renamedMeanwhile(discord, channel, store);
    discord.faults.add({
      method: "GET",
      route: "/channels/:channel_id",
      action: { kind: "status", status: 403, body: { code: 50001, message: "Missing Access" } },
    });
    await using bridge = await Bridge.start(discord, { store });
    await untilRefused(bridge, discord);
    syncThreads(discord.world, channel);
    await bridge.ready();
    await goesOn(bridge, uid, discord, channel);
  });
});

Deno.test("HomeKeeper looks again for its channel when something has changed while it was asking", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const uid = await renamedMeanwhile(discord, channel, store);
    discord.denyBot(channel, "ViewChannel");
    const held = hold(discord, "late", "GET", /^\/channels\/\d+$/);
    await using bridge = await Bridge.start(discord, { store });
    await held.asked;
    /** What has happened before on either line has come by the time that this is seen. */
    const seen = async (name: string): Promise<void> => {
      discord.createTextChannel(name);
      await bridge.until(() => bridge.service.status.reason?.includes(`#${name}`), name);
    };
    await seen("before");
    discord.denyBot(channel);
    await seen("after");
    held.release();
    await bridge.ready();
    await goesOn(bridge, uid, discord, channel);
  });
});

Deno.test("HomeKeeper finds a renamed channel although the threads where somebody spoke last are gone", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const uid = await renamedMeanwhile(discord, channel, store);
    const first = await (await Bridge.start(discord, { store })).ready();
    for (let index = 0; index < 6; index++) {
      const visitor = await first.visitor();
      await visitor.say("one");
      discord.deleteChannel(await visitor.untilDelivered(1));
    }
    await first[Symbol.asyncDispose]();
    await using bridge = await (await Bridge.start(discord, { store })).ready();
    await goesOn(bridge, uid, discord, channel);
  });
});

/** How often it fails: a rate limit that has ended by the second try concerns nobody. */
const FAILURES: Readonly<Record<string, { times: number; action: FaultAction }>> = {
  "an error of Discord's own": { times: 1, action: { kind: "status", status: 502 } },
  "a rate limit": { times: 2, action: { kind: "status", status: 429, retryAfterS: 0.1 } },
};

for (const [failure, { times, action }] of Object.entries(FAILURES)) {
  Deno.test(`HomeKeeper finds a channel that was renamed meanwhile, after ${failure} as well`, async () => {
    await withDiscord(async (discord, channel) => {
      const store = new LastingStore();
      const uid = await renamedMeanwhile(discord, channel, store);
      const fault = discord.faults.add({ method: "GET", route: "/channels/:channel_id", times, action });
      await using bridge = await (await Bridge.start(discord, { store })).ready();
      assert.equal(fault.hits, times);
      const visitor = await bridge.returning(uid);
      await visitor.say("two");
      await visitor.untilDelivered(2);
    });
  });
}

Deno.test("HomeKeeper stays in the channel that was given the name while it could not ask for the threads", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const uid = await renamedMeanwhile(discord, channel, store);
    const held = hold(discord, "late", "GET", /^\/channels\/\d+$/);
    await using bridge = await Bridge.start(discord, { store });
    await held.asked;
    const next = discord.createForum("chatbox50");
    await bridge.ready();
    held.release();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    const again = await bridge.returning(uid);
    await again.say("two");
    await again.untilDelivered(2);
    assert.equal(discord.threads(next).length, 1);
    assert.equal(discord.threads(channel).length, 1);
    assert.ok(
      !bridge.logged("warn").some((line) => line.startsWith(FOUND)),
    );
  });
});
