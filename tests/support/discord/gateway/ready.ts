/** The first events of a session: READY and the guild. */
import { ApplicationFlags, GatewayIntentBits as Intent } from "discord-api-types/v10";
import { canSee } from "../permissions.ts";
import { renderChannel, renderGuild, renderMember, renderUser } from "../render.ts";
import type { World } from "../world.ts";
import type { Session } from "./session.ts";

/**
 * @param world where
 * @param session which
 * @param resumeUrl where to resume it
 * @returns the data of READY
 */
export function readyData(world: World, session: Session, resumeUrl: string): unknown {
  return {
    v: 10,
    user_settings: {},
    user: { ...renderUser(world, world.botId), email: null, verified: true, mfa_enabled: false },
    session_type: "normal",
    session_id: session.id,
    resume_gateway_url: resumeUrl,
    relationships: [],
    private_channels: [],
    presences: [],
    guilds: world.guild.botPresent ? [{ id: world.guild.id, unavailable: true }] : [],
    guild_join_requests: [],
    shard: session.shard,
    application: { id: world.applicationId, flags: applicationFlags(world) },
  };
}

/**
 * @param world where
 * @returns the flags that show which privileged intents are enabled, as for an application in few guilds
 */
export function applicationFlags(world: World): number {
  const { messageContent, guildMembers, presences } = world.privileged;
  return (messageContent ? ApplicationFlags.GatewayMessageContentLimited : 0) |
    (guildMembers ? ApplicationFlags.GatewayGuildMembersLimited : 0) |
    (presences ? ApplicationFlags.GatewayPresenceLimited : 0);
}

/**
 * @param world where
 * @param intents what the session asked for
 * @returns the data of GUILD_CREATE: active threads only
 */
export function guildCreateData(world: World, intents: number): unknown {
  const threads = world.threadsOf().filter((channel) =>
    !channel.thread.archived && canSee(world, world.botId, channel)
  );
  const bot = world.members.get(world.botId);
  const allMembers = (intents & Intent.GuildMembers) !== 0;
  const members = allMembers ? [...world.members.values()] : bot === undefined ? [] : [bot];
  const { permissions: _restOnly, ...guild } = renderGuild(world);
  return {
    ...guild,
    joined_at: bot?.joinedAt ?? world.timestamp(),
    large: false,
    unavailable: false,
    member_count: world.members.size,
    voice_states: [],
    members: members.map((member) => renderMember(world, member)),
    channels: [...world.channels.values()].filter((channel) => channel.thread === undefined)
      .map((channel) => renderChannel(world, channel)),
    threads: threads.map((thread) => renderChannel(world, thread)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
