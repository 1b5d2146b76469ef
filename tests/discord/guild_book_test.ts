import assert from "node:assert/strict";
import { GuildBook } from "../../src/discord/home/guild_book.ts";
import { HomeKeeper } from "../../src/discord/home/home_keeper.ts";
import { readGuild } from "../../src/discord/payloads.ts";
import { lackingOf, Permission, requiredIn } from "../../src/discord/home/permissions.ts";
import type { DiscordEvent } from "../../src/discord/ports.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";
import { Log } from "../support/log.ts";

const BOT = "7" as Snowflake;
const bits = (...names: (keyof typeof Permission)[]): string =>
  names.reduce((sum, name) => sum | Permission[name], 0n).toString();

function bookWith(guild: Record<string, unknown>): GuildBook {
  const book = new GuildBook();
  const user = { id: BOT, username: "bot", bot: true };
  book.apply({ type: "ready", bot: user, applicationId: BOT, guildIds: [] });
  book.apply({ type: "guild", guild: readGuild({ id: "1", name: "Home", ...guild }, BOT) });
  return book;
}

Deno.test("GuildBook finds the forum before the text channel, and the one with the id before both", () => {
  const book = bookWith({
    channels: [
      { id: "10", type: 0, name: "chatbox50" },
      { id: "11", type: 15, name: "ChatBox50" },
      { id: "12", type: 0, name: "x" },
    ],
  });
  assert.equal(book.find(undefined).channel?.id, "11");
  assert.equal(book.find("12" as Snowflake).channel?.id, "12");
  assert.equal(book.find("13" as Snowflake).channel, undefined);
});

Deno.test("[X8] GuildBook computes permissions as Discord does: roles, then overwrites of everyone, roles, member", () => {
  const all = ["View Channel", "Send Messages", "Send Messages in Threads", "Read Message History"] as const;
  const overwrites = [
    { id: "1", allow: "0", deny: bits("Send Messages", "View Channel") },
    { id: "5", allow: bits("Send Messages"), deny: "0" },
    { id: BOT, allow: bits("View Channel"), deny: bits("Read Message History") },
  ];
  const book = bookWith({
    roles: [{ id: "1", permissions: bits(...all) }, { id: "5", permissions: "0" }],
    members: [{ user: { id: BOT }, roles: ["5"] }],
    channels: [{ id: "11", type: 15, name: "chatbox50", permission_overwrites: overwrites }],
  });
  const { channel } = book.find(undefined);
  assert.ok(channel);
  assert.deepEqual(lackingOf(requiredIn(channel), book.ownBits(channel)), ["Read Message History"]);
});

Deno.test("GuildBook claims nothing is missing where the server does not tell", () => {
  const book = bookWith({ channels: [{ id: "11", type: 0, name: "chatbox50" }] });
  const { channel } = book.find(undefined);
  assert.ok(channel);
  assert.deepEqual(lackingOf(requiredIn(channel), book.ownBits(channel)), []);
});

Deno.test("GuildBook takes the same channel whichever of two servers comes first, and keeps it while it is there", () => {
  const [one, two] = ["1", "2"] as Snowflake[];
  assert.ok(one && two);
  const user = { id: BOT, username: "bot", bot: true };
  const guild = (id: Snowflake, name = "chatbox50") =>
    ({
      type: "guild",
      guild: readGuild({ id, name: `Guild ${id}`, channels: [{ id: `${id}0`, type: 15, name }] }, BOT),
    }) as const;
  for (const order of [[one, two], [two, one]]) {
    const book = new GuildBook();
    book.apply({ type: "ready", bot: user, applicationId: BOT, guildIds: [one, two] });
    for (const [index, id] of order.entries()) {
      assert.equal(book.find(undefined).channel, undefined, `after ${index}`);
      book.apply(guild(id));
    }
    assert.equal(book.find(undefined).channel?.id, "10");
    const kept = "20" as Snowflake;
    assert.equal(book.find(undefined, kept).channel?.id, kept);
    book.apply({ type: "ready", bot: user, applicationId: BOT, guildIds: [one, two] });
    book.apply(guild(one));
    assert.equal(book.find(undefined, kept).channel?.id, kept, "its server has not told yet");
    book.apply(guild(two, "renamed"));
    assert.equal(book.find(undefined, kept).channel?.id, kept, "whatever it is called");
    book.apply({ type: "guild-gone", id: two, outage: true });
    assert.deepEqual(book.find(undefined, kept), {
      channel: undefined,
      reason: "Discord reports an outage of Guild 2",
    });
    book.apply({ type: "guild-gone", id: two, outage: false });
    assert.equal(book.find(undefined, kept).channel?.id, "10");
  }
});

Deno.test("GuildBook waits no longer than it has to for a server with an outage", () => {
  const [one, two] = ["1", "2"] as Snowflake[];
  assert.ok(one && two);
  const book = bookWith({ channels: [{ id: "11", type: 15, name: "chatbox50" }] });
  const user = { id: BOT, username: "bot", bot: true };
  book.apply({ type: "ready", bot: user, applicationId: BOT, guildIds: [one, two] });
  book.apply({ type: "guild-gone", id: one, outage: true });
  assert.match(JSON.stringify(book.find(undefined)), /Waiting for Discord/);
  assert.equal(book.waitNoLonger(), true);
  assert.match(JSON.stringify(book.find(undefined)), /outage of Home/);
  assert.equal(book.waitNoLonger(), false);
});

/** A server of whose channels the first has the id of the server and a zero. */
function guildOf(id: Snowflake, name: string): DiscordEvent {
  const channels = [{ id: `${id}0`, type: 15, name }];
  return { type: "guild", guild: readGuild({ id, name: `Guild ${id}`, channels }, BOT) };
}

function readyIn(...guildIds: readonly Snowflake[]): DiscordEvent & { type: "ready" } {
  const user = { id: BOT, username: "bot", bot: true };
  return { type: "ready", bot: user, applicationId: BOT, guildIds };
}

Deno.test("HomeKeeper says nothing of a configured channel, and stays in it, until all servers have told of themselves", () => {
  const [right, wrong, channelId] = ["1", "2", "10"] as Snowflake[];
  assert.ok(right && wrong && channelId);
  const book = new GuildBook();
  const log = new Log();
  const lost: string[] = [];
  const keeper = new HomeKeeper({
    book,
    logger: log,
    channelId,
    uses: { webhooks: false },
    bot: () => ({ id: BOT, applicationId: BOT }),
    findByThreads: () => Promise.resolve(undefined),
    errands: { run: () => {}, runs: () => false, drop: () => {} },
    onFound: () => {},
    onChange: () => {},
    onLost: () => lost.push("lost"),
    onFoundByThreads: () => {},
  });
  const tell = (event: DiscordEvent): void => {
    book.apply(event);
    if (event.type === "ready") keeper.begin(event.guildIds);
    else keeper.settle();
  };
  tell(readyIn(right, wrong));
  tell(guildOf(wrong, "general"));
  assert.equal(keeper.reason, "Waiting for Discord to tell about the server");
  tell(guildOf(right, "support"));
  assert.equal(keeper.home?.channel.id, channelId);
  tell(readyIn(right, wrong));
  tell(guildOf(wrong, "general"));
  assert.equal(keeper.home?.channel.id, channelId, "in a new session");
  tell(guildOf(right, "support"));
  assert.equal(keeper.home?.channel.id, channelId);
  assert.deepEqual(log.lines.filter(({ level }) => level === "warn"), []);
  assert.deepEqual(lost, []);
  tell({ type: "channel-gone", id: channelId });
  assert.match(keeper.reason, /^There is no forum or text channel with the id 10; the bot sees #general/);
});

Deno.test("GuildBook takes a configured channel as soon as its server has told of itself", () => {
  const [right, other] = ["1", "2"] as Snowflake[];
  assert.ok(right && other);
  const book = new GuildBook();
  book.apply(readyIn(right, other));
  book.apply(guildOf(right, "support"));
  assert.equal(book.find("10" as Snowflake).channel?.id, "10");
});

Deno.test("GuildBook knows a server with an outage from one that the bot is not in, although it has never told of itself", () => {
  const [away, other] = ["1", "2"] as Snowflake[];
  assert.ok(away && other);
  const reason = (book: GuildBook): string => JSON.stringify(book.find(undefined));
  for (const channelId of [undefined, "10" as Snowflake]) {
    const book = new GuildBook();
    book.apply(readyIn(away, other));
    book.apply(guildOf(other, "general"));
    assert.match(JSON.stringify(book.find(channelId)), /Waiting for Discord/);
    assert.equal(book.waitNoLonger(), true);
    assert.match(JSON.stringify(book.find(channelId)), /outage of the server 1"/);
    assert.equal(book.isComplete, false);
    assert.equal(book.apply({ type: "guild-gone", id: away, outage: true }), false, "told again");
    assert.equal(book.apply({ type: "guild-gone", id: away, outage: false }), true);
    assert.match(JSON.stringify(book.find(channelId)), /the bot sees #general/);
  }
  const book = new GuildBook();
  book.apply(readyIn(away));
  assert.equal(book.apply({ type: "guild-gone", id: away, outage: true }), true);
  assert.match(reason(book), /outage of the server 1"/);
  book.apply(guildOf(away, "chatbox50"));
  assert.equal(book.find(undefined).channel?.id, "10");
  assert.equal(book.isComplete, true);
  book.apply(readyIn());
  assert.match(reason(book), /in no Discord server yet/);
});
