// What a webhook says is ours, in every process and wherever its thread is.
import assert from "node:assert/strict";
import type { Snowflake } from "../../src/discord/mod.ts";
import { isSnowflake } from "../../src/discord/snowflake.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";

const EXECUTE = "/webhooks/:webhook_id/:webhook_token";
const MESSAGES = "/channels/:channel_id/messages";
const WEBHOOKS = "/channels/:channel_id/webhooks";
const persona = "webhook";

function id(value: string): Snowflake {
  if (!isSnowflake(value)) throw new TypeError(`Cannot use ${value}: it is no snowflake`);
  return value;
}

for (
  const [what, action] of [
    ["fails", { kind: "status", status: 500 }],
    ["is refused", { kind: "status", status: 403, body: { code: 50013, message: "Missing Permissions" } }],
  ] as const
) {
  Deno.test(`[X3] Poster recognises after a restart what a webhook has said, also when the list of webhooks ${what}`, async () => {
    await withDiscord(async (discord) => {
      const store = new LastingStore();
      const first = await (await Bridge.start(discord, { store, persona })).ready();
      const visitor = await first.visitor();
      await visitor.say("one");
      await visitor.untilDelivered(1);
      const unread = { kind: "status", status: 503 } as const;
      discord.faults.add({ method: "POST", route: EXECUTE, action: { kind: "truncate" } });
      discord.faults.add({ method: "GET", route: MESSAGES, times: 1000, action: unread });
      await visitor.say("two");
      await visitor.untilDelivered(2);
      await first[Symbol.asyncDispose]();
      discord.faults.clear();
      const times = what === "fails" ? 1 : 1000;
      const list = discord.faults.add({ method: "GET", route: WEBHOOKS, times, action });
      await using second = await (await Bridge.start(discord, { store, persona })).ready();
      const again = await second.returning(visitor.uid);
      await again.say("three");
      await again.until(
        () => again.delivered.some((content) => content.endsWith("three")),
        "the next message",
      );
      assert.ok(list.hits > 0);
      assert.deepEqual(again.delivered.map((content) => content.replace(/^\*\*.*?:\*\* /, "")), [
        "one",
        "two",
        "three",
      ]);
    });
  });
}

Deno.test("[X5] Inbox takes nothing of the own webhook for the staff's when webhooks cannot be listed", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store, persona })).ready();
    const visitor = await first.visitor();
    await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    discord.staff("Alice").say(thread, "before");
    await visitor.untilHeard(1);
    await first[Symbol.asyncDispose]();
    // As by a call that was on its way when the process ended.
    const [webhook] = discord.world.webhooks.values();
    const url = `${discord.url}/v10/webhooks/${webhook?.id}/${webhook?.token}?wait=true&thread_id=${thread}`;
    const body = JSON.stringify({ content: "two", username: "Ada", allowed_mentions: { parse: [] } });
    const headers = { "content-type": "application/json" };
    const said = await fetch(url, { method: "POST", body, headers });
    assert.equal((await said.json()).content, "two");
    const refuse = {
      kind: "status",
      status: 403,
      body: { code: 50013, message: "Missing Permissions" },
    } as const;
    const list = discord.faults.add({ method: "GET", route: WEBHOOKS, times: 1000, action: refuse });
    discord.staff("Alice").say(thread, "after");
    await using second = await (await Bridge.start(discord, { store, persona })).ready();
    const again = await second.returning(visitor.uid);
    await again.until(() => again.texts.includes("after"), "what staff said");
    assert.ok(list.hits > 0);
    assert.deepEqual(again.texts, ["before", "after"]);
  });
});

Deno.test("[X2] Poster speaks itself in a thread of an earlier channel, which its webhook does not know", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store, persona, channelId: id(channel) })).ready();
    const visitor = await first.visitor();
    const { seq } = await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    await first[Symbol.asyncDispose]();
    const other = discord.createForum("support");
    await using second = await (await Bridge.start(discord, { store, persona, channelId: id(other) }))
      .ready();
    const again = await second.returning(visitor.uid);
    await again.say("two");
    await again.until(() => again.delivered.some((content) => content.endsWith(":** two")), "the message");
    assert.equal(again.thread, thread);
    assert.equal(discord.threads().length, 1);
    // What the earlier channel's webhook has said is for that webhook to change.
    await again.edit(seq, "ONE");
    await again.until(() => again.delivered[0] === "ONE", "the edit");
    const asked = discord.requests.filter(({ route }) => route === EXECUTE).length;
    await again.say("three");
    await again.until(() => again.delivered.some((content) => content.endsWith(":** three")), "one more");
    assert.equal(
      discord.requests.filter(({ route }) => route === EXECUTE).length,
      asked,
      "asked in vain again",
    );
  });
});

Deno.test("[X2] Poster tells a thread that is gone from one that its webhook does not know", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { persona })).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    discord.deleteChannel(thread);
    await visitor.say("two");
    await visitor.until(
      () => visitor.thread !== undefined && visitor.delivered.includes("two"),
      "a new thread",
    );
    assert.notEqual(visitor.thread, thread);
  });
});

Deno.test("Poster makes no webhook when it speaks itself and an edit is refused, and looks for one once", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("one");
    await visitor.untilDelivered(1);
    const action = {
      kind: "status",
      status: 403,
      body: { code: 50013, message: "Missing Permissions" },
    } as const;
    const refused = discord.faults.add({
      method: "PATCH",
      route: `${MESSAGES}/:message_id`,
      times: 2,
      action,
    });
    for (const [count, text] of [[1, "ONE"], [2, "Eins"]] as const) {
      await visitor.edit(seq, text);
      await bridge.until(() => bridge.logged("warn").length === count, "the refusal");
    }
    assert.equal(refused.hits, 2);
    assert.equal(discord.world.webhooks.size, 0);
    assert.equal(discord.requests.filter(({ route }) => route === WEBHOOKS).length, 1);
  });
});

Deno.test("Poster changes in the bot's name what a webhook has said", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store, persona })).ready();
    const visitor = await first.visitor();
    const { seq } = await visitor.say("one");
    await visitor.untilDelivered(1);
    await visitor.until(() => visitor.arrived === seq, "the arrival");
    await first[Symbol.asyncDispose]();
    await using second = await (await Bridge.start(discord, { store })).ready();
    const again = await second.returning(visitor.uid);
    await again.edit(seq, "ONE");
    await again.until(() => again.delivered[0] === "ONE", "the edit");
  });
});

Deno.test("tagsOfNew gives a post any tag where the forum demands one", async () => {
  for (const [tags, expected] of [[["bug", "question"], "bug"], [["bug", "Open"], "Open"]] as const) {
    await withDiscord(async (discord, channel) => {
      // REQUIRE_TAG
      const forum = discord.createForum("tagged", { tags, flags: 1 << 4 });
      assert.notEqual(forum, channel);
      await using bridge = await (await Bridge.start(discord, { channelId: id(forum) })).ready();
      const visitor = await bridge.visitor();
      await visitor.say("one");
      await visitor.untilDelivered(1);
      const [thread] = discord.threads(forum);
      const named = discord.world.channel(forum).tags.find(({ name }) => name === expected);
      assert.deepEqual(thread?.applied_tags, [named?.id]);
    });
  }
});
