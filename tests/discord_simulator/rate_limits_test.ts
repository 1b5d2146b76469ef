/** @see https://docs.discord.com/developers/topics/rate-limits */
import assert from "node:assert/strict";
import { DiscordSimulator, ManualClock } from "../support/discord/mod.ts";
import { ask, DISCORDENO_TIMERS, startBot } from "./client.ts";

Deno.test("rate limits count per route and channel and say so in headers", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({ rateLimits: { routes: true }, clock });
  const [channel, other] = [discord.createTextChannel("talk"), discord.createTextChannel("other")];
  const send = (place: string) => ask(discord, "POST", `/channels/${place}/messages`, { content: "a" });
  const left = [];
  for (let count = 0; count < 5; count++) {
    left.push((await send(channel)).headers.get("x-ratelimit-remaining"));
  }
  assert.deepEqual(left, ["4", "3", "2", "1", "0"]);
  const { status, headers, json } = await send(channel);
  assert.equal(status, 429);
  assert.equal(json.message, "You are being rate limited.");
  assert.equal(json.global, false);
  assert.ok(json.retry_after > 0 && json.retry_after <= 5);
  assert.equal(headers.get("x-ratelimit-scope"), "user");
  assert.equal(headers.get("retry-after"), String(Math.ceil(json.retry_after)));
  assert.ok(headers.get("x-ratelimit-bucket"));
  assert.equal((await send(other)).status, 200, "another channel has its own bucket");
  clock.advance(5000);
  assert.equal((await send(channel)).status, 200);
});

Deno.test("rate limits hold all routes to the global one, interactions excepted", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({ rateLimits: { global: 3 }, clock });
  for (let count = 0; count < 3; count++) assert.equal((await ask(discord, "GET", "/users/@me")).status, 200);
  const { status, headers, json } = await ask(discord, "GET", "/gateway/bot");
  assert.deepEqual([status, json.global], [429, true]);
  assert.equal(headers.get("x-ratelimit-global"), "true");
  assert.equal(headers.get("x-ratelimit-scope"), "global");
  assert.equal((await ask(discord, "POST", "/interactions/1/token/callback", { type: 4 })).status, 404);
  clock.advance(1000);
  assert.equal((await ask(discord, "GET", "/gateway/bot")).status, 200);
});

// "Edit channel name: twice per ten minutes"; people see it as a 429 with a long retry_after.
Deno.test("rate limits let a thread be renamed twice in ten minutes", async () => {
  await using discord = await DiscordSimulator.start({ rateLimits: { routes: true } });
  const forum = discord.createForum("chatbox50");
  const { json } = await ask(discord, "POST", `/channels/${forum}/threads`, {
    name: "a",
    message: { content: "a" },
  });
  const rename = (name: string) => ask(discord, "PATCH", `/channels/${json.id}`, { name });
  assert.equal((await rename("b")).status, 200);
  assert.equal((await rename("c")).status, 200);
  const third = await rename("d");
  assert.equal(third.status, 429);
  assert.ok(third.json.retry_after > 500);
  assert.equal((await ask(discord, "PATCH", `/channels/${json.id}`, { archived: true })).status, 200);
});

Deno.test("rate limits make discordeno wait, and everything arrives", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start({ rateLimits: true });
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord, { connect: false });
  const texts = Array.from({ length: 7 }, (_, index) => String(index));
  for (const content of texts) await bot.rest.sendMessage(channel, { content });
  assert.deepEqual(discord.messages(channel).map(({ content }) => content), texts);
  const [first, last] = [discord.requests.at(0), discord.requests.at(-1)];
  assert.ok(
    (last?.at ?? 0) - (first?.at ?? 0) >= 4900,
    "seven messages take more than one window of five seconds",
  );
});

Deno.test("rate limits that are scripted make discordeno try again", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord, { connect: false });
  discord.faults.add({ method: "POST", action: { kind: "status", status: 429, retryAfterS: 0.05 } });
  await bot.rest.sendMessage(channel, { content: "a" });
  assert.deepEqual(discord.requests.map(({ status }) => status), [429, 200]);
  assert.equal(discord.messages(channel).length, 1);
});

Deno.test("rate limits are off by default, but their headers are there", async () => {
  await using discord = await DiscordSimulator.start();
  const { headers } = await ask(discord, "GET", "/users/@me");
  assert.equal(headers.get("x-ratelimit-remaining"), "99999");
});
