import assert from "node:assert/strict";
import { isOwn } from "../../src/discord/own.ts";
import { readMessage } from "../../src/discord/message_payload.ts";
import type { DiscordMessage } from "../../src/discord/ports.ts";
import { isSnowflake, type Snowflake } from "../../src/discord/snowflake.ts";

function id(value: string): Snowflake {
  if (!isSnowflake(value)) throw new TypeError(`Cannot use ${value}: it is no snowflake`);
  return value;
}

const bot = { id: id("100"), applicationId: id("200") };

function message(author: string, webhook?: string, application?: string): DiscordMessage {
  return readMessage({
    id: "1",
    channel_id: "2",
    author: { id: author, username: "ChatBox50" },
    webhook_id: webhook,
    application_id: application,
  });
}

Deno.test("[X5] isOwn knows the bot, and webhooks by their application or their id, never by a name", () => {
  const known = (webhook: Snowflake): boolean => webhook === "300";
  assert.equal(isOwn(message("100"), bot, known), true);
  assert.equal(isOwn(message("101"), bot, known), false);
  assert.equal(isOwn(message("300", "300"), bot, known), true);
  assert.equal(isOwn(message("301", "301", "200"), bot, known), true);
  assert.equal(isOwn(message("301", "301", "201"), bot, known), false);
  assert.equal(isOwn(message("301", "301"), bot, known), false);
  // A command of another application is no webhook of ours, and a person is none either.
  assert.equal(isOwn(message("101", undefined, "200"), bot, known), false);
});

Deno.test("[X5] isOwn takes nothing for its own before it knows who the bot is, but for a known webhook", () => {
  assert.equal(isOwn(message("100"), undefined, () => false), false);
  assert.equal(isOwn(message("301", "301"), undefined, () => false), false);
  assert.equal(isOwn(message("301", "301"), undefined, () => true), true);
});
