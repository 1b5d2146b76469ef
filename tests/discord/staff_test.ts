// STAFF_ROLE: what is read while nobody can say who is of the staff waits until somebody can.
import assert from "node:assert/strict";
import type { Snowflake } from "../../src/discord/mod.ts";
import { Staff } from "../../src/discord/staff.ts";
import { hold } from "./hold.ts";
import { type Talk, talk, type TalkOptions } from "./talk.ts";

const OPTIONS: TalkOptions = { staffRole: "Staff" };
const MEMBER = "/guilds/:guild_id/members/:user_id";
const ELSEWHERE = "123456789012345678" as Snowflake;

/** Staff went on with the conversation while the process was down. */
async function missed({ discord, visitor, thread, alice, leave }: Talk, second?: string): Promise<void> {
  alice.say(thread, "before");
  await visitor.untilHeard(1);
  await leave();
  alice.say(thread, "while away");
  if (second !== undefined) discord.staff(second).say(thread, "so do I");
}

Deno.test("[X4] Staff are heard who wrote while DISCORD_CHANNEL_ID was wrong", async () => {
  await talk(async (before) => {
    await missed(before);
    const { bridge, visitor } = await before.back({ channelId: ELSEWHERE });
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["before", "while away"]);
    assert.equal(bridge.service.status.ready, false);
  }, OPTIONS);
});

Deno.test("[X4] Staff are heard whose roles were asked for as an outage of the server began", async () => {
  await talk(async (before) => {
    const { discord } = before;
    await missed(before, "Bob");
    const held = hold(discord, "delay", "GET", MEMBER);
    const { bridge, visitor } = await before.back();
    await bridge.ready();
    await held.asked;
    discord.setGuildUnavailable(true);
    await bridge.until(() => !bridge.service.status.ready, "the outage");
    held.release();
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["before", "while away", "so do I"]);
  }, OPTIONS);
});

Deno.test("[X4] Staff are heard whose roles were asked for as a session was lost", async () => {
  await talk(async (before) => {
    const { discord } = before;
    await missed(before);
    const held = hold(discord, "delay", "GET", MEMBER);
    const { bridge, visitor } = await before.back();
    await bridge.ready();
    await held.asked;
    discord.world.guild.unavailable = true;
    discord.dropGateway({ resumable: false });
    const sessions = () => bridge.logged("info").filter((line) => line === "Connected to Discord").length;
    await bridge.until(() => sessions() === 2, "the new session");
    held.release();
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["before", "while away"]);
  }, OPTIONS);
});

Deno.test("[X4] Staff are heard who write while no channel bears the name, also in a new session", async () => {
  await talk(async (before) => {
    await missed(before);
    for (const channel of before.discord.world.channels.values()) {
      if (channel.name === "chatbox50") channel.name = "support";
    }
    const { visitor } = await before.back();
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["before", "while away"]);
  }, OPTIONS);
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
