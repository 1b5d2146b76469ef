import assert from "node:assert/strict";
import { createThread } from "../support/discord/actions/threads.ts";
import type { DiscordSimulator } from "../support/discord/mod.ts";
import { Bridge, type BridgeOptions, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import { type Talk, talk } from "./talk.ts";
import { holdPairing, UNPAIRED, untilSeenUnpaired } from "./unpaired.ts";

const MESSAGES = "/channels/:channel_id/messages";
const FORBIDDEN = {
  kind: "status",
  status: 403,
  body: { code: 50001, message: "Missing Access" },
} as const;

/** Plays a talk in which the visitor has heard "before". */
async function begunTalk(work: (talk: Talk) => Promise<void>, options: BridgeOptions = {}): Promise<void> {
  await talk(async (begun) => {
    begun.alice.say(begun.thread, "before");
    await begun.visitor.untilHeard(1);
    await work(begun);
  }, options);
}

/** Waits until the operator is told that something cannot be read. */
async function untilRefused(bridge: Bridge): Promise<void> {
  await bridge.until(
    () => bridge.logged("error").some((line) => line.startsWith("Discord refuses")),
    "the refusal",
  );
}

Deno.test("[X4] Intake reads later what Discord refuses to show after a lost session, and lets nothing overtake it", async () => {
  await begunTalk(async ({ discord, bridge, visitor, thread, alice }) => {
    discord.faults.add({ method: "GET", route: MESSAGES, action: FORBIDDEN });
    discord.dropGateway({ resumable: false });
    alice.say(thread, "missed");
    await untilRefused(bridge);
    alice.say(thread, "live");
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["before", "missed", "live"]);
  });
});

Deno.test("[X4] CatchUp waits for Read Message History when it is missing at the start, although Discord shows an empty thread", async () => {
  await begunTalk(async ({ discord, channel, thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "while down");
    discord.denyBot(channel, "ReadMessageHistory");
    const { bridge, visitor } = await back();
    await untilRefused(bridge);
    alice.say(thread, "live");
    discord.denyBot(channel);
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["before", "while down", "live"]);
  });
});

Deno.test("[X4] Intake keeps a message whose author's roles Discord refuses to tell once", async () => {
  await begunTalk(async ({ discord, thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "while down 1");
    discord.staff("Bob").say(thread, "while down 2");
    discord.faults.add({ method: "GET", route: "/guilds/:guild_id/members/:user_id", action: FORBIDDEN });
    const { visitor } = await back();
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["before", "while down 1", "while down 2"]);
  }, { staffRole: "Staff" });
});

/** Nobody lists a thread then: only what is known of it tells that it has to be read. */
function unlist(discord: DiscordSimulator): void {
  const action = { kind: "status", status: 200, body: { threads: [], members: [] } } as const;
  discord.faults.add({ method: "GET", route: /\/threads\//, times: 1_000, action });
}

for (const listed of [true, false]) {
  const how = `(the thread is listed: ${listed})`;

  Deno.test(`[X4] DiscordService reads what staff wrote while the bot had lost sight of the channel, which nobody told ${how}`, async () => {
    await begunTalk(async ({ discord, channel, visitor, thread, alice }) => {
      discord.denyBot(channel, "ViewChannel");
      alice.say(thread, "during");
      if (!listed) unlist(discord);
      discord.denyBot(channel);
      alice.say(thread, "after");
      await visitor.untilHeard(3);
      assert.deepEqual(visitor.texts, ["before", "during", "after"]);
    });
  });

  Deno.test(`[X4] DiscordService reads what staff wrote while the bot was without a permission ${how}`, async () => {
    await begunTalk(async ({ discord, channel, bridge, visitor, thread, alice }) => {
      const { roles } = discord.world;
      const role = [...roles.values()].find(({ botId }) => botId === discord.botId);
      assert.ok(role);
      const { permissions } = role;
      const give = (bits: string): void => {
        role.permissions = bits;
        const d = { guild_id: discord.guildId, role: { ...role } };
        discord.world.dispatch({ t: "GUILD_ROLE_UPDATE", d, intent: 1 });
      };
      const everyone = roles.get(discord.guildId);
      assert.ok(everyone);
      const view = 1n << 10n;
      everyone.permissions = String(BigInt(everyone.permissions) & ~view);
      const d = { guild_id: discord.guildId, role: { ...everyone } };
      discord.world.dispatch({ t: "GUILD_ROLE_UPDATE", d, intent: 1 });
      give(String(BigInt(permissions) & ~view));
      await bridge.until(() => !bridge.service.status.ready, "the loss to be noticed");
      const own = { id: alice.id, type: 1, allow: String(view), deny: "0" } as const;
      discord.world.channel(channel).overwrites.push(own);
      alice.say(thread, "during");
      if (!listed) unlist(discord);
      give(permissions);
      await bridge.ready();
      alice.say(thread, "after");
      await visitor.untilHeard(3);
      assert.deepEqual(visitor.texts, ["before", "during", "after"]);
    });
  });
}

Deno.test("[X4] DiscordService reads what staff wrote while the bot was out of the server", async () => {
  await begunTalk(async ({ discord, bridge, visitor, thread, alice }) => {
    discord.kickBot();
    await bridge.until(() => !bridge.service.status.ready, "the loss to be noticed");
    alice.say(thread, "during");
    unlist(discord);
    discord.inviteBot();
    await bridge.ready();
    alice.say(thread, "after");
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["before", "during", "after"]);
  });
});

Deno.test("[X4] Intake reads what staff wrote between a thread's making at the first access and its pairing", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { threadOn: "access" })).ready();
    const held = holdPairing(discord);
    const visitor = await bridge.visitor();
    const thread = await visitor.until(() => visitor.thread, "the thread");
    discord.staff("Alice").say(thread, "Can I help?");
    await untilSeenUnpaired(bridge);
    held.release();
    await visitor.untilHeard(1);
    discord.staff("Alice").say(thread, "Still there?");
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["Can I help?", "Still there?"]);
  });
});

Deno.test("[X4] Intake reads what staff wrote before the pairing while the gateway was away", async () => {
  await begunTalk(async ({ discord, bridge, thread: otherThread, alice }) => {
    const held = holdPairing(discord);
    const visitor = await bridge.visitor();
    const thread = await visitor.until(() => visitor.thread, "the thread");
    discord.dropGateway({ resumable: false });
    alice.say(thread, "Can I help?");
    alice.say(otherThread, "meanwhile");
    await bridge.until(
      () => bridge.logged("info").includes("Reading what was missed"),
      "it to be known what was missed in which thread",
    );
    held.release();
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["Can I help?"]);
  }, { threadOn: "access" });
});

Deno.test("[O4] Intake loses nothing of a burst that has no room in its lane", async () => {
  await begunTalk(async ({ discord, bridge, visitor, thread, alice }) => {
    const other = await bridge.visitor();
    await other.say("Hello");
    const otherThread = await other.untilDelivered(1);
    const held = hold(discord, "delay", "POST", MESSAGES);
    await bridge.until(() => discord.world.commands.length > 0, "the commands");
    alice.slash(thread, "note", { text: "takes its time" });
    await held.asked;
    const texts = Array.from({ length: 620 }, (_, index) => `burst ${index}`);
    for (const text of texts) alice.say(thread, text);
    // Behind all of them on the gateway's line.
    alice.type(otherThread);
    await other.until(() => other.typists.length > 0, "the end of the line");
    held.release();
    await visitor.untilHeard(621);
    assert.deepEqual(visitor.texts, ["before", ...texts]);
  });
});

Deno.test("[X4] Intake names the conversation in each line about what it cannot take in", async () => {
  await begunTalk(async ({ discord, thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "while down");
    const page = { method: "GET", route: MESSAGES } as const;
    discord.faults.add({ ...page, action: { kind: "status", status: 500 } });
    discord.faults.add({ ...page, action: FORBIDDEN });
    const { bridge, visitor } = await back();
    await visitor.untilHeard(2);
    const lines = bridge.log.filter(({ level, fields }) =>
      (level === "warn" || level === "error") && fields.service === undefined && fields.missing === undefined
    );
    assert.deepEqual(
      lines.map(({ message, fields }) => [message, fields.uid, fields.thread]),
      [
        "Cannot take in what happened, trying again",
        "Discord refuses what was to be read, it is tried again later",
      ].map((message) => [message, visitor.connection.uid, thread]),
    );
  });
});

Deno.test("[O4] Intake notes nothing of threads in other channels, and all of unpaired ones in its own", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const alice = discord.staff("Alice");
    const noted = () =>
      bridge.log.filter(({ message }) => message === UNPAIRED)
        .map(({ fields }) => fields.thread);
    const [elsewhere, own] = [discord.createForum("other"), channel].map((parent) => {
      const draft = { type: 11, name: "talk", ownerId: alice.id } as const;
      return createThread(discord.world, discord.world.channel(parent), draft, {
        authorId: alice.id,
        content: "First",
      }).id;
    });
    assert.ok(elsewhere && own);
    alice.say(elsewhere, "more");
    alice.say(own, "more");
    await bridge.until(() => noted().length > 0, "the one in its own channel");
    assert.ok(noted().every((thread) => thread === own), String(noted()));
  });
});
