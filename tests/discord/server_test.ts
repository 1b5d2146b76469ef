import assert from "node:assert/strict";
import { EventReader } from "../../src/discord/gateway/events.ts";
import { GuildBook } from "../../src/discord/home/guild_book.ts";
import { type DiscordMetrics, NO_DISCORD_METRICS } from "../../src/discord/metrics.ts";
import { DiscordInspection, type Finding } from "../../src/discord/mod.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";
import { type Clock, systemClock } from "../../src/core/mod.ts";
import { createMessage } from "../support/discord/actions/messages.ts";
import { guildCreateData } from "../support/discord/gateway/ready.ts";
import type { DiscordSimulator } from "../support/discord/mod.ts";
import { Log } from "../support/log.ts";
import { Collector } from "../support/until.ts";
import { Bridge, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";

const GUILDS = 1;
const CHANNELS = "/guilds/:guild_id/channels";

/** The role that the bot got from its invitation. */
function ownRole({ world, botId }: DiscordSimulator): { id: string; permissions: string } {
  const role = [...world.roles.values()].find((candidate) => candidate.botId === botId);
  assert.ok(role);
  return role;
}

Deno.test("DiscordService prints the invite URL at each start", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const line = bridge.log.find(({ message }) => message === "Connected to Discord");
    const invite = new URL(String(line?.fields.invite));
    assert.equal(invite.searchParams.get("client_id"), discord.botId);
    assert.notEqual(invite.searchParams.get("permissions"), "0");
  });
});

Deno.test("[X8] DiscordService notices a permission that goes with a role that is deleted", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const everyone = discord.world.roles.get(discord.guildId);
    assert.ok(everyone);
    everyone.permissions = String(BigInt(everyone.permissions) & ~(1n << 16n));
    const tell = (t: string, d: object): void => discord.world.dispatch({ t, d, intent: GUILDS });
    tell("GUILD_ROLE_UPDATE", { guild_id: discord.guildId, role: { ...everyone } });
    tell("GUILD_ROLE_DELETE", { guild_id: discord.guildId, role_id: ownRole(discord).id });
    await bridge.until(
      () => bridge.service.status.reason === "The bot lacks in #chatbox50: Read Message History",
      "the reason",
    );
  });
});

Deno.test("GuildBook follows a server that changes its level, name and owner, and a role that goes", () => {
  const [guild, bot, role] = ["1", "7", "5"] as Snowflake[];
  assert.ok(guild && bot && role);
  const book = new GuildBook();
  const reader = new EventReader(new Log());
  const tell = (t: string, d: object): void => reader.read(t, d).forEach((event) => void book.apply(event));
  tell("READY", { user: { id: bot, username: "bot" }, guilds: [] });
  tell("GUILD_CREATE", {
    id: guild,
    name: "Home",
    owner_id: "9",
    roles: [{ id: role, name: "Staff", permissions: "0" }],
    members: [{ user: { id: bot }, roles: [role] }],
    channels: [{ id: "11", type: 0, name: "lobby" }],
  });
  assert.equal(book.fileBytes(guild), 10 * 1024 * 1024);
  tell("GUILD_UPDATE", { id: guild, name: "Shop", owner_id: bot, premium_tier: 3 });
  assert.equal(book.fileBytes(guild), 100 * 1024 * 1024);
  assert.match(JSON.stringify(book.find(undefined)), /#lobby \(Shop\)/);
  assert.deepEqual(book.roles(guild)?.map(({ name }) => name), ["Staff"]);
  const lobby = book.channel("11" as Snowflake);
  assert.ok(lobby);
  assert.equal(book.ownBits(lobby), (1n << 64n) - 1n, "the bot owns the server now");
  tell("GUILD_ROLE_DELETE", { guild_id: guild, role_id: role });
  assert.deepEqual(book.roles(guild), []);
});

Deno.test("DiscordService registers its commands again when the bot comes back into a server", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    await discord.until(() => discord.world.commands.length > 0);
    discord.kickBot();
    await bridge.until(() => !bridge.service.status.ready, "the removal to be noticed");
    discord.world.commands = [];
    discord.inviteBot();
    await discord.until(() => discord.world.commands.length > 0);
  });
});

Deno.test("DiscordService registers its commands again when the bot was out of the server while nobody listened", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    await discord.until(() => discord.world.commands.length > 0);
    discord.world.commands = [];
    discord.dropGateway({ resumable: false });
    await bridge.until(() => discord.world.commands.length > 0, "the commands");
  });
});

Deno.test("DiscordService registers its commands although Discord could not take them at first", async () => {
  await withDiscord(async (discord) => {
    const fault = discord.faults.add({
      method: "PUT",
      route: "/applications/:application_id/guilds/:guild_id/commands",
      action: { kind: "status", status: 502 },
    });
    await using bridge = await (await Bridge.start(discord)).ready();
    await bridge.until(() => discord.world.commands.length > 0, "the commands");
    assert.equal(fault.hits, 1);
  });
});

const FORBIDDEN = { kind: "status", status: 403, body: { code: 50001, message: "Missing Access" } } as const;

/** What waits for a person is asked again soon. */
const HURRIED: Clock = {
  ...systemClock,
  after: (ms, callback) => systemClock.after(ms >= 15_000 ? 20 : ms, callback),
};

/** The one line with a level that begins so. */
function lineOf({ log }: Bridge, level: string, begins: string): Readonly<Record<string, unknown>> {
  const lines = log.filter((line) => line.level === level && line.message.startsWith(begins));
  assert.equal(lines.length, 1, `${level} ${begins}`);
  return lines[0]?.fields ?? {};
}

Deno.test("DiscordService says what to click when its commands are forbidden, and registers them once they are not", async () => {
  await withDiscord(async (discord) => {
    const route = "/applications/:application_id/guilds/:guild_id/commands";
    const fault = discord.faults.add({ method: "PUT", route, times: 3, action: FORBIDDEN });
    await using bridge = await (await Bridge.start(discord, { clock: HURRIED })).ready();
    await bridge.until(() => bridge.logged("info").includes("The slash commands are available now"), "them");
    assert.ok(discord.world.commands.length > 0);
    assert.equal(fault.hits, 3);
    const { remedy, invite } = lineOf(bridge, "warn", "The slash commands are not available");
    assert.match(String(remedy), /let the bot into the server again/);
    assert.equal(new URL(String(invite)).searchParams.get("scope"), "bot applications.commands");
  });
});

Deno.test("DiscordService says what to click when it may not list the channels, and begins once it may", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { clock: HURRIED })).ready();
    const fault = discord.faults.add({ method: "GET", route: CHANNELS, times: 2, action: FORBIDDEN });
    tellWithoutChannels(discord);
    await bridge.until(() => fault.hits === 2, "the refusals");
    await bridge.ready();
    const { invite } = lineOf(bridge, "warn", "Cannot list the channels");
    assert.equal(new URL(String(invite)).searchParams.get("scope"), "bot applications.commands");
    lineOf(bridge, "info", "The channels are listed now");
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
  });
});

/** Introduces the server as those do that tell no channels. */
function tellWithoutChannels({ world, guildId }: DiscordSimulator): void {
  const guild = { id: guildId, name: "Home", roles: [], members: [], threads: [], channels: [] };
  world.dispatch({ t: "GUILD_CREATE", d: guild, intent: GUILDS });
}

Deno.test("DiscordService asks for the channels of a server that tells none, until it is answered", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const action = { kind: "status", status: 502 } as const;
    const fault = discord.faults.add({ method: "GET", route: CHANNELS, action });
    tellWithoutChannels(discord);
    await bridge.until(() => !bridge.service.status.ready, "the channel to be missed");
    await bridge.ready();
    assert.equal(fault.hits, 1);
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    assert.equal(discord.threads(channel).length, 1);
  });
});

Deno.test("DiscordService takes no late list of channels for news once the server has told them", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    await discord.until(() => discord.world.commands.length > 0);
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    /** Calls are made and answered: what was asked or let go before them has come. */
    const calls = async (): Promise<void> => {
      const used = discord.staff("Alice").slash(thread, "who");
      await bridge.until(() => used.responses[0]?.content, "the answer");
    };
    const held = hold(discord, "late", "GET", CHANNELS);
    tellWithoutChannels(discord);
    await held.asked;
    await calls();
    discord.denyBot(channel, "ReadMessageHistory");
    const d = guildCreateData(discord.world, GUILDS);
    discord.world.dispatch({ t: "GUILD_CREATE", d: d as object, intent: GUILDS });
    const reason = "The bot lacks in #chatbox50: Read Message History";
    await bridge.until(() => bridge.service.status.reason === reason, "the reason");
    held.release();
    await calls();
    assert.equal(bridge.service.status.reason, reason);
  });
});

Deno.test("DiscordService asks nothing more of a server that the bot was put out of", async () => {
  await withDiscord(async (discord) => {
    const commands = hold(discord, "delay", "PUT", /\/commands$/);
    const answers = new Collector<string>();
    const metrics: DiscordMetrics = {
      ...NO_DISCORD_METRICS,
      requested: (method, route, status) => answers.push(`${method} ${route} ${status}`),
    };
    await using bridge = await (await Bridge.start(discord, { metrics })).ready();
    await commands.asked;
    const channels = hold(discord, "delay", "GET", CHANNELS);
    tellWithoutChannels(discord);
    await channels.asked;
    discord.kickBot();
    await bridge.until(() => bridge.service.status.reason?.startsWith("The bot is in no"), "the removal");
    commands.release();
    channels.release();
    await answers.until("refusals", (all) => {
      const said = all.join("\n");
      return /^PUT .*\/commands 4/m.test(said) && /^GET .*\/channels 4/m.test(said);
    });
    discord.inviteBot();
    await bridge.ready();
    // Calls of a kind are answered in their order, so what was asked before has its answer when these have theirs.
    tellWithoutChannels(discord);
    await bridge.until(() => !bridge.service.status.ready, "the channel to be missed");
    await bridge.ready();
    await bridge.until(() => discord.world.commands.length > 0, "the commands");
    const told = bridge.logged("warn").filter((line) => /slash commands|list the channels/.test(line));
    assert.deepEqual(told, []);
  });
});

/** Another bot in the server, which writes by itself and by a webhook. */
function robot({ world, botId }: DiscordSimulator, roles: readonly string[]): string {
  const id = world.ids.next();
  world.users.set(id, { id, username: "helper", globalName: null, bot: true, avatar: null });
  const ids = [...world.roles.values()].filter(({ name }) => roles.includes(name)).map((role) => role.id);
  world.members.set(id, { ...world.member(botId), userId: id, roles: ids });
  return id;
}

Deno.test("Inbox passes on what members say, and nothing of other bots or of other people's webhooks", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const { world } = discord;
    const authorId = robot(discord, []);
    const channel = world.channel(thread);
    createMessage(world, channel, { authorId, content: "by a bot" });
    // Not every server says of a webhook that it is no person.
    const author = { id: world.ids.next(), username: "Builds" };
    const d = { id: world.ids.next(), channel_id: thread, webhook_id: author.id, author, type: 0 };
    world.dispatch({ t: "MESSAGE_CREATE", d: { ...d, content: "by a webhook" }, intent: GUILDS });
    discord.staff("Alice").say(thread, "by Alice");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["by Alice"]);
  });
});

Deno.test("Staff are other bots only where they were given the role", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { staffRole: "staff" })).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const channel = discord.world.channel(thread);
    createMessage(discord.world, channel, { authorId: robot(discord, []), content: "by any bot" });
    createMessage(discord.world, channel, { authorId: robot(discord, ["Staff"]), content: "by our bot" });
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["by our bot"]);
  });
});

Deno.test("DiscordService says that STAFF_ROLE is no role, and when it is one again", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { staffRole: "Stuff" })).ready();
    const warnings = (): readonly Readonly<Record<string, unknown>>[] =>
      bridge.log.filter(({ level, message }) =>
        level === "error" && message.startsWith("STAFF_ROLE is no role")
      )
        .map(({ fields }) => fields);
    await bridge.until(() => warnings().length > 0, "the line");
    assert.deepEqual(warnings(), [{ role: "Stuff", roles: ["@everyone", "ChatBox50", "Staff"] }]);
    const role = { id: discord.world.ids.next(), name: "stuff", permissions: "0" };
    const tell = (t: string, d: object): void => discord.world.dispatch({ t, d, intent: GUILDS });
    tell("GUILD_ROLE_CREATE", { guild_id: discord.guildId, role });
    await bridge.until(() => bridge.logged("info").includes("STAFF_ROLE is there again"), "the good news");
    tell("GUILD_ROLE_DELETE", { guild_id: discord.guildId, role_id: role.id });
    await bridge.until(() => warnings().length === 2, "the line again");
  });
});

async function inspect(discord: DiscordSimulator, staffRole: string | undefined): Promise<Finding[]> {
  const { token, url: apiUrl } = discord;
  const inspection = new DiscordInspection({ token, apiUrl, clock: systemClock, logger: new Log() });
  try {
    return await Array.fromAsync(inspection.inspect(undefined, undefined, staffRole));
  } finally {
    inspection[Symbol.dispose]();
  }
}

Deno.test("DiscordInspection finds the staff role by name or id, or says which roles there are", async () => {
  await withDiscord(async (discord) => {
    const staff = [...discord.world.roles.values()].find(({ name }) => name === "Staff");
    for (const wanted of ["sTaFF", staff?.id ?? ""]) {
      const found = (await inspect(discord, wanted)).find(({ subject }) => subject === "Staff role");
      assert.deepEqual([found?.ok, found?.detail], [true, "visitors hear those with the role Staff"]);
    }
    const missing = (await inspect(discord, "Stuff")).find(({ subject }) => subject === "Staff role");
    assert.equal(missing?.ok, false);
    assert.match(
      missing?.detail ?? "",
      /STAFF_ROLE is Stuff, which is no role of this server.*ChatBox50, Staff$/,
    );
    const unset = await inspect(discord, undefined);
    assert.equal(unset.some(({ subject }) => subject === "Staff role"), false);
  });
});

for (const mayRead of [true, false]) {
  Deno.test(`DiscordInspection deletes what Discord says of a thread in its text channel (the bot may read there: ${mayRead})`, async () => {
    await withDiscord(async (discord, channel) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const [ada, bob] = [await bridge.visitor(), await bridge.visitor()];
      for (const visitor of [ada, bob]) {
        await visitor.say("Hello");
        await visitor.untilDelivered(1);
      }
      const names = (): readonly string[] => discord.messages(channel).map(({ content }) => content);
      assert.deepEqual(names(), [ada.uid, bob.uid]);
      const thread = ada.thread as Snowflake;
      const { token, url: apiUrl } = discord;
      const log = new Log();
      using inspection = new DiscordInspection({ token, apiUrl, clock: systemClock, logger: log });
      if (!mayRead) {
        discord.faults.add({
          method: "GET",
          route: "/channels/:channel_id/messages",
          action: { kind: "status", status: 403, body: { code: 50001, message: "Missing Access" } },
        });
      }
      assert.equal(await inspection.deleteThread(thread), true);
      assert.equal(discord.threads().length, 1);
      assert.deepEqual(names(), mayRead ? [bob.uid] : [ada.uid, bob.uid]);
      const lines = log.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields.thread);
      assert.deepEqual(lines, mayRead ? [] : [thread]);
      assert.equal(await inspection.deleteThread(thread), false, "it is gone already");
    }, { kind: "text" });
  });
}

Deno.test("DiscordService explains empty messages of staff, once", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const alice = discord.staff("Alice");
    const { world } = discord;
    const author = { id: alice.id, username: "alice" };
    // What the gateway sends to whoever did not ask for the content.
    for (let count = 0; count < 2; count++) {
      const d = { id: world.ids.next(), channel_id: thread, author, type: 0, content: "", attachments: [] };
      world.dispatch({ t: "MESSAGE_CREATE", d, intent: GUILDS });
    }
    alice.say(thread, "three");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["three"]);
    const lines = bridge.log.filter(({ message }) =>
      message.startsWith("A message of the staff came without text")
    );
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.fields.uid, visitor.connection.uid);
    assert.match(String(lines[0]?.fields.remedy), /Message Content Intent/);
  });
});

Deno.test("DiscordService says at the start that staff will not be heard when the application may not read", async () => {
  await withDiscord(async (discord) => {
    discord.faults.add({
      method: "GET",
      route: "/applications/@me",
      action: { kind: "status", status: 200, body: { id: discord.botId, flags: 0 } },
    });
    await using bridge = await (await Bridge.start(discord)).ready();
    await bridge.until(
      () =>
        bridge.log.some(({ level, message }) =>
          level === "error" && message.startsWith("Staff will not be heard")
        ),
      "the line",
    );
  });
});
