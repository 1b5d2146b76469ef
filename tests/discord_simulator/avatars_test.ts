/** Pictures of users. @see https://docs.discord.com/developers/reference#image-formatting */
import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { drawn } from "../support/discord/avatars.ts";

Deno.test("The CDN serves the pictures that users have, and no others", async () => {
  await using discord = await DiscordSimulator.start();
  const ada = discord.staff("ada");
  const thread = discord.createTextChannel("talk");
  ada.setAvatar(drawn(3));
  const { author: { avatar } } = ada.say(thread, "hello");
  ada.setAvatar(drawn(4), { inServer: true });
  ada.setAvatar(drawn(2));
  const { author } = ada.say(thread, "hello again");
  const inServer = discord.world.members.get(ada.id)?.avatar;
  const { id: guild } = discord.world.guild;
  for (
    const [path, status] of [
      [`/avatars/${ada.id}/${author.avatar}.png?size=64`, 200],
      [`/avatars/${ada.id}/${author.avatar}.webp`, 200],
      [`/avatars/${ada.id}/${author.avatar}.png?size=65`, 400],
      [`/avatars/${ada.id}/${author.avatar}.svg`, 415],
      // Theirs no more.
      [`/avatars/${ada.id}/${avatar}.png`, 404],
      [`/avatars/1/${author.avatar}.png`, 404],
      [`/guilds/${guild}/users/${ada.id}/avatars/${inServer}.png?size=64`, 200],
      [`/guilds/1/users/${ada.id}/avatars/${inServer}.png`, 404],
      [`/guilds/${guild}/users/${ada.id}/avatars/${author.avatar}.png`, 404],
      ["/embed/avatars/0.png", 200],
      ["/embed/avatars/5.png", 200],
      ["/embed/avatars/6.png", 404],
    ] as const
  ) {
    const response = await fetch(`${discord.url}${path}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.equal(response.status, status, path);
    if (status === 200) assert.equal(bytes[1], "P".charCodeAt(0), path);
  }
});
