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
