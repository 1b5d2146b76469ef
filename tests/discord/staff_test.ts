// STAFF_ROLE: what is read while nobody can say who is of the staff waits until somebody can.
import assert from "node:assert/strict";
import type { Snowflake } from "../../src/discord/mod.ts";
import type { Uuid } from "../../src/core/mod.ts";
import { Staff } from "../../src/discord/staff.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import type { DiscordSimulator } from "../support/discord/mod.ts";

const OPTIONS = { staffRole: "Staff" };
const MEMBER = "/guilds/:guild_id/members/:user_id";
const ELSEWHERE = "123456789012345678" as Snowflake;

/** A conversation that staff went on with while the process was down. */
async function missed(discord: DiscordSimulator, store: LastingStore, second?: string): Promise<Uuid> {
  const bridge = await (await Bridge.start(discord, { store, ...OPTIONS })).ready();
  const visitor = await bridge.visitor();
  await visitor.say("Hello");
  const thread = await visitor.untilDelivered(1);
  discord.staff("Alice").say(thread, "before");
  await visitor.untilHeard(1);
  await bridge[Symbol.asyncDispose]();
  discord.staff("Alice").say(thread, "while away");
  if (second !== undefined) discord.staff(second).say(thread, "so do I");
  return visitor.uid;
}

Deno.test("[X4] Staff are heard who wrote while DISCORD_CHANNEL_ID was wrong", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const uid = await missed(discord, store);
    await using bridge = await Bridge.start(discord, { store, ...OPTIONS, channelId: ELSEWHERE });
    const visitor = await bridge.returning(uid);
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["before", "while away"]);
    assert.equal(bridge.service.status.ready, false);
  });
});

Deno.test("[X4] Staff are heard whose roles were asked for as an outage of the server began", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const uid = await missed(discord, store, "Bob");
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    discord.faults.add({
      method: "GET",
      route: MEMBER,
      when: () => {
        asked.resolve();
        return true;
      },
      action: { kind: "delay", until: gate.promise },
    });
    await using bridge = await (await Bridge.start(discord, { store, ...OPTIONS })).ready();
    await asked.promise;
    discord.setGuildUnavailable(true);
    await bridge.until(() => !bridge.service.status.ready, "the outage");
    gate.resolve();
    const visitor = await bridge.returning(uid);
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["before", "while away", "so do I"]);
  });
});

Deno.test("[X4] Staff are heard whose roles were asked for as a session was lost", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const uid = await missed(discord, store);
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    discord.faults.add({
      method: "GET",
      route: MEMBER,
      when: () => {
        asked.resolve();
        return true;
      },
      action: { kind: "delay", until: gate.promise },
    });
    await using bridge = await (await Bridge.start(discord, { store, ...OPTIONS })).ready();
    await asked.promise;
    discord.world.guild.unavailable = true;
    discord.dropGateway({ resumable: false });
    const sessions = () => bridge.logged("info").filter((line) => line === "Connected to Discord").length;
    await bridge.until(() => sessions() === 2, "the new session");
    gate.resolve();
    const visitor = await bridge.returning(uid);
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["before", "while away"]);
  });
});

Deno.test("[X4] Staff are heard who write while no channel bears the name, also in a new session", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const uid = await missed(discord, store);
    for (const channel of discord.world.channels.values()) {
      if (channel.name === "chatbox50") channel.name = "support";
    }
    await using bridge = await Bridge.start(discord, { store, ...OPTIONS });
    const visitor = await bridge.returning(uid);
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["before", "while away"]);
  });
});

Deno.test("Staff does not say no while the server's roles are unknown, and says what it is then", async () => {
  const guildId = "5" as Snowflake;
  const user = { id: "7" as Snowflake, username: "alice", bot: false, roles: ["9" as Snowflake] };
  const where = { channelId: "6" as Snowflake, guildId };
  const told: { roles?: readonly { id: Snowflake; name: string; permissions: bigint }[] } = {};
  const rest = {
    channel: () => Promise.reject(new Error("asked")),
    memberRoles: () => Promise.reject(new Error("asked")),
  };
  const staff = (role: string): Staff => new Staff({ role, rest, rolesIn: () => told.roles, now: () => 0 });
  await assert.rejects(staff("Staff").has(user, where), {
    name: "DiscordUnreachable",
    message: "Cannot tell who is of the staff: the server has not told its roles yet",
  });
  assert.equal(await staff("9").has(user, where), true, "an id needs no names");
  told.roles = [{ id: "9" as Snowflake, name: "Staff", permissions: 0n }];
  assert.equal(await staff("staff").has(user, where), true);
  assert.equal(await staff("Other").has(user, where), false);
});
