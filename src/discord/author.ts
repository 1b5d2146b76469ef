import type { Author } from "../core/mod.ts";
import type { DiscordUser } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

/** https://discord.com/developers/docs/reference#image-formatting */
const CDN = "https://cdn.discordapp.com";

/** The name that a member goes by here. */
export function displayName({ nick, globalName, username }: DiscordUser): string {
  return nick ?? globalName ?? username;
}

/** A member as the visitor may see them. */
export function authorOf(user: DiscordUser, guildId: Snowflake | undefined): Author {
  return { name: displayName(user), avatar: avatarUrl(user, guildId) };
}

function avatarUrl({ id, avatar, guildAvatar }: DiscordUser, guildId: Snowflake | undefined): string {
  if (guildAvatar !== undefined && guildId !== undefined) {
    return `${CDN}/guilds/${guildId}/users/${id}/avatars/${guildAvatar}.png?size=64`;
  }
  if (avatar !== undefined) return `${CDN}/avatars/${id}/${avatar}.png?size=64`;
  return `${CDN}/embed/avatars/${(BigInt(id) >> 22n) % 6n}.png`;
}
