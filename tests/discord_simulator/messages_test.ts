/** @see https://docs.discord.com/developers/resources/message */
import assert from "node:assert/strict";
import { DiscordSimulator, ManualClock } from "../support/discord/mod.ts";
import { ask, DISCORDENO_TIMERS, startBot } from "./client.ts";

Deno.test("messages pass both ways between discordeno and the staff", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const forum = discord.createForum("chatbox50");
  await using bot = await startBot(discord);
  const thread = await bot.rest.createForumThread(forum, {
    name: "visitor",
    autoArchiveDuration: 1440,
    message: { content: "Hello" },
  });
  await bot.rest.sendMessage(thread.id, { content: "Anyone?" });
  const answer = discord.staff("Alice").say(thread.id, "Yes!");
  await discord.until(() => bot.heard("MESSAGE_CREATE").length === 3);
  const [starter, second, third] = bot.heard("MESSAGE_CREATE");
  assert.equal(starter.id, thread.id, "a forum post's first message has the thread's id");
  assert.equal(second.author.id, discord.botId, "the bot hears itself");
  assert.equal(third.id, answer.id);
  assert.equal(third.author.global_name, "Alice");
  assert.equal(third.guild_id, discord.guildId);
  assert.deepEqual(discord.messages(thread.id).map(({ content }) => content), ["Hello", "Anyone?", "Yes!"]);
});

// Create Message: "checked for uniqueness in the past few minutes [...] that message will be returned"
Deno.test("messages with an enforced nonce are made once, until its window is over", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({ clock });
  const [channel, other] = [discord.createTextChannel("talk"), discord.createTextChannel("other")];
  const send = async (place: string, body: object): Promise<string> =>
    (await ask(discord, "POST", `/channels/${place}/messages`, { nonce: "n", ...body })).json.id;
  const first = await send(channel, { content: "one", enforce_nonce: true });
  assert.equal(await send(channel, { content: "two", enforce_nonce: true }), first);
  assert.equal(
    await send(other, { content: "three", enforce_nonce: true }),
    first,
    "by author, not by channel",
  );
  assert.notEqual(await send(channel, { content: "four" }), first, "only when enforced");
  clock.advance(10 * 60_000);
  assert.notEqual(await send(channel, { content: "five", enforce_nonce: true }), first);
  assert.deepEqual(discord.messages(channel).map(({ content }) => content), ["one", "four", "five"]);
});

// discord/discord-api-docs pull request 6647: "That we don't try to recreate the message [...] is intentional."
Deno.test("messages with an enforced nonce stay deleted", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const send = () =>
    ask(discord, "POST", `/channels/${channel}/messages`, { content: "a", nonce: 1, enforce_nonce: true });
  await ask(discord, "DELETE", `/channels/${channel}/messages/${(await send()).json.id}`);
  assert.equal((await send()).json.code, 10008);
  assert.deepEqual(discord.messages(channel), []);
});

Deno.test("messages are refused as Discord refuses them", async () => {
  await using discord = await DiscordSimulator.start();
  const [channel, forum] = [discord.createTextChannel("talk"), discord.createForum("forum")];
  const cases = [
    [{ content: "x".repeat(2001) }, 50035, "content"],
    [{ content: "  \n " }, 50006],
    [{}, 50006],
    [{ content: "a", nonce: "x".repeat(26) }, 50035, "nonce"],
    [{ content: "a", message_reference: { message_id: "1" } }, 50035, "message_reference"],
    [{ content: "a", allowed_mentions: { parse: ["users"], users: ["1"] } }, 50035, "allowed_mentions"],
    [{ content: "a", allowed_mentions: { parse: ["visitors"] } }, 50035, "allowed_mentions"],
    [{ content: "a", embeds: Array(11).fill({ title: "t" }) }, 50035, "embeds"],
    [{ content: "a", attachments: [{ id: 0 }] }, 50035, "attachments"],
  ] as const;
  for (const [body, code, field] of cases) {
    const { status, json } = await ask(discord, "POST", `/channels/${channel}/messages`, body);
    assert.deepEqual([status, json.code], [400, code], JSON.stringify(body).slice(0, 80));
    if (field !== undefined) assert.ok(field in json.errors, `${field} in ${JSON.stringify(json)}`);
  }
  assert.equal(
    (await ask(discord, "POST", `/channels/${forum}/messages`, { content: "a" })).json.code,
    40058,
  );
  assert.equal(
    (await ask(discord, "POST", `/channels/${channel}/messages`, { content: "x".repeat(2000) })).status,
    200,
  );
  assert.equal(discord.messages(channel).length, 1);
});

Deno.test("messages lose the white space around them", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  assert.equal(
    (await ask(discord, "POST", `/channels/${channel}/messages`, { content: "\n a \n" })).json.content,
    "a",
  );
});

Deno.test("messages reply, and a lost reference fails unless told otherwise", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const question = discord.staff("Alice").say(channel, "Well?");
  const reply = (body: object) =>
    ask(discord, "POST", `/channels/${channel}/messages`, { content: "So.", ...body });
  const good = await reply({ message_reference: { message_id: question.id } });
  assert.equal(good.json.type, 19);
  assert.equal(good.json.referenced_message.id, question.id);
  const lenient = await reply({ message_reference: { message_id: "1", fail_if_not_exists: false } });
  assert.deepEqual([lenient.status, lenient.json.type], [200, 0]);
});

// "Allowed Mentions Object": everything is parsed by default, also by an edit that does not say otherwise.
Deno.test("messages ping whom they mention unless allowed_mentions forbids it", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const alice = discord.staff("Alice");
  const content = `@everyone <@${alice.id}>`;
  const send = (body: object) => ask(discord, "POST", `/channels/${channel}/messages`, { content, ...body });
  const silent = await send({ allowed_mentions: { parse: [] } });
  assert.deepEqual([silent.json.mention_everyone, silent.json.mentions], [false, []]);
  assert.deepEqual(discord.pings, []);
  await ask(discord, "PATCH", `/channels/${channel}/messages/${silent.json.id}`, { content });
  await send({});
  await send({ allowed_mentions: { users: [alice.id] } });
  assert.deepEqual(discord.pings.map(({ everyone, users }) => [everyone, users]), [
    [true, [alice.id]],
    [true, [alice.id]],
    [false, [alice.id]],
  ]);
});

Deno.test("messages are listed newest first, by page", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const ids = ["0", "1", "2", "3", "4", "5"].map((text) => discord.staff("Alice").say(channel, text).id);
  const list = async (query: string): Promise<string> => {
    const { json } = await ask(discord, "GET", `/channels/${channel}/messages?${query}`);
    return json.map(({ content }: { content: string }) => content).join("");
  };
  assert.equal(await list(""), "543210");
  assert.equal(await list("limit=2"), "54");
  assert.equal(
    await list(`limit=2&after=${ids[1]}`),
    "32",
    "the oldest ones after it, the newest of them first",
  );
  assert.equal(await list(`limit=2&before=${ids[4]}`), "32");
  assert.equal(await list(`limit=3&around=${ids[3]}`), "432");
  assert.equal((await ask(discord, "GET", `/channels/${channel}/messages?limit=101`)).json.code, 50035);
});

Deno.test("messages are edited and deleted by their author", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord);
  const alice = discord.staff("Alice");
  const [own, others] = [
    (await bot.rest.sendMessage(channel, { content: "a" })).id,
    alice.say(channel, "b").id,
  ];
  await bot.rest.editMessage(channel, own, { content: "A" });
  alice.edit(channel, others, "B");
  assert.equal(
    (await ask(discord, "PATCH", `/channels/${channel}/messages/${others}`, { content: "c" })).json.code,
    50005,
  );
  assert.equal((await ask(discord, "DELETE", `/channels/${channel}/messages/${others}`)).json.code, 50013);
  await bot.rest.deleteMessage(channel, own);
  alice.delete(channel, others);
  await discord.until(() => bot.heard("MESSAGE_DELETE").length === 2);
  assert.deepEqual(bot.heard("MESSAGE_UPDATE").map(({ content }) => content), ["A", "B"]);
  assert.ok(bot.heard("MESSAGE_UPDATE").every(({ edited_timestamp }) => edited_timestamp !== null));
  assert.deepEqual(bot.heard("MESSAGE_DELETE").map(({ id }) => id), [own, others]);
});

Deno.test("messages deleted in bulk are one event", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord);
  const alice = discord.staff("Alice");
  const ids = [alice.say(channel, "a").id, alice.say(channel, "b").id];
  const path = `/channels/${channel}/messages/bulk-delete`;
  assert.equal((await ask(discord, "POST", path, { messages: ids })).json.code, 50013);
  alice.delete(channel, ...ids);
  await discord.until(() => bot.heard("MESSAGE_DELETE_BULK").length === 1);
  assert.deepEqual(bot.heard("MESSAGE_DELETE_BULK")[0].ids, ids);
});

Deno.test("messages with a link are updated without being edited", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord);
  discord.staff("Alice").say(channel, "see https://example.com/a");
  discord.staff("Alice").say(channel, "not <https://example.com/a>");
  await discord.until(() =>
    bot.heard("MESSAGE_CREATE").length === 2 && bot.heard("MESSAGE_UPDATE").length > 0
  );
  const [update, ...more] = bot.heard("MESSAGE_UPDATE");
  assert.deepEqual(more, []);
  assert.equal(update.edited_timestamp, null);
  assert.equal(update.embeds[0].url, "https://example.com/a");
});

// Reference, "Signed Attachment CDN URLs"
Deno.test(
  "messages carry files whose signed URLs expire and are renewed by fetching again",
  DISCORDENO_TIMERS,
  async () => {
    const clock = new ManualClock();
    await using discord = await DiscordSimulator.start({ clock });
    const channel = discord.createTextChannel("talk");
    await using bot = await startBot(discord, { connect: false });
    const file = { name: "my note.txt", blob: new Blob(["from the bot"], { type: "text/plain" }) };
    const sent = await bot.rest.sendMessage(channel, { content: "here", files: [file] });
    const [attachment] = discord.messages(channel)[0]?.attachments ?? [];
    assert.equal(attachment?.filename, "my_note.txt");
    const read = async (url = ""): Promise<string> => await (await fetch(url)).text();
    assert.equal(await read(attachment?.url), "from the bot");
    assert.equal(await read(attachment?.url.replace(/hm=./, "hm=x")), "This content is no longer available.");
    clock.advance(25 * 60 * 60_000);
    assert.equal(await read(attachment?.url), "This content is no longer available.");
    const { json } = await ask(discord, "GET", `/channels/${channel}/messages/${sent.id}`);
    assert.equal(await read(json.attachments[0].url), "from the bot");
  },
);

Deno.test("messages refuse files above the limit", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start({ limits: { fileBytes: 10 } });
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord, { connect: false });
  const files = [{ name: "a", blob: new Blob(["0123456789A"]) }];
  const error = await bot.rest.sendMessage(channel, { files }).catch((reason) => reason);
  assert.equal(error.cause.status, 413);
  assert.equal(JSON.parse(error.cause.body).code, 40005);
  const both = ["a", "b"].map((name) => ({ name, blob: new Blob(["012345"]) }));
  const together = await bot.rest.sendMessage(channel, { files: both }).catch((reason) => reason);
  assert.equal(JSON.parse(together.cause.body).code, 40005);
  await bot.rest.sendMessage(channel, { files: both.slice(1) });
});

Deno.test("messages get reactions", DISCORDENO_TIMERS, async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  await using bot = await startBot(discord);
  const { id } = discord.staff("Alice").say(channel, "a");
  await bot.rest.addReaction(channel, id, "👀");
  await discord.until(() => bot.heard("MESSAGE_REACTION_ADD").length === 1);
  assert.deepEqual(discord.messages(channel)[0]?.reactions?.map(({ emoji, me }) => [emoji.name, me]), [[
    "👀",
    true,
  ]]);
  const bad = await ask(discord, "PUT", `/channels/${channel}/messages/${id}/reactions/nope/@me`);
  assert.equal(bad.json.code, 10014);
});
