/** @see https://docs.discord.com/developers/topics/threads */
import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { ask, DISCORDENO_TIMERS, startBot } from "./client.ts";

async function post(discord: DiscordSimulator, forum: string, name = "visitor"): Promise<string> {
  const { json } = await ask(discord, "POST", `/channels/${forum}/threads`, {
    name,
    message: { content: "hi" },
  });
  return json.id;
}

Deno.test("threads of a forum are made with their message", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50", { tags: ["open"] });
  await using bot = await startBot(discord);
  const [tag] = discord.world.channel(forum).tags;
  const { status, json } = await ask(discord, "POST", `/channels/${forum}/threads`, {
    name: "visitor",
    auto_archive_duration: 1440,
    applied_tags: [tag?.id],
    message: { content: "first" },
  });
  assert.equal(status, 201);
  assert.deepEqual([json.type, json.parent_id, json.message.content, json.applied_tags], [
    11,
    forum,
    "first",
    [tag?.id],
  ]);
  await discord.until(() => bot.heard("MESSAGE_CREATE").length === 1);
  assert.equal(bot.heard("THREAD_CREATE")[0].newly_created, true);
  assert.equal(discord.threads(forum)[0]?.name, "visitor");
});

Deno.test("threads of a forum are refused as Discord refuses them", async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50", { flags: 1 << 4, tags: ["open"] });
  const message = { content: "first" };
  const cases = [
    [{ name: "a" }, 50035, "message"],
    [{ message }, 50035, "name"],
    [{ name: "x".repeat(101), message }, 50035, "name"],
    [{ name: "a", message, auto_archive_duration: 5 }, 50035, "auto_archive_duration"],
    [{ name: "a", message, applied_tags: ["1"] }, 50035, "applied_tags"],
    [{ name: "a", message }, 40067],
  ] as const;
  for (const [body, code, field] of cases) {
    const { json } = await ask(discord, "POST", `/channels/${forum}/threads`, body);
    assert.equal(json.code, code, JSON.stringify(json));
    if (field !== undefined) assert.ok(field in json.errors);
  }
  assert.deepEqual(discord.threads(forum), []);
});

// Start Thread without Message: `type` defaults to PRIVATE_THREAD; a public one is announced in its channel.
Deno.test("threads of a text channel are private unless asked otherwise", async () => {
  await using discord = await DiscordSimulator.start({ botPermissions: ["Administrator"] });
  const channel = discord.createTextChannel("talk");
  const start = (body: object) =>
    ask(discord, "POST", `/channels/${channel}/threads`, { name: "t", ...body });
  assert.equal((await start({})).json.type, 12);
  assert.deepEqual(discord.messages(channel), []);
  assert.equal((await start({ type: 11 })).json.type, 11);
  assert.deepEqual(discord.messages(channel).map(({ type, content }) => [type, content]), [[18, "t"]]);
});

Deno.test("threads hang on a message once and take its id", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const { id } = discord.staff("Alice").say(channel, "root");
  const path = `/channels/${channel}/messages/${id}/threads`;
  assert.equal((await ask(discord, "POST", path, { name: "t" })).json.id, id);
  assert.equal((await ask(discord, "POST", path, { name: "t" })).json.code, 160004);
  assert.deepEqual(discord.messages(id).map(({ type }) => type), [21]);
});

Deno.test("threads wake when someone writes, and are silent while archived", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const thread = await post(discord, discord.createForum("chatbox50"));
  await using bot = await startBot(discord);
  const alice = discord.staff("Alice");
  const { id } = alice.say(thread, "to be deleted");
  alice.editThread(thread, { archived: true });
  alice.delete(thread, id);
  const edit = await ask(discord, "PATCH", `/channels/${thread}/messages/${thread}`, { content: "late" });
  assert.equal(edit.json.code, 50083);
  alice.say(thread, "awake");
  await discord.until(() => bot.heard("MESSAGE_CREATE").length === 2);
  assert.deepEqual(bot.heard("MESSAGE_DELETE"), []);
  assert.deepEqual(bot.heard("THREAD_UPDATE").map((update) => update.thread_metadata.archived), [
    true,
    false,
  ]);
});

Deno.test("threads that are locked take messages only from those who manage threads", async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  const thread = await post(discord, forum);
  discord.staff("Alice").editThread(thread, { locked: true, archived: true });
  discord.denyBot(forum, "ManageThreads");
  const refused = await ask(discord, "POST", `/channels/${thread}/messages`, { content: "x" });
  assert.deepEqual([refused.status, refused.json.code], [400, 160005]);
  assert.equal(discord.threads(forum)[0]?.thread_metadata?.archived, true);
  discord.denyBot(forum);
  assert.equal((await ask(discord, "POST", `/channels/${thread}/messages`, { content: "x" })).status, 200);
  assert.equal(discord.threads(forum)[0]?.thread_metadata?.archived, false);
});

Deno.test("threads are archived, listed and found again", async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  const [one, two] = [await post(discord, forum, "one"), await post(discord, forum, "two")];
  assert.equal((await ask(discord, "PATCH", `/channels/${one}`, { archived: true })).status, 200);
  assert.equal((await ask(discord, "PATCH", `/channels/${one}`, { name: "other" })).json.code, 50083);
  const ids = ({ json }: { json: { threads: { id: string }[] } }): string[] =>
    json.threads.map(({ id }) => id);
  assert.deepEqual(ids(await ask(discord, "GET", `/guilds/${discord.guildId}/threads/active`)), [two]);
  assert.deepEqual(ids(await ask(discord, "GET", `/channels/${forum}/threads/archived/public`)), [one]);
});

Deno.test("threads that are renamed say so in a message", async () => {
  await using discord = await DiscordSimulator.start();
  const thread = await post(discord, discord.createForum("chatbox50"));
  await ask(discord, "PATCH", `/channels/${thread}`, { name: "renamed" });
  assert.deepEqual(discord.messages(thread).map(({ type }) => type), [0, 4]);
});

Deno.test("threads that are gone answer 10003", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const thread = await post(discord, discord.createForum("chatbox50"));
  await using bot = await startBot(discord);
  discord.deleteChannel(thread);
  await discord.until(() => bot.heard("THREAD_DELETE").length === 1);
  const { status, json } = await ask(discord, "POST", `/channels/${thread}/messages`, { content: "x" });
  assert.deepEqual([status, json.code], [404, 10003]);
});

// "There is a limit on the maximum number of active threads in a guild", and waking is one more that is active:
// https://docs.discord.com/developers/topics/threads#active--archived-threads
Deno.test("threads are limited in number while they are active", async () => {
  await using discord = await DiscordSimulator.start({ limits: { activeThreads: 1 } });
  const forum = discord.createForum("chatbox50");
  const first = await post(discord, forum);
  const create = () =>
    ask(discord, "POST", `/channels/${forum}/threads`, { name: "b", message: { content: "b" } });
  assert.equal((await create()).json.code, 160006);
  discord.staff("Alice").editThread(first, { archived: true });
  assert.equal((await create()).status, 201);
});

Deno.test("threads wake only while there is room for one more that is active", async () => {
  await using discord = await DiscordSimulator.start({ limits: { activeThreads: 1 } });
  const forum = discord.createForum("chatbox50");
  const alice = discord.staff("Alice");
  const asleep = await post(discord, forum, "asleep");
  alice.editThread(asleep, { archived: true });
  const awake = await post(discord, forum, "awake");
  const wake = { archived: false, name: "renamed" };
  const send = () => ask(discord, "POST", `/channels/${asleep}/messages`, { content: "up" });
  const ways = [
    () => send(),
    () => ask(discord, "PATCH", `/channels/${asleep}`, { archived: false }),
    () => ask(discord, "PATCH", `/channels/${asleep}`, wake),
  ];
  for (const way of ways) {
    const { status, json } = await way();
    assert.deepEqual([status, json.code], [400, 160006]);
  }
  assert.throws(() => alice.say(asleep, "up"), { code: 160006 });
  assert.throws(() => alice.editThread(asleep, { archived: false }), { code: 160006 });
  // What was refused has changed nothing.
  assert.equal(discord.threads(forum).find(({ id }) => id === asleep)?.name, "asleep");
  assert.deepEqual(discord.messages(asleep).map(({ content }) => content), ["hi"]);
  assert.equal(discord.world.thread(asleep).thread.archived, true);
  // What is said in an active thread takes no room.
  assert.equal((await ask(discord, "POST", `/channels/${awake}/messages`, { content: "x" })).status, 200);
  alice.editThread(awake, { archived: true });
  assert.equal((await send()).status, 200);
});

// "Editing a thread to change `name`, `archived`, `auto_archive_duration` requires MANAGE_THREADS or that the current user is the thread
// creator", "to change `rate_limit_per_user` or `locked` requires MANAGE_THREADS":
// https://docs.discord.com/developers/topics/threads#editing--deleting-threads
Deno.test("threads are renamed and put to sleep by their maker, and locked by who manages threads", async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  const thread = await post(discord, forum);
  const edit = (change: object) => ask(discord, "PATCH", `/channels/${thread}`, change);
  discord.denyBot(forum, "ManageThreads");
  for (const change of [{ locked: true }, { archived: true, locked: true }, { rate_limit_per_user: 5 }]) {
    const { status, json } = await edit(change);
    assert.deepEqual([status, json.code], [403, 50013]);
  }
  assert.equal((await edit({ name: "renamed" })).status, 200);
  assert.equal((await edit({ archived: true })).status, 200);
  assert.equal((await edit({ archived: false })).status, 200);
  discord.denyBot(forum);
  assert.equal((await edit({ archived: true, locked: true })).status, 200);
});
