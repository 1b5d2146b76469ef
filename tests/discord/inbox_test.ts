import assert from "node:assert/strict";
import { Bridge, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import { talk } from "./talk.ts";

/** https://discord.com/developers/docs/events/gateway#list-of-intents */
const GUILD_MESSAGES = 1 << 9;
const GUILD_TYPING = 1 << 11;

Deno.test("[X5] Inbox never brings back what the bot itself has sent", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    for (let index = 0; index < 5; index++) await visitor.say(`More ${index}`);
    await visitor.until(() => visitor.delivered.join("\n").includes("More 4"), "the burst");
    alice.say(thread, "Answer");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["Answer"]);
  });
});

Deno.test("[X5] Inbox recognises its own message although it comes before the answer to its POST", async () => {
  await talk(async ({ discord, visitor, thread, alice }) => {
    const held = hold(discord, "late", "POST", "/channels/:channel_id/messages");
    await visitor.say("Echo");
    await visitor.untilDelivered(2);
    alice.say(thread, "Answer");
    await visitor.untilHeard(1);
    held.release();
    await visitor.say("Next");
    await visitor.untilDelivered(3);
    assert.deepEqual(visitor.texts, ["Answer"]);
    assert.deepEqual(visitor.delivered, ["Hello", "Echo", "Next"]);
  });
});

Deno.test("[X5] Inbox takes a member who is named like the bot for a member", async () => {
  await talk(async ({ discord, visitor, thread }) => {
    discord.staff("ChatBox50").say(thread, "It is me");
    const [heard] = await visitor.untilHeard(1);
    assert.equal(heard?.content, "It is me");
  });
});

Deno.test("[X5] Inbox follows edits, and takes no link preview for one", async () => {
  await talk(async ({ discord, visitor, thread, alice }) => {
    const { id } = alice.say(thread, "See https://example.org/");
    const [first] = await visitor.untilHeard(1);
    discord.unfurl(thread, id);
    alice.say(thread, "And");
    await visitor.untilHeard(2);
    assert.equal(visitor.heard[0]?.rev, first?.rev);
    alice.edit(thread, id, "See https://example.org/new");
    await visitor.until(() => visitor.texts[0] === "See https://example.org/new", "the edit");
    assert.ok(visitor.heard[0]?.editedAt);
    const edited = visitor.heard[0]?.rev;
    alice.edit(thread, id, "See https://example.org/new");
    discord.unfurl(thread, id);
    alice.say(thread, "Done");
    await visitor.untilHeard(3);
    assert.equal(visitor.heard[0]?.rev, edited);
  });
});

Deno.test("Inbox follows deletions, one by one and in bulk", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    const ids = ["one", "two", "three"].map((text) => alice.say(thread, text).id);
    await visitor.untilHeard(3);
    alice.delete(thread, ids[0] ?? "");
    await visitor.until(() => visitor.texts.join() === "two,three", "the deletion");
    alice.delete(thread, ids[1] ?? "", ids[2] ?? "");
    await visitor.until(() => visitor.texts.length === 0, "the bulk deletion");
    assert.deepEqual(visitor.heard.map(({ content }) => content), ["", "", ""]);
  });
});

Deno.test("Inbox keeps notes in Discord, and takes back what is made one", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    alice.say(thread, "// nobody outside reads this");
    const { id } = alice.say(thread, "public");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["public"]);
    alice.edit(thread, id, "// not any more");
    await visitor.until(() => visitor.texts.length === 0, "the message to be taken back");
  });
});

Deno.test("Inbox relays a message that begins with a note's prefix when that is another or none", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    alice.say(thread, "// says so");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["// says so"]);
  }, { notePrefix: "" });
});

Deno.test("Inbox brings replies, names and pictures", async () => {
  await talk(async ({ discord, visitor, thread, alice }) => {
    const own = discord.messages(thread).findLast(({ content }) => content === "Hello");
    alice.say(thread, "To that", { replyTo: own?.id ?? "" });
    const [heard] = await visitor.untilHeard(1);
    assert.equal(heard?.replyTo, 1);
    assert.equal(heard?.author?.name, "Alice");
    assert.match(heard?.author?.avatar ?? "", /^https:\/\/cdn\.discordapp\.com\//);
  });
});

Deno.test("Inbox says what there is besides text", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    alice.say(thread, "", { files: [{ name: "plan.pdf", data: "x" }] });
    const [heard] = await visitor.untilHeard(1);
    assert.equal(heard?.content, "[plan.pdf]");
  });
});

Deno.test("Inbox tells that staff are typing", async () => {
  let active = 0;
  await talk(async ({ visitor, thread, alice }) => {
    alice.type(thread);
    await visitor.until(() => visitor.typists.length > 0, "typing");
    assert.deepEqual(visitor.typists, ["Alice"]);
    assert.equal(active, 1);
  }, { onStaffActive: () => active++ });
});

Deno.test("[O1] Inbox keeps the order of a thread", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    const texts = Array.from({ length: 50 }, (_, index) => `answer ${index}`);
    for (const text of texts) alice.say(thread, text);
    await visitor.untilHeard(50);
    assert.deepEqual(visitor.texts, texts);
  });
});

Deno.test("[O3] Inbox brings nothing from one thread, or from elsewhere, to another visitor", async () => {
  await talk(async ({ discord, bridge, visitor, thread, alice }) => {
    const other = await bridge.visitor();
    await other.say("Hi");
    const otherThread = await other.untilDelivered(1);
    const general = discord.createTextChannel("general");
    alice.say(general, "to colleagues");
    alice.say(otherThread, "to the other");
    alice.say(thread, "to the one");
    await visitor.untilHeard(1);
    await other.untilHeard(1);
    assert.deepEqual(visitor.texts, ["to the one"]);
    assert.deepEqual(other.texts, ["to the other"]);
  });
});

Deno.test("[X5] Inbox lets no earlier edit overtake a later one", async () => {
  await talk(async ({ discord, visitor, thread, alice }) => {
    const { id } = alice.say(thread, "one");
    await visitor.untilHeard(1);
    alice.edit(thread, id, "two");
    await visitor.until(() => visitor.texts[0] === "two", "the edit");
    const now = discord.messages(thread).find((message) => message.id === id);
    const earlier = new Date(Date.parse(now?.edited_timestamp ?? "") - 1).toISOString();
    discord.world.dispatch({
      t: "MESSAGE_UPDATE",
      d: { ...now, guild_id: discord.guildId, content: "earlier", edited_timestamp: earlier },
      intent: GUILD_MESSAGES,
      channelId: thread,
    });
    alice.say(thread, "Done");
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["two", "Done"]);
  });
});

Deno.test("Inbox takes the bot's own typing for nobody's, also when it has the staff role", async () => {
  await withDiscord(async (discord) => {
    const { roles: [role = ""] } = discord.world.member(discord.botId);
    const alice = discord.staff("Alice", { roles: [discord.world.roles.get(role)?.name ?? ""] });
    await using bridge = await (await Bridge.start(discord, { staffRole: role })).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    discord.world.dispatch({
      t: "TYPING_START",
      d: {
        channel_id: thread,
        guild_id: discord.guildId,
        user_id: discord.botId,
        timestamp: 0,
        member: { roles: [role], user: { id: discord.botId, username: "bot", bot: true } },
      },
      intent: GUILD_TYPING,
      channelId: thread,
    });
    alice.type(thread);
    await visitor.until(() => visitor.typists.includes("Alice"), "Alice's typing");
    assert.deepEqual(visitor.typists, ["Alice"]);
  });
});
