// View Channel taken and given back: one call finds out, everything waits, and flows at once.
import assert from "node:assert/strict";
import { silentLogger } from "../../src/core/mod.ts";
import { DiscordRefusal, DiscordUnreachable } from "../../src/discord/errors.ts";
import type { Home } from "../../src/discord/home/home.ts";
import { readChannel } from "../../src/discord/payloads.ts";
import { ShutOut } from "../../src/discord/refusals/shut_out.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Bridge, withDiscord } from "./bridge.ts";

const HIDDEN = "The bot may not see #chatbox50, give it View Channel";

Deno.test("[X8] DiscordService says that its channel is hidden, asks for it once, and delivers as soon as it is back", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitors = await Promise.all(Array.from({ length: 20 }, () => bridge.visitor()));
    for (const visitor of visitors) await visitor.say("one");
    for (const visitor of visitors) await visitor.untilDelivered(1);
    discord.denyBot(channel, "ViewChannel");
    const before = discord.invalidRequests;
    const [first, ...others] = visitors;
    await first?.say("two");
    await bridge.until(() => !bridge.service.status.ready, "the status to say so");
    assert.deepEqual(bridge.service.status, { ready: false, reason: HIDDEN });
    assert.equal(discord.invalidRequests - before, 2, "the post, and the look at the channel");
    for (const visitor of others) await visitor.say("two");
    const newcomer = await bridge.visitor();
    await newcomer.say("two");
    const waiting = () =>
      new Set(
        bridge.log.filter(({ fields }) => String(fields.reason).includes(HIDDEN)).map(({ fields }) =>
          fields.uid
        ),
      );
    await bridge.until(() => waiting().size === visitors.length + 1, "all of them to wait");
    bridge.chatBox.worker2.resumeDeliveries();
    assert.equal(discord.invalidRequests - before, 2);
    discord.denyBot(channel);
    for (const visitor of [...visitors, newcomer]) {
      await visitor.until(() => visitor.delivered.includes("two"), "what waited");
    }
    await bridge.ready();
    assert.equal(discord.invalidRequests - before, 2);
    for (const visitor of visitors) {
      assert.ok([...visitor.seen.values()].every(({ failed }) => failed === undefined));
    }
  });
});

Deno.test("[X4] DiscordService brings what staff wrote while its channel was hidden", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    const thread = await visitor.untilDelivered(1);
    discord.denyBot(channel, "ViewChannel");
    discord.staff("Alice").say(thread, "unseen");
    await visitor.say("two");
    await bridge.until(() => !bridge.service.status.ready, "the status to say so");
    discord.denyBot(channel);
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["unseen"]);
  });
});

Deno.test("[X8] ShutOut asks once for all, then once a minute, and at once when something changes, but not without end", async () => {
  const clock = new FakeClock();
  const stopping = new AbortController();
  const channel = readChannel({ id: "1", type: 15, name: "chatbox50" });
  const { id } = channel;
  const home: Home = {
    botId: id,
    applicationId: id,
    guildId: id,
    channel,
    missing: [],
    lacking: [],
    fileBytes: 0,
  };
  let asked = 0;
  let over = 0;
  let answer: Error | undefined = new DiscordRefusal("look", 403, 50001, "Missing Access");
  const shutOut = new ShutOut({
    rest: {
      channel: () => {
        asked++;
        return answer === undefined ? Promise.resolve(channel) : Promise.reject(answer);
      },
    },
    home: () => home,
    clock,
    logger: silentLogger,
    signal: stopping.signal,
    onOver: () => over++,
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  };
  assert.deepEqual(await Promise.all([shutOut.suspect(home), shutOut.suspect(home)]), [true, true]);
  assert.equal(asked, 1);
  assert.equal(shutOut.of(home)?.message, `Cannot deliver: ${HIDDEN}`);
  assert.equal(shutOut.of({ ...home, channel: { ...channel, id: readChannel({ id: "2" }).id } }), undefined);
  clock.advance(59_999);
  await settle();
  assert.equal(asked, 1);
  clock.advance(1);
  await settle();
  assert.equal(asked, 2);
  for (let news = 0; news < 100; news++) {
    shutOut.changed();
    await settle();
  }
  assert.ok(asked >= 5 && asked <= 15, `${asked} questions`);
  answer = new DiscordUnreachable("look", 503, "an error of its own", { sent: true });
  clock.advance(60_000);
  await settle();
  assert.notEqual(shutOut.of(home), undefined);
  answer = undefined;
  shutOut.changed();
  await settle();
  assert.equal(over, 1);
  assert.equal(shutOut.of(home), undefined);
  assert.equal(clock.waiting, 0);
  assert.notEqual(shutOut.of({ ...home, missing: ["View Channel"] }), undefined, "known without a question");
  stopping.abort();
});
