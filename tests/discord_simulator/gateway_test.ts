/** @see https://docs.discord.com/developers/events/gateway */
import { Intents } from "@discordeno/bot";
import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { ask, BRIDGE_INTENTS, DISCORDENO_TIMERS, startBot } from "./client.ts";
import { RawGateway } from "./raw_gateway.ts";

Deno.test("gateway greets discordeno with READY and its guild", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50", { tags: ["open"] });
  await using bot = await startBot(discord);
  await discord.until(() => bot.heard("GUILD_CREATE").length === 1);
  const [guild] = bot.heard("GUILD_CREATE");
  assert.equal(guild.id, discord.guildId);
  assert.deepEqual(guild.channels.map((channel: { id: string }) => channel.id), [forum]);
  assert.equal(bot.heard("READY")[0].user.id, discord.botId);
  assert.equal(discord.connected, true);
});

Deno.test("gateway lists active threads only in GUILD_CREATE", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  const ids = [];
  for (const name of ["one", "two"]) {
    ids.push(
      (await ask(discord, "POST", `/channels/${forum}/threads`, { name, message: { content: "hi" } })).json
        .id,
    );
  }
  discord.staff("Alice").editThread(ids[0], { archived: true });
  await using bot = await startBot(discord);
  await discord.until(() => bot.heard("GUILD_CREATE").length === 1);
  assert.deepEqual(bot.heard("GUILD_CREATE")[0].threads.map(({ id }: { id: string }) => id), [ids[1]]);
});

// Opcodes and status codes, "Gateway Close Event Codes"
const refusals = [
  { name: "4004 for a wrong token", token: "wrong", intents: BRIDGE_INTENTS, code: 4004 },
  { name: "4013 for intents that do not exist", intents: 1 << 30, code: 4013 },
  { name: "4013 for no intents at all", intents: undefined, code: 4013 },
  { name: "4014 for a privileged intent that is not enabled", intents: Intents.GuildMembers, code: 4014 },
];
for (const { name, token, intents, code } of refusals) {
  Deno.test(`gateway closes with ${name}`, DISCORDENO_TIMERS, async () => {
    await using discord = await DiscordSimulator.start();
    await using raw = await RawGateway.connect(discord);
    raw.send(2, { token: token ?? discord.token, intents, properties: {} });
    assert.equal(await raw.closed, code);
    assert.equal(discord.sessions.identifies, 0);
  });
}

Deno.test(
  "gateway closes with 4014 for message content that the portal does not allow",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start({ privileged: { messageContent: false } });
    await using raw = await RawGateway.connect(discord);
    raw.send(2, { token: discord.token, intents: Intents.MessageContent, properties: {} });
    assert.equal(await raw.closed, 4014);
  },
);

Deno.test(
  "gateway blanks text without the message content intent, but not the bot's own",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start();
    const channel = discord.createTextChannel("talk");
    await using bot = await startBot(discord, { intents: Intents.Guilds | Intents.GuildMessages });
    discord.staff("Alice").say(channel, "secret", { files: [{ name: "a.txt", data: "a" }] });
    discord.staff("Alice").say(channel, `hello <@${discord.botId}>`);
    await bot.rest.sendMessage(channel, { content: "mine" });
    await discord.until(() => bot.heard("MESSAGE_CREATE").length === 3);
    const [blank, mention, own] = bot.heard("MESSAGE_CREATE");
    assert.equal(blank.content, "");
    assert.deepEqual(blank.attachments, []);
    assert.equal(mention.content, `hello <@${discord.botId}>`);
    assert.equal(own.content, "mine");
  },
);

Deno.test("gateway sends only what the intents ask for", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord, { intents: Intents.Guilds });
  discord.staff("Alice").type(channel);
  discord.staff("Alice").say(channel, "unheard");
  discord.createTextChannel("another");
  await discord.until(() => bot.heard("CHANNEL_CREATE").length === 1);
  assert.deepEqual(bot.events.map(({ t }) => t), ["READY", "GUILD_CREATE", "CHANNEL_CREATE"]);
});

Deno.test("gateway sends nothing from channels that the bot may not view", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const [hidden, open] = [discord.createTextChannel("hidden"), discord.createTextChannel("open")];
  discord.denyBot(hidden, "ViewChannel");
  await using bot = await startBot(discord);
  discord.staff("Alice").say(hidden, "unheard");
  discord.staff("Alice").say(open, "heard");
  await discord.until(() => bot.heard("MESSAGE_CREATE").length > 0);
  assert.deepEqual(bot.heard("MESSAGE_CREATE").map(({ content }) => content), ["heard"]);
});

Deno.test(
  "gateway replays what was missed when a lost connection is resumed",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start();
    const channel = discord.createTextChannel("talk");
    await using bot = await startBot(discord);
    discord.staff("Alice").say(channel, "before");
    await discord.until(() => bot.heard("MESSAGE_CREATE").length === 1);
    discord.dropGateway();
    discord.staff("Alice").say(channel, "meanwhile");
    await discord.until(() => bot.heard("RESUMED").length === 1);
    discord.staff("Alice").say(channel, "after");
    await discord.until(() => bot.heard("MESSAGE_CREATE").length === 3);
    assert.deepEqual(bot.heard("MESSAGE_CREATE").map(({ content }) => content), [
      "before",
      "meanwhile",
      "after",
    ]);
    assert.deepEqual(discord.sessions, { identifies: 1, resumes: 1 });
  },
);

Deno.test(
  "gateway answers a resume of a forgotten session with invalid session",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start();
    await using bot = await startBot(discord);
    discord.dropGateway({ resumable: false });
    // discordeno waits the 1 to 5 seconds that Discord asks for, then identifies.
    await discord.until(() => discord.sessions.identifies === 2, { timeoutMs: 20_000 });
    await discord.until(() => bot.heard("READY").length === 2);
    assert.equal(discord.sessions.resumes, 0);
  },
);

Deno.test("gateway resumes after asking for a reconnect", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  await using bot = await startBot(discord);
  discord.requestReconnect();
  await discord.until(() => bot.heard("RESUMED").length === 1);
  assert.deepEqual(discord.sessions, { identifies: 1, resumes: 1 });
});

Deno.test("gateway forgets a session that the client closed with 1000", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const sessionId = await (async (): Promise<string> => {
    await using raw = await RawGateway.connect(discord);
    raw.send(2, { token: discord.token, intents: 1, properties: {} });
    return (await raw.next((payload) => payload.t === "READY")).d.session_id;
  })();
  await using raw = await RawGateway.connect(discord);
  raw.send(6, { token: discord.token, session_id: sessionId, seq: 1 });
  const answer = await raw.next((payload) => payload.op === 9);
  assert.equal(answer.d, false);
});

Deno.test(
  "gateway closes with 4007 when the sequence is ahead of the session",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start();
    await using first = await RawGateway.connect(discord);
    first.send(2, { token: discord.token, intents: 1, properties: {} });
    const ready = await first.next((payload) => payload.t === "READY");
    await using second = await RawGateway.connect(discord);
    second.send(6, { token: discord.token, session_id: ready.d.session_id, seq: 1000 });
    assert.equal(await second.closed, 4007);
  },
);

Deno.test(
  "gateway acknowledges heartbeats and closes with 4009 without them",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start({ heartbeatIntervalMs: 60 });
    await using raw = await RawGateway.connect(discord);
    raw.send(1, null);
    await raw.next((payload) => payload.op === 11);
    assert.equal(await raw.closed, 4009);
  },
);

Deno.test(
  "gateway closes with 4003 for a command before IDENTIFY and 4005 for a second IDENTIFY",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start();
    await using early = await RawGateway.connect(discord);
    early.send(3, {});
    assert.equal(await early.closed, 4003);
    await using twice = await RawGateway.connect(discord);
    twice.send(2, { token: discord.token, intents: 1, properties: {} });
    await twice.next((payload) => payload.t === "READY");
    twice.send(2, { token: discord.token, intents: 1, properties: {} });
    assert.equal(await twice.closed, 4005);
  },
);

Deno.test("gateway closes with 4008 after 120 commands in a minute", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  await using raw = await RawGateway.connect(discord);
  for (let count = 0; count < 121; count++) raw.send(1, null);
  assert.equal(await raw.closed, 4008);
});

// Gateway, "Identifying": 1000 a day, then every session ends and the token is reset.
Deno.test("gateway resets the token when the IDENTIFY budget is used up", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start({ identifyBudget: 1, log: () => {} });
  await using first = await RawGateway.connect(discord);
  first.send(2, { token: discord.token, intents: 1, properties: {} });
  await first.next((payload) => payload.t === "READY");
  assert.equal((await ask(discord, "GET", "/gateway/bot")).json.session_start_limit.remaining, 0);
  await using second = await RawGateway.connect(discord);
  second.send(2, { token: discord.token, intents: 1, properties: {} });
  assert.equal(await second.closed, 4004);
  assert.equal((await ask(discord, "GET", "/users/@me")).status, 401);
});

Deno.test("gateway sends zlib-stream to clients that ask for it", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  await using raw = await RawGateway.connect(discord, "zlib-stream");
  raw.send(2, { token: discord.token, intents: 1, properties: {} });
  assert.equal((await raw.next((payload) => payload.t === "READY")).d.user.id, discord.botId);
  assert.equal((await raw.next((payload) => payload.t === "GUILD_CREATE")).d.id, discord.guildId);
});

Deno.test("gateway tells an outage of the guild from the bot's removal", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  await using bot = await startBot(discord);
  await discord.until(() => bot.heard("GUILD_CREATE").length === 1);
  discord.setGuildUnavailable(true);
  discord.setGuildUnavailable(false);
  discord.kickBot();
  await discord.until(() => bot.heard("GUILD_DELETE").length === 2);
  assert.deepEqual(bot.heard("GUILD_DELETE").map(({ unavailable }) => unavailable), [true, undefined]);
  assert.equal((await ask(discord, "GET", `/guilds/${discord.guildId}`)).json.code, 50001);
  discord.inviteBot();
  await discord.until(() => bot.heard("GUILD_CREATE").length === 3);
});
