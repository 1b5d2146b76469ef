/**
 * Answers to slash commands: the callback, then the interaction's own webhook.
 *
 * @see https://docs.discord.com/developers/interactions/receiving-and-responding
 */
import { InteractionResponseType as Kind, MessageFlags, MessageType } from "discord-api-types/v10";
import { applyEdit, buildMessage, createMessage, deleteMessages, editMessage } from "../actions/messages.ts";
import { DiscordError } from "../errors.ts";
import type { Form } from "../http/form.ts";
import { renderMessage } from "../render.ts";
import type { InteractionState, MessageState } from "../state.ts";
import type { World } from "../world.ts";
import { isEmpty, type MessageParts, readMessageParts } from "./message_body.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

/** The first answer must come within this time. */
const FIRST_ANSWER_MS = 3000;
/** After it, the token works this long. */
const TOKEN_LIFETIME_MS = 15 * 60_000;

/** The route of the first answer; the later ones go through the webhook routes. */
export const interactionRoutes: readonly Route[] = [
  route("POST", "/interactions/:interaction_id/:interaction_token/callback", callback, { open: true }),
];

function callback(context: RestContext): RestReply {
  const { world, form, files, query } = context;
  const interaction = world.interactions.get(param(context, "interaction_id"));
  if (interaction === undefined || interaction.token !== param(context, "interaction_token")) {
    throw new DiscordError("unknownInteraction");
  }
  if (interaction.acknowledged) throw new DiscordError("alreadyAcknowledged");
  if (world.clock.now() - interaction.createdAtMs > FIRST_ANSWER_MS) {
    throw new DiscordError("unknownInteraction");
  }
  const type = form.choice("type", [
    Kind.Pong,
    Kind.ChannelMessageWithSource,
    Kind.DeferredChannelMessageWithSource,
    Kind.DeferredMessageUpdate,
    Kind.UpdateMessage,
    Kind.ApplicationCommandAutocompleteResult,
    Kind.Modal,
  ]);
  if (!form.has("type")) form.fail("type", "BASE_TYPE_REQUIRED", "This field is required");
  form.check();
  const data = form.part("data");
  let message: MessageState | undefined;
  if (type === Kind.ChannelMessageWithSource) {
    const parts = readMessageParts(world, data, files);
    if (isEmpty(parts)) throw new DiscordError("emptyMessage");
    message = respond(world, interaction, parts);
  } else if (type === Kind.DeferredChannelMessageWithSource) {
    message = respond(world, interaction, { flags: MessageFlags.Loading | ephemeralFlag(data) });
  }
  interaction.acknowledged = true;
  world.changed();
  if (query.get("with_response") !== "true") return {};
  return {
    body: {
      interaction: {
        id: interaction.id,
        type: 2,
        ...(message === undefined ? {} : { response_message_id: message.id }),
      },
      resource: { type, ...(message === undefined ? {} : { message: renderMessage(world, message) }) },
    },
  };
}

function ephemeralFlag(data: Form): number {
  return (data.integer("flags", { min: 0, max: 2 ** 31 - 1 }) ?? 0) & MessageFlags.Ephemeral;
}

/** Ephemeral answers are seen by one person and stand in no channel. */
function respond(world: World, interaction: InteractionState, parts: MessageParts): MessageState {
  const channel = world.channel(interaction.channelId);
  const flags = parts.flags ?? 0;
  const draft = {
    ...parts,
    authorId: world.botId,
    type: interaction.responses.length === 0 ? MessageType.ChatInputCommand : MessageType.Reply,
    interactionId: interaction.id,
    extra: { interaction_metadata: { id: interaction.id, type: 2, user: { id: interaction.userId } } },
  };
  const hidden = (flags & MessageFlags.Ephemeral) !== 0;
  const message = hidden ? buildMessage(world, channel, draft) : createMessage(world, channel, draft);
  interaction.responses.push(message);
  return message;
}

/**
 * @param world where
 * @param token of an interaction
 * @returns the interaction
 * @throws {DiscordError} 10015 when there is none, 50027 when its time is over
 */
export function interactionByToken(world: World, token: string): InteractionState {
  const interaction = [...world.interactions.values()].find((candidate) => candidate.token === token);
  if (interaction === undefined || !interaction.acknowledged) throw new DiscordError("unknownWebhook");
  if (world.clock.now() - interaction.createdAtMs > TOKEN_LIFETIME_MS) {
    throw new DiscordError("invalidWebhookToken");
  }
  return interaction;
}

/**
 * @param context of the webhook route
 * @param interaction whose token it carries
 * @returns a further message
 */
export function followUp(context: RestContext, interaction: InteractionState): RestReply {
  const { world, form, files } = context;
  const parts = readMessageParts(world, form, files);
  if (isEmpty(parts)) throw new DiscordError("emptyMessage");
  return { body: renderMessage(world, respond(world, interaction, parts)) };
}

/**
 * @param context of the webhook route
 * @param interaction whose token it carries
 * @param id of an answer, or `@original`
 * @returns the answer
 */
export function onResponse(context: RestContext, interaction: InteractionState, id: string): RestReply {
  const { world, form, files, method } = context;
  const message = id === "@original"
    ? interaction.responses[0]
    : interaction.responses.find((candidate) => candidate.id === id);
  if (message === undefined) throw new DiscordError("unknownMessage");
  const hidden = (message.flags & MessageFlags.Ephemeral) !== 0;
  if (method === "PATCH") {
    const parts = readMessageParts(world, form, files, message.attachments);
    const flags = message.flags & ~MessageFlags.Loading;
    if (hidden) applyEdit(world, message, { ...parts, flags });
    else editMessage(world, message, { ...parts, flags });
    world.changed();
  } else if (method === "DELETE") {
    interaction.responses = interaction.responses.filter((candidate) => candidate !== message);
    if (!hidden) deleteMessages(world, world.channel(message.channelId), [message.id]);
    return {};
  }
  return { body: renderMessage(world, message) };
}
