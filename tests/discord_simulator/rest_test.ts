/** @see https://docs.discord.com/developers/topics/opcodes-and-status-codes */
import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { ask, DISCORDENO_TIMERS, startBot } from "./client.ts";

Deno.test("rest answers an unknown route with Discord's 404 and says so loudly", async () => {
  const loud: string[] = [];
  await using discord = await DiscordSimulator.start({
    log: ({ kind, text }) => kind === "loud" && loud.push(text),
  });
  const { status, json } = await ask(discord, "GET", "/guilds/1/prune");
  assert.equal(status, 404);
  assert.deepEqual(json, { message: "404: Not Found", code: 0 });
  assert.match(loud[0] ?? "", /UNKNOWN ROUTE GET \/guilds\/1\/prune/);
});

Deno.test("rest answers a known path with another method with 405", async () => {
  await using discord = await DiscordSimulator.start({ log: () => {} });
  assert.equal((await ask(discord, "DELETE", "/users/@me")).status, 405);
});

Deno.test("rest wants the bot's token", async () => {
  await using discord = await DiscordSimulator.start();
  const response = await fetch(`${discord.url}/v10/users/@me`, { headers: { authorization: "Bot wrong" } });
  assert.equal(response.status, 401);
  assert.deepEqual(await response.json(), { message: "401: Unauthorized", code: 0 });
  assert.equal(discord.invalidRequests, 1);
});

Deno.test("rest refuses ids that are none, JSON that is none and other versions", async () => {
  await using discord = await DiscordSimulator.start();
  const badId = await ask(discord, "GET", "/channels/chatbox50");
  assert.equal(badId.json.code, 50035);
  assert.equal(badId.json.errors.channel_id._errors[0].code, "NUMBER_TYPE_COERCE");
  const channel = discord.createTextChannel("talk");
  const response = await fetch(`${discord.url}/v10/channels/${channel}/messages`, {
    method: "POST",
    headers: { authorization: `Bot ${discord.token}`, "content-type": "application/json" },
    body: "{",
  });
  assert.equal((await response.json()).code, 50109);
  const old = await fetch(`${discord.url}/v6/gateway`);
  assert.equal((await old.json()).code, 50041);
});

Deno.test(
  "rest introduces the bot, its application and its guild to discordeno",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start({ guildName: "The guild" });
    const forum = discord.createForum("chatbox50", { tags: ["open"] });
    const alice = discord.staff("Alice");
    await using bot = await startBot(discord, { connect: false });
    assert.equal((await bot.rest.getUser(discord.botId)).id, discord.botId);
    assert.equal((await bot.rest.getApplicationInfo()).id, discord.botId);
    assert.equal((await bot.rest.getGuild(discord.guildId)).name, "The guild");
    const [channel] = await bot.rest.getChannels(discord.guildId);
    assert.equal(channel?.id, forum);
    assert.equal((await bot.rest.getMember(discord.guildId, alice.id)).user.globalName, "Alice");
    const roles = await bot.rest.getRoles(discord.guildId);
    assert.deepEqual(roles.map(({ name }) => name), ["@everyone", "ChatBox50", "Staff"]);
    const session = await bot.rest.getGatewayBot();
    assert.equal(session.sessionStartLimit.maxConcurrency, 1);
  },
);

Deno.test("rest says what is not there", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const codes = [
    [`/channels/1`, 10003],
    [`/guilds/1`, 10004],
    [`/channels/${channel}/messages/1`, 10008],
    [`/guilds/${discord.guildId}/members/1`, 10013],
    [`/webhooks/1`, 10015],
  ] as const;
  for (const [path, code] of codes) {
    const { status, json } = await ask(discord, "GET", path);
    assert.deepEqual([path, status, json.code], [path, 404, code]);
  }
});

// Permissions: without VIEW_CHANNEL everything is "Missing Access", without anything else "Missing Permissions".
Deno.test("rest checks permissions where they are needed", async () => {
  await using discord = await DiscordSimulator.start();
  const [text, forum] = [discord.createTextChannel("talk"), discord.createForum("forum")];
  const thread =
    (await ask(discord, "POST", `/channels/${forum}/threads`, { name: "a", message: { content: "a" } })).json;
  const message = { content: "hi" };
  const steps = [
    [text, "SendMessages", "POST", `/channels/${text}/messages`, message, 50013],
    [text, "ViewChannel", "POST", `/channels/${text}/messages`, message, 50001],
    [text, "CreatePublicThreads", "POST", `/channels/${text}/threads`, { name: "t", type: 11 }, 50013],
    [text, "ManageWebhooks", "POST", `/channels/${text}/webhooks`, { name: "w" }, 50013],
    [forum, "SendMessages", "POST", `/channels/${forum}/threads`, { name: "b", message }, 50013],
    [forum, "SendMessagesInThreads", "POST", `/channels/${thread.id}/messages`, message, 50013],
    [forum, "ReadMessageHistory", "GET", `/channels/${thread.id}/messages/${thread.id}`, undefined, 50013],
    [forum, "ManageThreads", "PATCH", `/channels/${thread.id}`, { rate_limit_per_user: 5 }, 50013],
    [forum, "ViewChannel", "GET", `/channels/${thread.id}`, undefined, 50001],
  ] as const;
  for (const [channel, permission, method, path, body, code] of steps) {
    discord.denyBot(channel, permission);
    const { status, json } = await ask(discord, method, path, body);
    assert.deepEqual([permission, status, json.code], [permission, 403, code]);
    discord.denyBot(channel);
    const allowed = await ask(discord, method, path, body);
    assert.ok(allowed.status < 300, `${permission}: ${allowed.status}`);
  }
});

Deno.test("rest gives no history to those who may not read it", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  discord.staff("Alice").say(channel, "hi");
  discord.denyBot(channel, "ReadMessageHistory");
  assert.deepEqual((await ask(discord, "GET", `/channels/${channel}/messages`)).json, []);
});

// Gateway, "Message Content Intent": REST is restricted, too, when the portal does not allow it.
Deno.test("rest blanks other people's text without the privilege", async () => {
  await using discord = await DiscordSimulator.start({ privileged: { messageContent: false } });
  const channel = discord.createTextChannel("talk");
  discord.staff("Alice").say(channel, "secret");
  await ask(discord, "POST", `/channels/${channel}/messages`, { content: "mine" });
  const { json } = await ask(discord, "GET", `/channels/${channel}/messages`);
  assert.deepEqual(json.map(({ content }: { content: string }) => content), ["mine", ""]);
});

Deno.test("rest has an outage when told so", async () => {
  await using discord = await DiscordSimulator.start();
  discord.setOutage(true);
  const response = await fetch(`${discord.url}/v10/gateway`);
  assert.equal(response.status, 503);
  await response.body?.cancel();
  discord.setOutage(false);
  assert.equal((await ask(discord, "GET", "/gateway")).status, 200);
});
