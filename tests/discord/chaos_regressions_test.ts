// What chaos has found, each with the seed that found it.
import assert from "node:assert/strict";
import { Bridge, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import { talk } from "./talk.ts";

const FORBIDDEN = {
  kind: "status",
  status: 403,
  body: { code: 50013, message: "Missing Permissions" },
} as const;

Deno.test("[X6, O1] Outbox keeps an answer to its own burst in its place when the burst is edited (seed 42)", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const held = hold(discord, "delay", "POST", "/channels/:channel_id/threads");
    await visitor.say("Zero");
    const { seq } = await visitor.say("One");
    await visitor.say("Two");
    await visitor.say("Three", seq);
    held.release();
    const thread = await visitor.until(
      () => visitor.delivered.join("\n").endsWith("Three") && visitor.thread,
      "the burst",
    );
    const before = visitor.delivered;
    assert.match(before.join("|"), /One\nTwo\|Three$/);
    const [answer, burst] = discord.messages(thread).toReversed();
    assert.equal(answer?.message_reference?.message_id, burst?.id);
    await visitor.edit(seq, "Uno");
    await visitor.until(() => visitor.delivered.some((content) => content.includes("Uno")), "the edit");
    await visitor.say("Four");
    await visitor.until(() => visitor.delivered.at(-1) === "Four", "what was said after it");
    assert.deepEqual(visitor.delivered, [...before.map((text) => text.replace("One", "Uno")), "Four"]);
  });
});

Deno.test("[D2, X7] Outbox keeps all that shares a message when one of it is edited, however much staff said between (kills)", async () => {
  await talk(async ({ discord, visitor, alice, thread }) => {
    const held = hold(discord, "delay", "POST", "/channels/:channel_id/messages");
    await visitor.say("held");
    const words = ["w0", "w1", "w2"];
    const said: number[] = [];
    for (const [index, word] of words.entries()) {
      said.push((await visitor.say(word)).seq);
      for (let answer = 0; answer < 120; answer++) alice.say(thread, `s${index}-${answer}`);
      await visitor.untilHeard((index + 1) * 120);
    }
    held.release();
    const arrived = (): string[] => visitor.delivered.join("\n").split("\n");
    await visitor.until(() => arrived().at(-1) === "w2", "all words");
    // How many share a message depends on when the first was taken; some always do.
    assert.ok(visitor.delivered.some((content) => content.includes("\n")));
    for (const index of [2, 0]) {
      await visitor.edit(said[index] ?? 0, `x${index}`);
      await visitor.until(() => arrived().includes(`x${index}`), "the edit");
      words[index] = `x${index}`;
      assert.deepEqual(arrived(), ["Hello", "held", ...words]);
    }
  });
});

Deno.test("[X3, X6] Outbox takes back what arrived although its answer was lost and it was deleted then (seed 43)", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord, { retryBaseMs: 100 })).ready();
    const visitor = await bridge.visitor();
    await visitor.say("One");
    const thread = await visitor.untilDelivered(1);
    const route = "/channels/:channel_id/messages";
    // Not "lose": that `fetch` may heal by itself.
    discord.faults.add({ method: "POST", route, action: { kind: "truncate" } });
    const { seq } = await visitor.say("Oops");
    await visitor.untilDelivered(2);
    // In the pause before the second try, which then has no message any more.
    await visitor.delete(seq);
    await visitor.until(() => !visitor.delivered.includes("Oops"), "the deletion");
    await visitor.say("Two");
    await visitor.until(() => visitor.delivered.at(-1) === "Two", "the next message");
    assert.equal(visitor.thread, thread);
    assert.deepEqual(visitor.delivered, ["One", "Two"]);
  });
});

Deno.test("[X8] Outbox calls nothing failed that stands there when a burst is forbidden from its middle on (seed 43)", async () => {
  await talk(async ({ discord, visitor }) => {
    const route = "/channels/:channel_id/messages";
    const held = hold(discord, "delay", "POST", route);
    await visitor.say("Zero");
    const one = await visitor.say(`One${" more".repeat(399)}`);
    const two = await visitor.say(`Two${" more".repeat(399)}`);
    discord.faults.add({
      method: "POST",
      route,
      when: ({ body }) => JSON.stringify(body).includes("Two"),
      action: FORBIDDEN,
    });
    held.release();
    await visitor.until(() => visitor.seen.get(two.seq)?.failed, "the failure");
    assert.equal(visitor.seen.get(one.seq)?.failed, undefined);
    assert.deepEqual(visitor.delivered.map((content) => content.slice(0, 4)), ["Hell", "Zero", "One "]);
  });
});

for (const posted of [0, 1]) {
  Deno.test(`[X6, X8] Outbox keeps what shares a message with one that grows, when ${posted} of its parts may be posted (seed 1)`, async () => {
    await talk(async ({ discord, channel, visitor }) => {
      const route = "/channels/:channel_id/messages";
      const written = hold(discord, "delay", "POST", route);
      await visitor.say("Zero");
      await written.asked;
      const { seq } = await visitor.say("One");
      const two = await visitor.say("Two");
      written.release();
      await visitor.until(() => visitor.delivered.at(-1) === "One\nTwo", "the burst");
      await visitor.until(() => visitor.arrived === two.seq, "the arrival");
      let left = posted;
      const forbidden = discord.faults.add({
        method: "POST",
        route,
        when: () => --left < 0,
        action: FORBIDDEN,
      });
      await visitor.edit(seq, "Uno ".repeat(1_200));
      await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
      assert.equal(forbidden.hits, 1);
      assert.equal(visitor.delivered.length, 3 + posted);
      assert.equal(visitor.delivered[2], "One\nTwo");
      assert.equal(visitor.seen.get(two.seq)?.failed, undefined);
      // What was refused is asked again when anything about permissions has changed.
      discord.denyBot(channel, "AddReactions");
      await visitor.edit(two.seq, "Dos");
      await visitor.until(() => visitor.delivered.some((content) => content.includes("Dos")), "the edit");
      await visitor.say("Three");
      await visitor.until(() => visitor.delivered.at(-1) === "Three", "what comes behind it");
      const read = visitor.delivered.join(" ").split(/\s+/).filter((word) => !/continued/.test(word));
      const expected = ["Hello", "Zero", ...Array<string>(1_200).fill("Uno"), "Dos", "Three"];
      assert.deepEqual(read, expected);
    });
  });
}

Deno.test("[X8] Outbox asks again what was forbidden when a session could not be resumed (seed 43)", async () => {
  await talk(async ({ discord, bridge, visitor }) => {
    const forbidden = discord.faults.add({
      method: "POST",
      route: "/channels/:channel_id/messages",
      action: FORBIDDEN,
    });
    const { seq } = await visitor.say("Forbidden");
    await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
    assert.equal(forbidden.hits, 1);
    discord.dropGateway({ resumable: false });
    await bridge.until(() => discord.sessions.identifies === 2 && discord.connected, "another session");
    await bridge.ready();
    await visitor.say("Allowed");
    await visitor.until(() => visitor.delivered.at(-1) === "Allowed", "the next message");
  });
});

Deno.test("[D4] Outbox keeps what was refused while the bot was shut out for a moment (seed 42)", async () => {
  await talk(async ({ discord, visitor }) => {
    const shutOut = discord.faults.add({
      method: "POST",
      route: "/channels/:channel_id/messages",
      action: { kind: "status", status: 403, body: { code: 50001, message: "Missing Access" } },
    });
    const { seq } = await visitor.say("Two");
    await visitor.until(() => visitor.delivered.includes("Two") || visitor.seen.get(seq)?.failed, "an end");
    assert.equal(shutOut.hits, 1);
    assert.deepEqual(visitor.delivered, ["Hello", "Two"]);
  });
});

Deno.test("[D4] Outbox keeps what is refused after the gateway has told that the bot was removed (seed 42)", async () => {
  await talk(async ({ discord, bridge, visitor }) => {
    const held = hold(discord, "delay", "POST", "/channels/:channel_id/messages");
    const { seq } = await visitor.say("Two");
    await held.asked;
    discord.kickBot();
    await bridge.until(() => !bridge.service.status.ready, "the removal to be noticed");
    held.release();
    await bridge.until(
      () =>
        visitor.seen.get(seq)?.failed || bridge.logged("warn").includes("A delivery failed, trying again"),
      "the refusal",
    );
    discord.inviteBot();
    await visitor.until(() => visitor.delivered.includes("Two") || visitor.seen.get(seq)?.failed, "an end");
    assert.deepEqual(visitor.delivered, ["Hello", "Two"]);
  });
});

for (const known of [true, false]) {
  const how = known ? "as the gateway has told" : "before the gateway tells";
  Deno.test(`[X3] Follower waits with what a webhook may have said while the bot may not read the history, ${how} (seed 42, webhook)`, async () => {
    await talk(async ({ discord, bridge, channel, visitor }) => {
      let give = (): void => discord.denyBot(channel);
      if (known) {
        discord.denyBot(channel, "ReadMessageHistory");
        await bridge.until(() => !bridge.service.status.ready, "the bridge to notice");
      } else {
        const all = { method: "GET", times: 1000 } as const;
        const route = "/channels/:channel_id/messages";
        const empty = { kind: "status", status: 200, body: [] } as const;
        const faults = [
          discord.faults.add({ ...all, route, action: empty }),
          discord.faults.add({ ...all, route: `${route}/:message_id`, action: FORBIDDEN }),
        ];
        give = () => faults.forEach((fault) => fault.remove());
      }
      discord.faults.add({
        method: "POST",
        route: "/webhooks/:webhook_id/:webhook_token",
        action: { kind: "truncate" },
      });
      await visitor.say("Two");
      await bridge.until(
        () =>
          visitor.delivered.length > 2 ||
          bridge.log.some(({ fields }) => /lacks Read Message History/.test(String(fields.reason))),
        "the look-up in vain",
      );
      give();
      await visitor.say("Three");
      await visitor.until(() => visitor.delivered.at(-1) === "Three", "the next message");
      assert.deepEqual(visitor.delivered, ["Hello", "Two", "Three"]);
    }, { persona: "webhook" });
  });
}

Deno.test("[X3] Follower goes on where nothing stands that it knows, and the bot may read that", async () => {
  await talk(async ({ discord, visitor, thread }) => {
    discord.staff("Alice").delete(thread, ...discord.messages(thread).map(({ id }) => id));
    discord.faults.add({
      method: "POST",
      route: "/webhooks/:webhook_id/:webhook_token",
      action: { kind: "drop" },
    });
    await visitor.say("Two");
    await visitor.until(() => visitor.delivered.includes("Two"), "the second try");
    assert.deepEqual(visitor.delivered, ["Two"]);
  }, { persona: "webhook" });
});

Deno.test("[X3] Follower takes what was known for no post of a later plan, though the words are the same", async () => {
  await talk(async ({ discord, visitor }) => {
    const lost = discord.faults.add({
      method: "POST",
      route: "/webhooks/:webhook_id/:webhook_token",
      action: { kind: "drop" },
    });
    const { seq } = await visitor.say("Hello");
    await visitor.until(() => visitor.arrived === seq, "the arrival");
    assert.equal(lost.hits, 1);
    assert.deepEqual(visitor.delivered, ["Hello", "Hello"]);
  }, { persona: "webhook" });
});

for (const [what, isEdited] of [["event (seed 42)", false], ["edit (seed 1)", true]] as const) {
  Deno.test(`[X4] Intake brings no message that staff took back while nobody listened and it waited with its ${what}`, async () => {
    await talk(async ({ discord, channel, bridge, alice, thread, leave, back }) => {
      const other = await bridge.visitor();
      await other.say("Hello");
      const elsewhere = await other.untilDelivered(1);
      await leave();
      alice.say(thread, "First");
      const held = hold(discord, "delay", "GET", new RegExp(`/channels/${thread}/messages$`));
      const { bridge: next, visitor } = await back();
      await held.asked;
      const neighbour = await next.returning(other.uid);
      alice.say(elsewhere, "Read or told");
      await neighbour.untilHeard(1);
      const { id } = alice.say(thread, "Oops");
      if (isEdited) alice.edit(thread, id, "Oops!");
      alice.say(elsewhere, "Told after it");
      await neighbour.untilHeard(2);
      // Of what happens where the bot sees nothing, it is not told.
      discord.denyBot(channel, "ViewChannel");
      alice.delete(thread, id);
      discord.denyBot(channel);
      alice.say(thread, "Second");
      held.release();
      await visitor.untilHeard(2);
      // May be read before the event that has waited, as the ones before.
      alice.say(thread, "Third");
      await visitor.until(() => visitor.texts.includes("Third"), "the third message");
      alice.say(thread, "Fourth");
      await visitor.until(() => visitor.texts.at(-1) === "Fourth", "what comes behind it");
      assert.deepEqual(visitor.texts, ["First", "Second", "Third", "Fourth"]);
    });
  });
}

Deno.test("[D4] Outbox changes nothing while nobody has told that the bot is back in the server (seed 44)", async () => {
  await talk(async ({ discord, bridge, visitor }) => {
    const route = "/webhooks/:webhook_id/:webhook_token";
    const one = await visitor.say("One");
    await visitor.untilDelivered(2);
    const held = hold(discord, "delay", "POST", route);
    await visitor.say("Two");
    await held.asked;
    const answered = hold(discord, "late", "PATCH", `${route}/messages/:message_id`);
    await visitor.edit(one.seq - 1, "Hallo");
    await visitor.edit(one.seq, "Uno");
    held.release();
    await answered.asked;
    discord.kickBot();
    await bridge.until(() => !bridge.service.status.ready, "the removal to be noticed");
    const back = hold(discord, "delay", "GET", "/gateway/bot");
    discord.dropGateway({ resumable: false });
    await back.asked;
    discord.inviteBot();
    answered.release();
    await bridge.until(
      () => bridge.logged("warn").includes("A delivery failed, trying again"),
      "the failure",
    );
    back.release();
    await visitor.until(() => visitor.delivered.includes("Uno"), "the second edit");
    assert.deepEqual(visitor.delivered, ["Hallo", "Uno", "Two"]);
    assert.ok(!bridge.logged("warn").includes("Discord refuses a change for good"));
  }, { persona: "webhook" });
});
