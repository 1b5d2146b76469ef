/** @see https://docs.discord.com/developers/interactions/receiving-and-responding */
import assert from "node:assert/strict";
import { DiscordSimulator, ManualClock } from "../support/discord/mod.ts";
import { ask, DISCORDENO_TIMERS, startBot } from "./client.ts";

const CLOSE = {
  name: "close",
  description: "Close the conversation",
  options: [{ type: 3, name: "reason", description: "Why" }],
};

Deno.test(
  "interactions bring a slash command to discordeno and its answer back",
  DISCORDENO_TIMERS,
  async () => {
    await using discord = await DiscordSimulator.start();
    const channel = discord.createTextChannel("talk");
    await using bot = await startBot(discord);
    await bot.rest.upsertGuildApplicationCommands(discord.guildId, [CLOSE]);
    const use = discord.staff("Alice").slash(channel, "close", { reason: "done" });
    await discord.until(() => bot.heard("INTERACTION_CREATE").length === 1);
    const [interaction] = bot.heard("INTERACTION_CREATE");
    assert.deepEqual(interaction.data.options, [{ name: "reason", type: 3, value: "done" }]);
    assert.equal(interaction.member.user.global_name, "Alice");
    assert.equal(interaction.channel_id, channel);
    await bot.rest.sendInteractionResponse(interaction.id, interaction.token, {
      type: 5,
      data: { flags: 64 },
    });
    assert.equal(use.acknowledged, true);
    await bot.rest.editOriginalInteractionResponse(interaction.token, { content: "Closed." });
    await bot.rest.sendFollowupMessage(interaction.token, { content: "For all to see" });
    assert.deepEqual(use.responses.map(({ content }) => content), ["Closed.", "For all to see"]);
    assert.deepEqual(discord.messages(channel).map(({ content }) => content), ["For all to see"]);
  },
);

Deno.test("interactions are answered once, in three seconds, with the right token", async () => {
  const clock = new ManualClock();
  await using discord = await DiscordSimulator.start({ clock });
  const channel = discord.createTextChannel("talk");
  await ask(discord, "PUT", `/applications/${discord.botId}/commands`, [CLOSE]);
  const answer = (id: string, token: string) =>
    ask(discord, "POST", `/interactions/${id}/${token}/callback`, { type: 4, data: { content: "ok" } });
  const tokenOf = (id: string): string => discord.world.interactions.get(id)?.token ?? "";
  const { id } = discord.staff("Alice").slash(channel, "close");
  assert.equal((await answer(id, "wrong")).json.code, 10062);
  assert.equal((await answer(id, tokenOf(id))).status, 204);
  assert.equal((await answer(id, tokenOf(id))).json.code, 40060);
  const late = discord.staff("Alice").slash(channel, "close").id;
  clock.advance(3001);
  assert.equal((await answer(late, tokenOf(late))).json.code, 10062);
  clock.advance(15 * 60_000);
  const edit = await ask(discord, "PATCH", `/webhooks/${discord.botId}/${tokenOf(id)}/messages/@original`, {
    content: "too late",
  });
  assert.equal(edit.json.code, 50027);
});

Deno.test("interactions need a registered command and its options", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const alice = discord.staff("Alice");
  assert.throws(() => alice.slash(channel, "close"), /Cannot use \/close: registered are none/);
  const bad = await ask(discord, "PUT", `/applications/${discord.botId}/commands`, [{
    name: "Bad Name",
    description: "",
  }]);
  assert.equal(bad.json.code, 50035);
  await ask(discord, "PUT", `/applications/${discord.botId}/commands`, [CLOSE]);
  assert.throws(() => alice.slash(channel, "close", { why: "x" }), /no option why/);
  assert.throws(() => alice.slash(channel, "close", { reason: 1 }), /must be a string/);
});
