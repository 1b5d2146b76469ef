/** Rules that reach across routes. */
import assert from "node:assert/strict";
import { DiscordSimulator, ManualClock } from "../support/discord/mod.ts";
import { ask, DISCORDENO_TIMERS, startBot } from "./client.ts";

/** @see https://docs.discord.com/developers/resources/auto-moderation */
Deno.test("AutoMod answers 200000 to what it blocks, in sending and in editing", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const { json } = await ask(discord, "POST", `/channels/${channel}/messages`, { content: "fine" });
  discord.setBlockedWords("spam");
  const sent = await ask(discord, "POST", `/channels/${channel}/messages`, { content: "SPAM!" });
  assert.deepEqual([sent.status, sent.json.code], [400, 200000]);
  const edited = await ask(discord, "PATCH", `/channels/${channel}/messages/${json.id}`, { content: "spam" });
  assert.equal(edited.json.code, 200000);
  assert.deepEqual(discord.messages(channel).map(({ content }) => content), ["fine"]);
});

/** @see https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
Deno.test("AutoMod answers 200001 to a thread's name that it blocks, however the thread is made or renamed", async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("help");
  const channel = discord.createTextChannel("talk");
  const message = { content: "fine" };
  const { json: thread } = await ask(discord, "POST", `/channels/${forum}/threads`, {
    name: "fine",
    message,
  });
  const { json: post } = await ask(discord, "POST", `/channels/${channel}/messages`, message);
  const { json: hook } = await ask(discord, "POST", `/channels/${forum}/webhooks`, { name: "visitors" });
  discord.setBlockedWords("spam");
  const name = "All SPAM";
  const answers = await Promise.all([
    ask(discord, "POST", `/channels/${forum}/threads`, { name, message }),
    ask(discord, "POST", `/channels/${channel}/threads`, { name, type: 11 }),
    ask(discord, "POST", `/channels/${channel}/messages/${post.id}/threads`, { name }),
    ask(discord, "POST", `/webhooks/${hook.id}/${hook.token}?wait=true`, { thread_name: name, ...message }),
    ask(discord, "PATCH", `/channels/${thread.id}`, { name }),
  ]);
  assert.deepEqual(answers.map(({ status, json }) => [status, json.code]), Array(5).fill([400, 200001]));
  assert.deepEqual(discord.threads().map((made) => made.name), ["fine"]);
});

/** @see https://docs.discord.com/developers/topics/permissions */
Deno.test("a bot that was removed can do nothing, and all again when it is invited", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const { json: sent } = await ask(discord, "POST", `/channels/${channel}/messages`, { content: "a" });
  const tries = (): ReturnType<typeof ask>[] => [
    ask(discord, "POST", `/channels/${channel}/messages`, { content: "b" }),
    ask(discord, "GET", `/channels/${channel}/messages`),
    ask(discord, "PATCH", `/channels/${channel}/messages/${sent.id}`, { content: "c" }),
    ask(discord, "GET", `/channels/${channel}`),
    ask(discord, "GET", `/guilds/${discord.guildId}/threads/active`),
  ];
  discord.kickBot();
  const refused = await Promise.all(tries());
  assert.deepEqual(refused.map(({ status, json }) => [status, json.code]), Array(5).fill([403, 50001]));
  assert.deepEqual(discord.messages(channel).map(({ content }) => content), ["a"]);
  discord.inviteBot();
  assert.deepEqual((await Promise.all(tries())).map(({ status }) => status), Array(5).fill(200));
});

/** @see https://docs.discord.com/developers/topics/threads#active--archived-threads */
Deno.test("threads archive themselves after their time without a message", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({ clock });
  const forum = discord.createForum("help");
  const { json } = await ask(discord, "POST", `/channels/${forum}/threads`, {
    name: "a",
    auto_archive_duration: 60,
    message: { content: "a" },
  });
  clock.advance(59 * 60_000);
  discord.archiveIdleThreads();
  assert.equal(discord.threads()[0]?.thread_metadata?.archived, false);
  discord.staff("Alice").say(json.id, "still busy");
  clock.advance(59 * 60_000);
  discord.archiveIdleThreads();
  assert.equal(discord.threads()[0]?.thread_metadata?.archived, false);
  clock.advance(2 * 60_000);
  discord.archiveIdleThreads();
  assert.equal(discord.threads()[0]?.thread_metadata?.archived, true);
});

/** @see https://docs.discord.com/developers/events/gateway-events#thread-list-sync */
Deno.test("THREAD_LIST_SYNC tells the active threads of a channel", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("help");
  await using bot = await startBot(discord);
  for (const name of ["a", "b"]) {
    await ask(discord, "POST", `/channels/${forum}/threads`, { name, message: { content: name } });
  }
  discord.staff("Alice").editThread(discord.threads()[0]?.id ?? "", { archived: true });
  discord.syncThreads(forum);
  await discord.until(() => bot.heard("THREAD_LIST_SYNC").length === 1);
  const [sync] = bot.heard("THREAD_LIST_SYNC");
  assert.deepEqual(sync.threads.map(({ name }: { name: string }) => name), ["b"]);
});

/** @see https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans */
Deno.test("invalid requests within ten minutes get an address banned, and are forgotten after", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({
    clock,
    limits: { invalidRequests: 3 },
    log: () => {},
  });
  const channel = discord.createTextChannel("talk");
  discord.denyBot(channel, "SendMessages");
  const say = async (): Promise<number> => {
    const response = await fetch(`${discord.url}/v10/channels/${channel}/messages`, {
      method: "POST",
      headers: { authorization: `Bot ${discord.token}`, "content-type": "application/json" },
      body: JSON.stringify({ content: "a" }),
    });
    await response.body?.cancel();
    return response.status;
  };
  for (let index = 0; index < 3; index++) assert.equal(await say(), 403);
  discord.denyBot(channel);
  assert.equal(await say(), 429);
  clock.advance(10 * 60_000 + 1);
  assert.equal(await say(), 200);
});

Deno.test("close ends although a client has given up a request", async () => {
  const discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const never = new Promise<void>(() => {});
  discord.faults.add({ method: "GET", action: { kind: "delay", until: never } });
  const given = new AbortController();
  const request = fetch(`${discord.url}/v10/channels/${channel}`, {
    headers: { authorization: `Bot ${discord.token}` },
    signal: given.signal,
  });
  await discord.until(() => discord.requests.length === 1);
  given.abort();
  await assert.rejects(request, { name: "AbortError" });
  await discord.close();
});
