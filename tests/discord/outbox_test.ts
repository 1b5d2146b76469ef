import assert from "node:assert/strict";
import { DiscordSimulator, ManualClock } from "../support/discord/mod.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";

const MESSAGES = "/channels/:channel_id/messages";
const THREADS = "/channels/:channel_id/threads";

Deno.test("[X1] Outbox pings nobody, whatever a visitor writes or edits in", async () => {
  await withDiscord(async (discord) => {
    const alice = discord.staff("Alice");
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const bad = `@everyone @here <@${alice.id}> <@&${discord.guildId}>`;
    const { seq } = await visitor.say(bad);
    await visitor.untilDelivered(1);
    await visitor.edit(seq, `${bad} again`);
    await visitor.until(() => visitor.delivered[0]?.endsWith("again"), "the edit");
    assert.deepEqual(discord.pings, []);
    const bodies = discord.requests.filter(({ method }) => method === "POST" || method === "PATCH").map((
      { body },
    ) => body);
    assert.ok(bodies.length >= 3);
    for (const body of bodies) assert.match(JSON.stringify(body), /"allowed_mentions":\{"parse":\[\]\}/);
  });
});

Deno.test("[X2] ThreadMaker makes one thread when ten messages race", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await Promise.all(Array.from({ length: 10 }, (_, index) => visitor.say(`message ${index}`)));
    await visitor.until(() => visitor.delivered.join("\n").split("\n").length === 10, "ten messages");
    assert.equal(discord.threads(channel).length, 1);
    assert.deepEqual(
      visitor.delivered.join("\n").split("\n"),
      Array.from({ length: 10 }, (_, index) => `message ${index}`),
    );
  });
});

for (const kind of ["lose", "truncate"] as const) {
  Deno.test(`[X2] ThreadMaker finds the thread again when the answer of its making is lost (${kind})`, async () => {
    await withDiscord(async (discord, channel) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const fault = discord.faults.add({ method: "POST", route: THREADS, action: { kind } });
      const visitor = await bridge.visitor();
      await visitor.say("Hello");
      await visitor.untilDelivered(1);
      assert.equal(fault.hits, 1);
      assert.equal(discord.threads(channel).length, 1);
    });
  });
}

for (const status of [429, 500, 502, 503]) {
  Deno.test(`[X2] ThreadMaker makes the thread later after a ${status}`, async () => {
    await withDiscord(async (discord, channel) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const fault = discord.faults.add({
        method: "POST",
        route: THREADS,
        action: { kind: "status", status, retryAfterS: 0.05 },
      });
      const visitor = await bridge.visitor();
      await visitor.say("Hello");
      await visitor.untilDelivered(1);
      assert.equal(fault.hits, 1);
      assert.equal(discord.threads(channel).length, 1);
    });
  });
}

Deno.test("[X2] Outbox makes a new thread, with the history's end, when Discord says that the old one is gone", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Before");
    const thread = await visitor.untilDelivered(1);
    discord.deleteChannel(thread);
    await visitor.say("After");
    await visitor.until(
      () => visitor.thread !== undefined && visitor.thread !== thread && visitor.delivered.includes("After"),
      "a new thread",
    );
    const said = discord.messages(visitor.thread ?? "").map(({ content }) => content);
    assert.equal(said.length, 2);
    assert.match(said[0] ?? "", /earlier thread.*gone[\s\S]*Visitor:\*\* Before/);
    assert.equal(discord.threads(channel).length, 1);
    discord.staff("Alice").say(visitor.thread ?? "", "Still here");
    assert.deepEqual((await visitor.untilHeard(1)).map(({ content }) => content), ["Still here"]);
  });
});

for (
  const action of [{ kind: "status", status: 500 }, { kind: "status", status: 429, retryAfterS: 0.05 }, {
    kind: "drop",
  }] as const
) {
  Deno.test(`[X2] Outbox keeps the thread after ${JSON.stringify(action)}`, async () => {
    await withDiscord(async (discord, channel) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const visitor = await bridge.visitor();
      await visitor.say("One");
      await visitor.untilDelivered(1);
      const fault = discord.faults.add({ method: "POST", route: MESSAGES, times: 3, action });
      await visitor.say("Two");
      await visitor.untilDelivered(2);
      assert.equal(fault.hits, 3);
      assert.deepEqual(visitor.delivered, ["One", "Two"]);
      assert.equal(discord.threads(channel).length, 1);
    });
  });
}

for (const kind of ["lose", "truncate"] as const) {
  Deno.test(`[X3] Outbox sends nothing twice when answers are lost (${kind})`, async () => {
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const visitor = await bridge.visitor();
      await visitor.say("One");
      await visitor.untilDelivered(1);
      const fault = discord.faults.add({ method: "POST", route: MESSAGES, times: 3, action: { kind } });
      await visitor.say("x ".repeat(1500));
      await visitor.say("Three");
      await visitor.until(() => visitor.delivered.at(-1) === "Three", "the last message");
      assert.equal(fault.hits, 3);
      assert.deepEqual(visitor.delivered.map((content) => content.length), [3, 1999, 999, 5]);
    });
  });
}

Deno.test("[X3] Outbox reads the thread before it sends again when the nonce is forgotten", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({ clock });
  discord.createForum("chatbox50");
  await using bridge = await (await Bridge.start(discord)).ready();
  const visitor = await bridge.visitor();
  await visitor.say("Same");
  await visitor.untilDelivered(1);
  // The answer gets lost, and Discord is away until the nonce is forgotten.
  const away = discord.faults.add({
    times: 1000,
    when: () => lost.hits > 0,
    action: { kind: "status", status: 503 },
  });
  const lost = discord.faults.add({ method: "POST", route: MESSAGES, action: { kind: "lose" } });
  await visitor.say("Same");
  await visitor.until(() => away.hits > 0, "the outage");
  clock.advance(3_600_000);
  away.remove();
  await visitor.say("Other");
  await visitor.until(() => visitor.delivered.at(-1) === "Other", "the last message");
  assert.deepEqual(visitor.delivered, ["Same", "Same", "Other"]);
});

Deno.test("[X3] Outbox sends nothing twice when the process ends between the call and its answer", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({ clock });
  discord.createForum("chatbox50");
  const store = new LastingStore();
  const first = await (await Bridge.start(discord, { store })).ready();
  const visitor = await first.visitor();
  await visitor.say("One");
  await visitor.untilDelivered(1);
  discord.faults.add({ method: "POST", route: MESSAGES, action: { kind: "lose" } });
  discord.faults.add({
    method: "GET",
    route: MESSAGES,
    times: 1000,
    action: { kind: "status", status: 503 },
  });
  await visitor.say("Two");
  await visitor.untilDelivered(2);
  await first[Symbol.asyncDispose]();
  discord.faults.clear();
  clock.advance(3_600_000);
  await using second = await (await Bridge.start(discord, { store })).ready();
  const again = await second.returning(visitor.uid);
  await again.say("Three");
  await again.until(() => again.delivered.at(-1) === "Three", "the last message");
  assert.deepEqual(again.delivered, ["One", "Two", "Three"]);
});

Deno.test("[X7] Outbox packs what waited into as few messages as fit", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await Bridge.start(discord);
    const visitor = await bridge.visitor();
    for (let index = 0; index < 60; index++) await visitor.say(`message ${index}`);
    await bridge.ready();
    await visitor.until(() => visitor.delivered.join("\n").split("\n").length === 60, "sixty messages");
    assert.ok(visitor.delivered.length <= 2, `${visitor.delivered.length} messages`);
  });
});

Deno.test("[X6] Outbox follows edits and deletions of a packed message and keeps the others", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await Bridge.start(discord);
    const visitor = await bridge.visitor();
    for (const text of ["one", "two", "three"]) await visitor.say(text);
    await bridge.ready();
    await visitor.untilDelivered(1);
    assert.deepEqual(visitor.delivered, ["one\ntwo\nthree"]);
    await visitor.edit(2, "TWO");
    await visitor.until(() => visitor.delivered[0] === "one\nTWO\nthree", "the edit");
    await visitor.delete(2);
    await visitor.until(() => visitor.delivered[0] === "one\nthree", "the deletion");
    await visitor.edit(3, "THREE");
    await visitor.until(() => visitor.delivered[0] === "one\nTHREE", "the edit behind the deleted one");
    await visitor.delete(1);
    await visitor.delete(3);
    await visitor.until(() => visitor.delivered.length === 0, "everything gone");
  });
});

Deno.test("[X6] Outbox makes a split message shorter and longer", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("a ".repeat(1900));
    await visitor.untilDelivered(2);
    await visitor.edit(seq, "short");
    await visitor.until(() => visitor.delivered.length === 1, "one part");
    assert.deepEqual(visitor.delivered, ["short"]);
    await visitor.edit(seq, "b ".repeat(1900));
    await visitor.until(
      () => visitor.delivered.length === 2 && visitor.delivered[0] !== "short",
      "two parts",
    );
    assert.match(visitor.delivered[1] ?? "", /^\*\(continued\)\*\nb b/);
    const text = visitor.delivered.join("").replace("*(continued)*\n", "");
    assert.equal(text.replaceAll(" ", ""), "b".repeat(1900));
    await visitor.delete(seq);
    await visitor.until(() => visitor.delivered.length === 0, "nothing left");
  });
});

Deno.test("[X8] Outbox wakes an archived thread by sending and by editing", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const alice = discord.staff("Alice");
    alice.editThread(thread, { archived: true });
    await visitor.edit(seq, "Hello!");
    await visitor.until(() => visitor.delivered[0] === "Hello!", "the edit");
    alice.editThread(thread, { archived: true });
    await visitor.say("Again");
    await visitor.untilDelivered(2);
    assert.equal(discord.threads()[0]?.thread_metadata?.archived, false);
  });
});

Deno.test("[X8] Outbox tells the visitor and the operator when the thread is locked, and goes on when it is not", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    discord.denyBot(discord.threads()[0]?.parent_id ?? "", "ManageThreads");
    discord.staff("Alice").editThread(thread, { locked: true, archived: true });
    const { seq } = await visitor.say("Too late");
    const failed = await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
    assert.match(failed, /closed/);
    const line = bridge.log.find(({ level }) => level === "error");
    assert.match(String(line?.fields.error), /Manage Threads/);
  });
});

Deno.test("[X8] Outbox names the permissions that are missing", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    discord.denyBot(channel, "SendMessagesInThreads", "ReadMessageHistory", "ManageThreads");
    await visitor.until(() => !bridge.service.status.ready, "the bridge to notice");
    const missing = "Send Messages in Threads, Read Message History";
    assert.equal(bridge.service.status.reason, `The bot lacks in #chatbox50: ${missing}`);
    const { seq } = await visitor.say("Nobody hears me");
    await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
    const line = bridge.log.find(({ level, message }) =>
      level === "error" && message.includes("failed for good")
    );
    assert.match(String(line?.fields.error), new RegExp(`give it ${missing}, Manage Threads$`, "m"));
    discord.denyBot(channel);
    await bridge.ready();
  });
});

Deno.test("[O2] Outbox lets other conversations pass one that waits", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const slow = await bridge.visitor();
    await slow.say("Hello");
    const thread = await slow.untilDelivered(1);
    const held = hold(discord, "delay", "POST", new RegExp(`^/channels/${thread}/messages`));
    await slow.say("Waiting");
    const others = await Promise.all(Array.from({ length: 5 }, () => bridge.visitor()));
    for (const other of others) await other.say("Hi");
    for (const other of others) await other.untilDelivered(1);
    assert.deepEqual(slow.delivered, ["Hello"]);
    held.release();
    await slow.untilDelivered(2);
  });
});

Deno.test("Outbox answers with a reply, and without one when that is gone", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const alice = discord.staff("Alice");
    const question = alice.say(thread, "How are you?");
    const [heard] = await visitor.untilHeard(1);
    await visitor.say("Fine", heard?.seq);
    await visitor.untilDelivered(2);
    assert.equal(discord.messages(thread).at(-1)?.message_reference?.message_id, question.id);
    alice.delete(thread, question.id);
    await visitor.say("Still fine", heard?.seq);
    await visitor.untilDelivered(3);
  });
});

Deno.test("Follower leaves out what staff have deleted", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("Rude");
    const thread = await visitor.untilDelivered(1);
    discord.staff("Alice").delete(thread, discord.messages(thread).at(-1)?.id ?? "");
    await visitor.edit(seq, "Nice");
    await visitor.say("Next");
    await visitor.untilDelivered(1);
    assert.deepEqual(visitor.delivered, ["Next"]);
  });
});

Deno.test("[X6] Outbox shows staff that a visitor has sent, or left, nothing to see", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("  \n ");
    await visitor.untilDelivered(1);
    const { seq } = await visitor.say("words");
    await visitor.until(() => visitor.delivered.includes("words"), "words");
    await visitor.edit(seq, "\u200b");
    await visitor.until(() => !visitor.delivered.includes("words"), "the edit");
    assert.deepEqual(visitor.delivered, ["*(blank message)*", "*(blank message)*"]);
  });
});

Deno.test("[X6] Outbox says where a part belongs that an edit adds below what was said since", async () => {
  for (const persona of ["bot", "webhook"] as const) {
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord, { persona })).ready();
      const visitor = await bridge.visitor();
      const { seq } = await visitor.say("short");
      const thread = await visitor.untilDelivered(1);
      await visitor.say("since");
      await visitor.untilDelivered(2);
      await visitor.edit(seq, "w ".repeat(2900));
      await visitor.until(
        () => visitor.delivered.length === 4 && visitor.delivered[0] !== "short",
        "the edit",
      );
      const [first, since, second, third] = discord.messages(thread).filter(({ content }) =>
        !content.startsWith("**New conversation**")
      );
      assert.equal(since?.content, "since");
      assert.equal(second?.message_reference?.message_id, first?.id);
      assert.match(second?.content ?? "", /^(\*\*Visitor .*\*\* )?\*\(continued\)\*\nw w/);
      assert.equal(third?.message_reference, undefined);
      const words = [first, second, third].map((message) => message?.content ?? "");
      assert.equal(words.join(" ").match(/\bw\b/g)?.length, 2900);
      await visitor.edit(seq, "v ".repeat(2900));
      await visitor.until(
        () => visitor.delivered.every((content) => !/\bw\b/.test(content)),
        "the next edit",
      );
      const signs = visitor.delivered.map((content) => /^\*\(continued\)\*\nv v/.test(content));
      assert.deepEqual(signs, [false, false, true, false]);
      assert.equal(visitor.delivered.join(" ").match(/\bv\b/g)?.length, 2900);
      await visitor.edit(seq, "short again");
      await visitor.until(() => visitor.delivered.length === 2, "the parts to go");
      assert.deepEqual(visitor.delivered, ["short again", "since"]);
    });
  }
});

Deno.test("Outbox answers what was written in the same burst, also when the answer of the call is lost", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await Bridge.start(discord);
    const visitor = await bridge.visitor();
    discord.faults.add({ method: "POST", route: MESSAGES, times: 2, action: { kind: "truncate" } });
    const question = await visitor.say("Is it open?");
    await visitor.say("I ask because of the rain");
    await visitor.say("I see that it is", question.seq);
    await bridge.ready();
    const thread = await visitor.untilDelivered(2);
    await visitor.until(() => visitor.arrived === 3, "the end of the delivery");
    const [answer, burst] = discord.messages(thread).toReversed();
    assert.equal(burst?.content, "Is it open?\nI ask because of the rain");
    assert.equal(answer?.content, "I see that it is");
    assert.equal(answer?.message_reference?.message_id, burst?.id);
    assert.equal(visitor.delivered.length, 2);
  });
});
