import assert from "node:assert/strict";
import { systemClock } from "../../src/core/mod.ts";
import { isSnowflake } from "../../src/discord/mod.ts";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { Bridge, withDiscord } from "./bridge.ts";

Deno.test("DiscordService stops with what to click when the token is refused", async () => {
  await withDiscord(async (discord) => {
    const token = `${discord.token}x`;
    const bridge = await Bridge.start(discord, { token });
    const problem = await bridge.service.problem;
    // The gateway and REST both find out, in one turn.
    await new Promise<void>((resolve) => systemClock.after(0, resolve));
    await bridge[Symbol.asyncDispose]();
    assert.equal(problem.code, "token");
    assert.match(problem.message, /Reset Token/);
    assert.deepEqual(bridge.service.status, { ready: false, reason: problem.message });
    assert.equal(bridge.logged("error").length, 1);
    // Asked, and made sure of once.
    assert.equal(discord.requests.length, 2);
    assert.ok(!JSON.stringify(bridge.log).includes(token), "the token is in the log");
  });
});

Deno.test("DiscordService stops with what to click when the message content intent is off", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await Bridge.start(discord);
    const problem = await bridge.service.problem;
    assert.equal(problem.code, "intents");
    assert.match(problem.message, /Message Content Intent/);
    assert.equal(bridge.service.status.reason, problem.message);
  }, { privileged: { messageContent: false } });
});

Deno.test("DiscordService lists what it sees when the channel is missing, and heals when it is made", async () => {
  await using discord = await DiscordSimulator.start();
  discord.createTextChannel("lobby");
  await using bridge = await Bridge.start(discord);
  const visitor = await bridge.visitor();
  await visitor.say("Hello");
  await bridge.until(() => bridge.service.status.reason?.includes("There is no"), "the reason");
  assert.match(
    bridge.service.status.reason ?? "",
    /forum or text channel named chatbox50; the bot sees .*#lobby/,
  );
  const line = bridge.log.find(({ message }) => message.startsWith("There is no"));
  assert.match(String(line?.fields.invite), /^https:\/\/discord\.com\/oauth2\/authorize\?client_id=\d+&/);
  discord.createForum("chatbox50");
  await bridge.ready();
  await visitor.untilDelivered(1);
});

Deno.test("DiscordService uses the configured channel, whatever its name", async () => {
  await withDiscord(async (discord, named) => {
    const channelId = discord.createTextChannel("support");
    assert.ok(isSnowflake(channelId));
    await using bridge = await (await Bridge.start(discord, { channelId })).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    assert.equal(discord.threads(channelId).length, 1);
    assert.equal(discord.threads(named).length, 0);
  });
});

Deno.test("DiscordService names the permissions that are missing, and heals when they are given", async () => {
  await withDiscord(async (discord, channel) => {
    discord.denyBot(channel, "SendMessages", "ReadMessageHistory");
    await using bridge = await Bridge.start(discord);
    await bridge.until(() => bridge.service.status.reason?.includes("lacks"), "the reason");
    assert.equal(
      bridge.service.status.reason,
      "The bot lacks in #chatbox50: Send Messages, Read Message History",
    );
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await bridge.until(
      () => bridge.logged("error").includes("Discord refuses to make threads"),
      "the refusal",
    );
    const other = await bridge.visitor();
    await other.say("Hi");
    await bridge.until(
      () => bridge.log.filter(({ message }) => message.startsWith("A delivery failed")).length >= 2,
      "both to wait",
    );
    assert.equal(discord.invalidRequests, 1, "the refusal is remembered");
    discord.denyBot(channel);
    await bridge.ready();
    await visitor.untilDelivered(1);
    await other.untilDelivered(1);
  });
});

Deno.test("DiscordService waits while the bot is out of the server, and goes on when it is back", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("One");
    await visitor.untilDelivered(1);
    discord.kickBot();
    await bridge.until(
      () => bridge.service.status.reason === "The bot is in no Discord server yet",
      "the reason",
    );
    await visitor.say("Two");
    await bridge.until(() => bridge.logged("warn").includes("A delivery failed, trying again"), "it to wait");
    discord.inviteBot();
    await visitor.untilDelivered(2);
    assert.deepEqual(visitor.delivered, ["One", "Two"]);
  });
});

Deno.test("DiscordService waits while the server is unavailable, and catches up when it is back", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("One");
    const thread = await visitor.untilDelivered(1);
    discord.setGuildUnavailable(true);
    await bridge.until(
      () => bridge.service.status.reason?.startsWith("Discord reports an outage"),
      "the reason",
    );
    await visitor.say("Two");
    discord.setGuildUnavailable(false);
    await visitor.untilDelivered(2);
    discord.staff("Alice").say(thread, "Back");
    await visitor.untilHeard(1);
  });
});

Deno.test("DiscordService waits when the channel is deleted, and makes the threads anew in the next one", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("One");
    await visitor.untilDelivered(1);
    discord.deleteChannel(channel);
    await bridge.until(() => !bridge.service.status.ready, "the loss to be noticed");
    await visitor.say("Two");
    await bridge.until(() => bridge.logged("warn").includes("A delivery failed, trying again"), "it to wait");
    const next = discord.createForum("chatbox50");
    await visitor.until(() => visitor.delivered.includes("Two"), "the message");
    assert.equal(discord.threads(next).length, 1);
  });
});

Deno.test("DiscordService waits for a Discord that is out of reach at its start", async () => {
  await withDiscord(async (discord) => {
    discord.setOutage(true);
    await using bridge = await Bridge.start(discord);
    await bridge.until(
      () => bridge.logged("warn").includes("Cannot reach Discord, trying again"),
      "a failed try",
    );
    discord.setOutage(false);
    await bridge.ready();
  });
});

Deno.test("DiscordService saves the last IDENTIFYs of the day", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await Bridge.start(discord);
    await bridge.until(
      () => bridge.logged("error").some((line) => line.startsWith("Too many connections")),
      "the line",
    );
    assert.equal(discord.sessions.identifies, 0);
  }, { identifyBudget: 3 });
});

Deno.test("ThreadMaker makes the thread already at the first access when told so", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord, { threadOn: "access" })).ready();
    const visitor = await bridge.visitor();
    await bridge.until(() => visitor.thread, "the thread");
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    assert.equal(discord.threads(channel).length, 1);
  });
});

Deno.test("[D6] DiscordService stops without leaving anything open, and keeps the session", async () => {
  await withDiscord(async (discord) => {
    const bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    await bridge[Symbol.asyncDispose]();
    assert.equal(bridge.service.status.ready, false);
    assert.match(discord.transcript.toString(), /closed by 3000/);
    assert.equal(discord.connected, false);
  });
});
