/** @see https://docs.discord.com/developers/resources/webhook */
import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { ask, DISCORDENO_TIMERS, startBot } from "./client.ts";

Deno.test("webhooks write under any name into a thread of their channel", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  const thread =
    (await ask(discord, "POST", `/channels/${forum}/threads`, { name: "a", message: { content: "a" } })).json
      .id;
  await using bot = await startBot(discord);
  const { id, token } =
    (await ask(discord, "POST", `/channels/${forum}/webhooks`, { name: "visitors" })).json;
  const path = `/webhooks/${id}/${token}`;
  const silent = await ask(discord, "POST", `${path}?thread_id=${thread}`, { content: "one" });
  assert.deepEqual([silent.status, silent.json], [204, undefined]);
  const sent = await ask(discord, "POST", `${path}?wait=true&thread_id=${thread}`, {
    content: "two",
    username: "Visitor",
  });
  assert.deepEqual([sent.json.author.username, sent.json.webhook_id], ["Visitor", id]);
  await ask(discord, "PATCH", `${path}/messages/${sent.json.id}?thread_id=${thread}`, { content: "TWO" });
  await discord.until(() => bot.heard("MESSAGE_UPDATE").length === 1);
  assert.deepEqual(bot.heard("MESSAGE_CREATE").map(({ webhook_id }) => webhook_id), [id, id]);
  await ask(discord, "DELETE", `${path}/messages/${sent.json.id}?thread_id=${thread}`);
  assert.deepEqual(discord.messages(thread).map(({ content }) => content), ["a", "one"]);
});

Deno.test("webhooks of a forum need to know the thread", async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  const { id, token } =
    (await ask(discord, "POST", `/channels/${forum}/webhooks`, { name: "visitors" })).json;
  const post = (query: string, body: object) =>
    ask(discord, "POST", `/webhooks/${id}/${token}?wait=true${query}`, body);
  assert.equal((await post("", { content: "a" })).json.code, 220001);
  const { json } = await post("", { content: "a", thread_name: "new" });
  assert.equal(discord.threads(forum)[0]?.id, json.channel_id);
  assert.equal(
    (await post(`&thread_id=${json.channel_id}`, { content: "a", thread_name: "b" })).json.code,
    220002,
  );
  assert.equal((await post(`&thread_id=${forum}`, { content: "a" })).json.code, 10003);
});

Deno.test("webhooks wake a thread only while there is room for one more that is active", async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  const { id, token } =
    (await ask(discord, "POST", `/channels/${forum}/webhooks`, { name: "visitors" })).json;
  const say = (query: string, body: object = { content: "a" }) =>
    ask(discord, "POST", `/webhooks/${id}/${token}?wait=true${query}`, body);
  const thread = (await say("", { content: "a", thread_name: "new" })).json.channel_id;
  discord.staff("Alice").editThread(thread, { archived: true });
  discord.limitActiveThreads(0);
  assert.equal((await say(`&thread_id=${thread}`)).json.code, 160006);
  assert.equal((await say("", { content: "a", thread_name: "newer" })).json.code, 160006);
  assert.equal(discord.world.thread(thread).thread.archived, true);
  discord.limitActiveThreads(1);
  assert.equal((await say(`&thread_id=${thread}`)).status, 200);
  assert.equal(discord.world.thread(thread).thread.archived, false);
});

Deno.test("webhooks have rules for names, numbers and tokens", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const create = (name: string) => ask(discord, "POST", `/channels/${channel}/webhooks`, { name });
  // The rules for names of users hold as well: https://docs.discord.com/developers/resources/user#usernames-and-nicknames
  const bad = ["My Discord friend", "clyde", "Everyone", "here", "a@b", "a#1", "a:b", "```"];
  const refused = await Promise.all(bad.map(create));
  assert.deepEqual(refused.map(({ json }) => json.code), bad.map(() => 50035));
  assert.equal((await create("x".repeat(81))).json.code, 50035);
  const { id, token } = (await create("fine")).json;
  const posted = await ask(discord, "POST", `/webhooks/${id}/${token}?wait=true`, {
    content: "a",
    username: "Clyde",
  });
  assert.equal(posted.json.code, 50035);
  const shown = await ask(discord, "POST", `/webhooks/${id}/${token}?wait=true`, {
    content: "a",
    username: "here",
  });
  assert.equal(shown.json.code, 50035);
  assert.equal((await ask(discord, "POST", `/webhooks/${id}/wrong`, { content: "a" })).json.code, 50027);
  for (let count = 1; count < 15; count++) await create("fine");
  assert.equal((await create("one too many")).json.code, 30007);
  assert.equal((await ask(discord, "GET", `/channels/${channel}/webhooks`)).json.length, 15);
  await ask(discord, "DELETE", `/webhooks/${id}`);
  assert.equal((await ask(discord, "POST", `/webhooks/${id}/${token}`, { content: "a" })).json.code, 10015);
});
