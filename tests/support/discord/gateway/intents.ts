/**
 * What a session may hear.
 *
 * @see https://docs.discord.com/developers/events/gateway#gateway-intents
 */
import { GatewayCloseCodes, GatewayIntentBits as Intent } from "discord-api-types/v10";
import { canSee } from "../permissions.ts";
import type { MessageState } from "../state.ts";
import type { Dispatch, World } from "../world.ts";

/** Every intent that exists, privileged ones included. */
const KNOWN_INTENTS = Object.values(Intent).filter((bit) => typeof bit === "number").reduce(
  (all, bit) => all | bit,
  0,
);

/**
 * @param world for what the portal allows
 * @param intents what IDENTIFY asked for
 * @returns the close code when it must be refused
 */
export function refusedIntents(world: World, intents: unknown): number | undefined {
  if (
    typeof intents !== "number" || !Number.isInteger(intents) || intents < 0 ||
    (intents & ~KNOWN_INTENTS) !== 0
  ) {
    return GatewayCloseCodes.InvalidIntents;
  }
  const { messageContent, guildMembers, presences } = world.privileged;
  const denied = (messageContent ? 0 : Intent.MessageContent) | (guildMembers ? 0 : Intent.GuildMembers) |
    (presences ? 0 : Intent.GuildPresences);
  return (intents & denied) === 0 ? undefined : GatewayCloseCodes.DisallowedIntents;
}

/**
 * @param world for the bot's permissions
 * @param intents what the session asked for
 * @param event what happened
 * @returns whether the session hears of it
 */
export function hears(world: World, intents: number, event: Dispatch): boolean {
  if (event.intent !== 0 && (intents & event.intent) === 0) return false;
  if (!world.guild.botPresent || world.guild.unavailable) return event.t === "GUILD_DELETE";
  if (event.channelId === undefined) return true;
  const channel = world.channels.get(event.channelId);
  // What was just deleted can't be asked for its permissions any more.
  return channel === undefined || canSee(world, world.botId, channel);
}

/**
 * Blanks the text of a message for those without the privilege.
 *
 * @param world for the bot's id
 * @param allowed whether the privilege is there
 * @param message whose payload it is
 * @param payload the message object
 * @returns the payload, or a copy with empty content, embeds, attachments and components
 */
export function withContentPrivilege<Payload>(
  world: World,
  allowed: boolean,
  message: MessageState,
  payload: Payload,
): Payload {
  const own = message.authorId === world.botId || message.webhook?.applicationId === world.applicationId;
  if (allowed || own || message.mentionIds.includes(world.botId)) return payload;
  const { poll: _poll, ...rest } = payload as Record<string, unknown>;
  return { ...rest, content: "", embeds: [], attachments: [], components: [] } as Payload;
}
