/** Someone uses a slash command. */
import {
  type APIApplicationCommand,
  type APIMessage,
  ApplicationCommandOptionType as Option,
} from "discord-api-types/v10";
import { demand, permissionsOf } from "./permissions.ts";
import { renderChannel, renderMember, renderMessage } from "./render.ts";
import { commandsOf } from "./rest/commands.ts";
import type { ChannelState, InteractionState, MemberState } from "./state.ts";
import type { World } from "./world.ts";

/** A value a person gives to an option. */
export type OptionValue = string | number | boolean;

/** A use of a command, and what the application answered. */
export class SlashUse {
  readonly #world: World;
  readonly #interaction: InteractionState;

  /**
   * @param world where
   * @param interaction which
   */
  constructor(world: World, interaction: InteractionState) {
    this.#world = world;
    this.#interaction = interaction;
  }

  /** The interaction's id. */
  get id(): string {
    return this.#interaction.id;
  }

  /** Whether the application has answered in any way. */
  get acknowledged(): boolean {
    return this.#interaction.acknowledged;
  }

  /** Its answers so far, oldest first; those with `MessageFlags.Ephemeral` stand in no channel. */
  get responses(): APIMessage[] {
    return this.#interaction.responses.map((message) => renderMessage(this.#world, message));
  }
}

/**
 * @param world where
 * @param member who
 * @param channel in which channel or thread
 * @param name the command's
 * @param options values by option name
 * @returns the use of it, after INTERACTION_CREATE was dispatched
 */
export function useCommand(
  world: World,
  member: MemberState,
  channel: ChannelState,
  name: string,
  options: Record<string, OptionValue>,
): SlashUse {
  demand(world, member.userId, channel, "UseApplicationCommands");
  const known = [...commandsOf(world, world.guild.id), ...commandsOf(world, null)];
  const command = known.find((candidate) => candidate.name === name);
  if (command === undefined) {
    throw new TypeError(
      `Cannot use /${name}: registered are ${known.map((item) => `/${item.name}`).join(", ") || "none"}`,
    );
  }
  demandCommand(world, member, channel, command);
  const interaction: InteractionState = {
    id: world.ids.next(),
    token: `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll("-", ""),
    channelId: channel.id,
    userId: member.userId,
    command: name,
    createdAtMs: world.clock.now(),
    acknowledged: false,
    responses: [],
  };
  world.interactions.set(interaction.id, interaction);
  world.transcript.add("staff", `/${name} by ${member.userId} in ${channel.id}`);
  world.dispatch({
    t: "INTERACTION_CREATE",
    intent: 0,
    d: {
      id: interaction.id,
      application_id: world.applicationId,
      type: 2,
      data: { id: command.id, name, type: command.type, options: readOptions(command, options) },
      guild: { id: world.guild.id, locale: "en-US", features: [] },
      guild_id: world.guild.id,
      guild_locale: "en-US",
      channel: renderChannel(world, channel),
      channel_id: channel.id,
      member: {
        ...renderMember(world, member),
        permissions: permissionsOf(world, member.userId, channel).toString(),
      },
      token: interaction.token,
      version: 1,
      locale: "en-US",
      app_permissions: permissionsOf(world, world.botId, channel).toString(),
      entitlements: [],
      authorizing_integration_owners: { 0: world.guild.id },
      context: 0,
      attachment_size_limit: world.limits.fileBytes,
    },
  });
  return new SlashUse(world, interaction);
}

/** Discord hides a command from those who lack its default permissions. */
function demandCommand(
  world: World,
  member: MemberState,
  channel: ChannelState,
  command: APIApplicationCommand,
): void {
  const needed = BigInt(command.default_member_permissions ?? "0");
  if ((permissionsOf(world, member.userId, channel) & needed) !== needed) {
    throw new TypeError(`Cannot use /${command.name}: it needs permissions ${needed}`);
  }
}

function readOptions(command: APIApplicationCommand, values: Record<string, OptionValue>): unknown[] {
  const known = (command.options ?? []) as { name: string; type: Option; required?: boolean }[];
  for (const name of Object.keys(values)) {
    if (!known.some((option) => option.name === name)) {
      throw new TypeError(`Cannot use /${command.name}: it has no option ${name}`);
    }
  }
  return known.flatMap(({ name, type, required }) => {
    const value = values[name];
    if (value === undefined) {
      if (required) throw new TypeError(`Cannot use /${command.name}: option ${name} is required`);
      return [];
    }
    const kind = valueKind(type);
    // deno-lint-ignore valid-typeof -- the kind is one of typeof's words
    if (typeof value !== kind) {
      throw new TypeError(`Cannot use /${command.name}: option ${name} must be a ${kind}`);
    }
    return [{ name, type, value }];
  });
}

function valueKind(type: Option): "boolean" | "number" | "string" {
  if (type === Option.Boolean) return "boolean";
  return type === Option.Integer || type === Option.Number ? "number" : "string";
}
