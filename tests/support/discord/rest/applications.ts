/** The application itself, its user, and where its gateway is. */
import { applicationFlags } from "../gateway/ready.ts";
import { renderGuild, renderUser } from "../render.ts";
import { DiscordError } from "../errors.ts";
import type { World } from "../world.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

/**
 * @see https://docs.discord.com/developers/events/gateway#get-gateway-bot
 * @see https://docs.discord.com/developers/resources/application
 */
export const applicationRoutes: readonly Route[] = [
  route("GET", "/gateway", ({ gateway }) => ({ body: { url: gateway.url } }), { open: true }),
  route("GET", "/gateway/bot", gatewayBot),
  route("GET", "/users/@me", ({ world }) => ({ body: self(world) })),
  route(
    "GET",
    "/users/@me/guilds",
    ({ world }) => ({ body: world.guild.botPresent ? [partialGuild(world)] : [] }),
  ),
  route("GET", "/users/:user_id", user),
  route("GET", "/applications/@me", ({ world }) => ({ body: application(world) })),
  route("GET", "/oauth2/applications/@me", ({ world }) => ({ body: application(world) })),
];

function gatewayBot({ gateway }: RestContext): RestReply {
  return { body: { url: gateway.url, shards: 1, session_start_limit: gateway.sessionStartLimit() } };
}

function self(world: World): unknown {
  return {
    ...renderUser(world, world.botId),
    mfa_enabled: false,
    verified: true,
    email: null,
    locale: "en-US",
  };
}

function user(context: RestContext): RestReply {
  const id = param(context, "user_id");
  if (!context.world.users.has(id)) throw new DiscordError("unknownUser");
  return { body: renderUser(context.world, id) };
}

function partialGuild(world: World): unknown {
  const { id, name, icon, banner, permissions, features } = renderGuild(world);
  return { id, name, icon, banner, owner: false, permissions, features };
}

function application(world: World): unknown {
  return {
    id: world.applicationId,
    name: world.users.get(world.botId)?.username,
    icon: null,
    description: "",
    summary: "",
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: "0".repeat(64),
    flags: applicationFlags(world),
    team: null,
    hook: true,
    bot: renderUser(world, world.botId),
    owner: renderUser(world, world.guild.ownerId),
  };
}
