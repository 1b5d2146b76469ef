/** @see https://docs.discord.com/developers/resources/guild */
import { DiscordError } from "../errors.ts";
import { renderChannel, renderGuild, renderMember, renderRole } from "../render.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

/** Routes of the guild. */
export const guildRoutes: readonly Route[] = [
  route("GET", "/guilds/:guild_id", get),
  route("GET", "/guilds/:guild_id/channels", channels),
  route("GET", "/guilds/:guild_id/members/:user_id", member),
  route("GET", "/guilds/:guild_id/roles", roles),
];

/**
 * @param context of a handler whose route names a guild
 * @throws {DiscordError} 10004 when there is none of this id, 50001 when the bot is not in it
 */
export function demandGuild(context: RestContext): void {
  const { guild } = context.world;
  if (param(context, "guild_id") !== guild.id) throw new DiscordError("unknownGuild");
  if (!guild.botPresent) throw new DiscordError("missingAccess");
}

function get(context: RestContext): RestReply {
  demandGuild(context);
  const { world, query } = context;
  const { permissions: _gatewayOnly, ...guild } = renderGuild(world);
  const counts = query.get("with_counts") === "true"
    ? { approximate_member_count: world.members.size, approximate_presence_count: world.members.size }
    : {};
  return { body: { ...guild, ...counts } };
}

function channels(context: RestContext): RestReply {
  demandGuild(context);
  const { world } = context;
  const list = [...world.channels.values()].filter((channel) => channel.thread === undefined);
  return { body: list.map((channel) => renderChannel(world, channel)) };
}

function member(context: RestContext): RestReply {
  demandGuild(context);
  const { world } = context;
  const id = param(context, "user_id");
  if (!world.users.has(id)) throw new DiscordError("unknownUser");
  return { body: renderMember(world, world.member(id)) };
}

function roles(context: RestContext): RestReply {
  demandGuild(context);
  return { body: [...context.world.roles.values()].map(renderRole) };
}
