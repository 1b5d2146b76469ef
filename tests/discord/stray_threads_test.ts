import assert from "node:assert/strict";
import { isUuid } from "../../src/core/mod.ts";
import { createThread } from "../support/discord/actions/threads.ts";
import type { DiscordSimulator } from "../support/discord/mod.ts";
import { Bridge, LastingStore, type Visitor, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import { untilSeenUnpaired } from "./unpaired.ts";

const THREADS = "/channels/:channel_id/threads";
const STRAY = "Discord has made a visitor's thread twice, the one that is not heard is closed";

/** The first attempt to make a thread gets no answer, and Discord does nothing yet. */
function loseAttempt(discord: DiscordSimulator): void {
  discord.faults.add({ method: "POST", route: THREADS, action: { kind: "drop" } });
}

/** Discord carries out a request to make a thread, whoever waited for it. */
function carryOut(discord: DiscordSimulator, channel: string, name: string, ownerId = discord.botId): string {
  const { world } = discord;
  return createThread(world, world.channel(channel), { name, ownerId }, { authorId: ownerId, content: "Who" })
    .id;
}

function linesIn(discord: DiscordSimulator, thread: string): readonly string[] {
  return discord.messages(thread).filter(({ author }) => author.id === discord.botId)
    .map(({ content }) => content).filter((content) => content.startsWith("This thread was made twice."));
}

function isShut(discord: DiscordSimulator, thread: string): boolean {
  const { archived, locked } = discord.world.thread(thread).thread;
  return archived && locked;
}

/** A visitor whose first attempt to get a thread was given up. */
async function withSecondAttempt(bridge: Bridge, discord: DiscordSimulator): Promise<[Visitor, string]> {
  loseAttempt(discord);
  const visitor = await bridge.visitor();
  await visitor.say("Hello");
  return [visitor, await visitor.untilDelivered(1)];
}

Deno.test("[X2] StrayThreads tells staff in a thread that Discord has made late where the conversation goes on, and closes it", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const [visitor, own] = await withSecondAttempt(bridge, discord);
    const stray = carryOut(discord, channel, visitor.uid);
    await bridge.until(() => isShut(discord, stray), "the closing");
    assert.deepEqual(linesIn(discord, stray), [
      `This thread was made twice. The conversation goes on in <#${own}>; what is written here, before or after this line, does not reach the visitor.`,
    ]);
    const told = bridge.log.filter(({ level }) => level === "warn").filter(({ message }) =>
      message === STRAY
    );
    assert.deepEqual(told.map(({ fields }) => fields), [
      { uid: visitor.connection.uid, thread: stray, goesOnIn: own },
    ]);
    discord.staff("Alice").say(own, "Hi");
    await visitor.untilHeard(1);
    assert.equal(isShut(discord, own), false);
  });
});

Deno.test("[X2] StrayThreads sees to a thread once although it is told of twice", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const [visitor] = await withSecondAttempt(bridge, discord);
    const line = hold(discord, "delay", "POST", "/channels/:channel_id/messages");
    const stray = carryOut(discord, channel, visitor.uid);
    await line.asked;
    const alice = discord.staff("Alice");
    alice.editThread(stray, { locked: false });
    alice.say(stray, "Hi");
    await untilSeenUnpaired(bridge);
    line.release();
    await bridge.until(() => isShut(discord, stray), "the closing");
    assert.equal(bridge.logged("warn").filter((message) => message === STRAY).length, 1);
  });
});

Deno.test("[X2] StrayThreads closes a thread that Discord makes while the next attempt is under way", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    loseAttempt(discord);
    const second = hold(discord, "delay", "POST", THREADS);
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await second.asked;
    const stray = carryOut(discord, channel, visitor.uid);
    second.release();
    await bridge.until(() => isShut(discord, stray), "the closing");
    const own = discord.threads().find(({ id }) => id !== stray)?.id ?? "";
    assert.match(linesIn(discord, stray)[0] ?? "", new RegExp(`<#${own}>`));
    await visitor.until(
      () => discord.messages(own).some(({ content }) => content === "Hello"),
      "the message",
    );
    assert.equal(discord.threads().length, 2);
  });
});

Deno.test("[X2] ThreadMaker uses a thread that Discord makes between the look for it and the next attempt", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    // The look around of the start is another matter.
    await discord.until(() => discord.requests.some(({ path }) => path.includes("/threads/archived")));
    loseAttempt(discord);
    const look = hold(discord, "late", "GET", "/channels/:channel_id/threads/archived/public");
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await look.asked;
    const late = carryOut(discord, channel, visitor.uid);
    discord.staff("Alice").say(late, "Hi");
    await untilSeenUnpaired(bridge);
    look.release();
    await visitor.untilDelivered(1);
    await visitor.untilHeard(1);
    assert.deepEqual(discord.threads().map(({ id }) => id), [late]);
    assert.deepEqual(linesIn(discord, late), []);
  });
});

Deno.test("[X2] StrayThreads knows an identified visitor's thread by its name", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    loseAttempt(discord);
    const visitor = await bridge.visitor();
    await visitor.connection.properties.set("visitor", { name: "Ada", verified: true });
    await visitor.say("Hello");
    const own = await visitor.untilDelivered(1);
    const stray = carryOut(discord, channel, `Ada (${visitor.uid.slice(0, 8)})`);
    await bridge.until(() => isShut(discord, stray), "the closing");
    assert.match(linesIn(discord, stray)[0] ?? "", new RegExp(`<#${own}>`));
  });
});

Deno.test("[O3] StrayThreads leaves the thread of another visitor alone whose name and short id are the same", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const ada = async (uid: string): Promise<string> => {
      assert.ok(isUuid(uid));
      const before = discord.threads().map(({ id }) => id);
      await bridge.chatBox.worker1.accessNewClient(uid);
      const visitor = await bridge.returning(uid);
      await visitor.connection.properties.set("visitor", { name: "Ada", verified: true });
      await visitor.say("Hello");
      await visitor.until(() => visitor.arrived > 0, "the arrival");
      return discord.threads().find(({ id }) => !before.includes(id))?.id ?? "";
    };
    const one = await ada("0ada0ada-0000-4000-8000-000000000001");
    loseAttempt(discord);
    await ada("0ada0ada-0000-4000-8000-000000000002");
    discord.staff("Alice").editThread(one, { locked: false });
    const stray = carryOut(discord, channel, "Ada (0ada0ada)");
    await bridge.until(() => isShut(discord, stray), "the closing");
    assert.deepEqual(linesIn(discord, one), []);
    assert.equal(isShut(discord, one), false);
  });
});

Deno.test("[X2] StrayThreads finds after a start what Discord has made meanwhile, and sees to it once", async () => {
  await withDiscord(async (discord, channel) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const [visitor] = await withSecondAttempt(first, discord);
    await first[Symbol.asyncDispose]();
    const alice = discord.staff("Alice");
    const asleep = carryOut(discord, channel, visitor.uid);
    alice.editThread(asleep, { archived: true });
    const stray = carryOut(discord, channel, visitor.uid);
    const second = await Bridge.start(discord, { store });
    await second.until(() => isShut(discord, stray), "the closing");
    await second[Symbol.asyncDispose]();
    alice.editThread(stray, { archived: false, locked: false });
    const next = carryOut(discord, channel, visitor.uid);
    await using third = await Bridge.start(discord, { store });
    await third.until(() => isShut(discord, next), "the closing of the next one");
    assert.deepEqual([asleep, stray].map((thread) => linesIn(discord, thread).length), [0, 1]);
    assert.equal(isShut(discord, stray), false);
  });
});

Deno.test("[X2] StrayThreads leaves alone what is nobody's second thread", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const elsewhere = discord.createForum("elsewhere");
    const alice = discord.staff("Alice");
    const [visitor, own] = await withSecondAttempt(bridge, discord);
    const untouched = [
      carryOut(discord, channel, visitor.uid, alice.id),
      carryOut(discord, elsewhere, visitor.uid),
      carryOut(discord, channel, crypto.randomUUID()),
      carryOut(discord, channel, "Opening hours"),
    ];
    const calm = await bridge.visitor();
    await calm.say("Hello");
    await calm.untilDelivered(1);
    // As a database that was taken back to an older state finds them: there was no attempt that could still be carried out.
    untouched.push(carryOut(discord, channel, calm.uid));
    // By then the others were seen.
    const stray = carryOut(discord, channel, visitor.uid);
    await bridge.until(() => isShut(discord, stray), "the closing");
    assert.deepEqual(untouched.flatMap((thread) => linesIn(discord, thread)), []);
    assert.deepEqual([own, ...untouched].filter((thread) => isShut(discord, thread)), []);
  });
});

Deno.test("[X2] StrayThreads leaves a thread alone that was the visitor's own", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const [visitor, earlier] = await withSecondAttempt(bridge, discord);
    await visitor.until(() => visitor.arrived > 0, "the arrival");
    // Discord says once that it is gone, and is wrong.
    discord.faults.add({
      method: "POST",
      route: "/channels/:channel_id/messages",
      action: { kind: "status", status: 404, body: { code: 10003, message: "Unknown Channel" } },
    });
    await visitor.say("Again");
    await bridge.until(() => discord.threads().length === 2, "the new thread");
    discord.staff("Alice").editThread(earlier, { locked: false });
    const stray = carryOut(discord, channel, visitor.uid);
    await bridge.until(() => isShut(discord, stray), "the closing");
    assert.deepEqual(linesIn(discord, earlier), []);
    assert.equal(isShut(discord, earlier), false);
  });
});

Deno.test("[X2] ThreadMaker takes no thread that staff were told is none", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const [visitor, own] = await withSecondAttempt(bridge, discord);
    const stray = carryOut(discord, channel, visitor.uid);
    await bridge.until(() => isShut(discord, stray), "the closing");
    await visitor.until(() => visitor.arrived > 0, "the arrival");
    discord.deleteChannel(own);
    loseAttempt(discord);
    await visitor.say("Again");
    const newest = await bridge.until(
      () => discord.threads().find(({ id }) => id !== stray)?.id,
      "the thread that takes its place",
    );
    await bridge.until(
      () => discord.messages(newest).some(({ content }) => content === "Again"),
      "the message",
    );
    assert.equal(isShut(discord, stray), true);
  });
});

Deno.test("[X2] StrayThreads tries again while Discord is out of reach, and puts to sleep what it may not lock", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const [visitor] = await withSecondAttempt(bridge, discord);
    const only = { when: ({ path }: { readonly path: string }): boolean => path.includes(stray) };
    const failed = discord.faults.add({ method: "POST", ...only, action: { kind: "status", status: 500 } });
    discord.denyBot(channel, "ManageThreads");
    const stray = carryOut(discord, channel, visitor.uid);
    await bridge.until(() => discord.world.thread(stray).thread.archived, "the closing");
    const closing = discord.requests.filter(({ method, path }) => method === "PATCH" && path.endsWith(stray));
    assert.deepEqual([failed.hits, closing.length, closing[0]?.status], [1, 2, 403]);
    assert.equal(discord.world.thread(stray).thread.locked, false);
    assert.equal(linesIn(discord, stray).length, 1);
  });
});

Deno.test("[X2] StrayThreads says what it could not do when the bot may not write in the thread", async () => {
  await withDiscord(async (discord, channel) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const [visitor] = await withSecondAttempt(bridge, discord);
    discord.faults.add({
      method: "POST",
      route: "/channels/:channel_id/messages",
      action: { kind: "status", status: 403, body: { code: 50013, message: "Missing Permissions" } },
    });
    const stray = carryOut(discord, channel, visitor.uid);
    const line = await bridge.until(
      () => bridge.log.find(({ message }) => message.endsWith("or does not say so")),
      "the line",
    );
    assert.deepEqual([line.level, line.fields.thread], ["warn", stray]);
  });
});
