import assert from "node:assert/strict";
import { GuildBook } from "../../src/discord/guild_book.ts";
import { readGuild } from "../../src/discord/payloads.ts";
import { lackingOf, Permission, requiredIn } from "../../src/discord/permissions.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";

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
