/** @see https://docs.discord.com/developers/interactions/application-commands */
import { type APIApplicationCommand, ApplicationCommandType } from "discord-api-types/v10";
import { DiscordError } from "../errors.ts";
import { Form } from "../http/form.ts";
import type { World } from "../world.ts";
import { demandGuild } from "./guilds.ts";
import { param, type RestContext, type RestReply, type Route, route } from "./router.ts";

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const MAX_COMMANDS = 100;
const MAX_DESCRIPTION = 100;
const MAX_OPTIONS = 25;

/** Routes that register commands. */
export const commandRoutes: readonly Route[] = [
  route("GET", "/applications/:application_id/commands", list),
  route("PUT", "/applications/:application_id/commands", replace),
  route("GET", "/applications/:application_id/guilds/:guild_id/commands", list),
  route("PUT", "/applications/:application_id/guilds/:guild_id/commands", replace),
];

function list(context: RestContext): RestReply {
  const guildId = scope(context);
  return { body: commandsOf(context.world, guildId) };
}

function replace(context: RestContext): RestReply {
  const { world, body } = context;
  const guildId = scope(context);
  const outer = new Form({ commands: body });
  const items = outer.list("commands", MAX_COMMANDS) ?? [];
  const form = new Form(body);
  const names = new Set<string>();
  for (const [index, item] of items.entries()) checkCommand(form.part(String(index)), names, item);
  outer.check();
  form.check();
  const earlier = commandsOf(world, guildId);
  const commands = (items as APIApplicationCommand[]).map((item) => {
    const same = earlier.find((command) => command.name === item.name);
    return {
      ...item,
      id: same?.id ?? world.ids.next(),
      application_id: world.applicationId,
      version: world.ids.next(),
      type: item.type ?? ApplicationCommandType.ChatInput,
      default_member_permissions: item.default_member_permissions ?? null,
      nsfw: item.nsfw ?? false,
      ...(guildId === null ? {} : { guild_id: guildId }),
    };
  });
  world.commands = [
    ...world.commands.filter((entry) => entry.guildId !== guildId),
    ...commands.map((command) => ({ guildId, command })),
  ];
  world.changed();
  return { body: commands };
}

function checkCommand(form: Form, names: Set<string>, item: unknown): void {
  const name = form.text("name", { min: 1, max: 32, required: true }) ?? "";
  const { type = ApplicationCommandType.ChatInput } = item as { type?: number };
  if (type === ApplicationCommandType.ChatInput) {
    if (!NAME.test(name) || name !== name.toLowerCase()) {
      form.fail("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
    form.text("description", { min: 1, max: MAX_DESCRIPTION, required: true });
  }
  if (names.has(`${type} ${name}`)) {
    form.fail("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
  }
  names.add(`${type} ${name}`);
  let optional = false;
  for (const [index, option] of (form.list("options", MAX_OPTIONS) ?? []).entries()) {
    const part = form.part("options").part(String(index));
    const optionName = part.text("name", { min: 1, max: 32, required: true }) ?? "";
    if (!NAME.test(optionName) || optionName !== optionName.toLowerCase()) {
      part.fail("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
    part.text("description", { min: 1, max: MAX_DESCRIPTION, required: true });
    const { required = false } = option as { required?: boolean };
    if (required && optional) {
      part.fail(
        "required",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        "Required options must be placed before non-required options",
      );
    }
    optional ||= !required;
  }
}

function scope(context: RestContext): string | null {
  const { world, params } = context;
  if (param(context, "application_id") !== world.applicationId) throw new DiscordError("unknownApplication");
  if (params["guild_id"] === undefined) return null;
  demandGuild(context);
  return world.guild.id;
}

/**
 * @param world where
 * @param guildId the guild's own commands, or with null the global ones
 * @returns them
 */
export function commandsOf(world: World, guildId: string | null): APIApplicationCommand[] {
  return world.commands.filter((entry) => entry.guildId === guildId).map((entry) => entry.command);
}
