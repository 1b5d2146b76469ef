/**
 * Whom a message pings.
 *
 * @see https://docs.discord.com/developers/resources/message#allowed-mentions-object
 */
import type { FormErrors } from "./errors.ts";
import { may } from "./permissions.ts";
import { isSnowflake } from "./snowflake.ts";
import type { ChannelState, MessageState } from "./state.ts";
import type { World } from "./world.ts";

/** What the sender lets ping; left out, everything does. */
export interface AllowedMentions {
  parse?: string[];
  users?: string[];
  roles?: string[];
  replied_user?: boolean;
}

/** The parts of a message that mentions fill. */
export type Mentioned = Pick<MessageState, "mentionIds" | "mentionRoleIds" | "mentionEveryone">;

/** Users or roles that may be listed one by one. */
const MAX_LISTED = 100;

/**
 * @param value the field as it came
 * @param errors gets what is wrong with it
 * @returns it, typed
 */
export function readAllowedMentions(value: unknown, errors: FormErrors): AllowedMentions | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) {
    errors.add("allowed_mentions", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType");
    return undefined;
  }
  const allowed = value as AllowedMentions;
  const kinds = ["users", "roles"] as const;
  for (const [index, kind] of (allowed.parse ?? []).entries()) {
    if (!["users", "roles", "everyone"].includes(kind)) {
      errors.add(
        `allowed_mentions.parse.${index}`,
        "BASE_TYPE_CHOICES",
        "Value must be one of ('everyone', 'roles', 'users').",
      );
    }
  }
  for (const kind of kinds) {
    const listed = allowed[kind] ?? [];
    if (listed.length > MAX_LISTED) {
      errors.add(
        `allowed_mentions.${kind}`,
        "BASE_TYPE_MAX_LENGTH",
        `Must be ${MAX_LISTED} or fewer in length.`,
      );
    }
    if (listed.length > 0 && allowed.parse?.includes(kind)) {
      errors.add(
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
      );
    }
    for (const [index, id] of listed.entries()) {
      if (!isSnowflake(id)) {
        errors.add(
          `allowed_mentions.${kind}.${index}`,
          "NUMBER_TYPE_COERCE",
          `Value "${id}" is not snowflake.`,
        );
      }
    }
  }
  return allowed;
}

/**
 * @param world where
 * @param content the text
 * @param author who writes and in which channel; a webhook may mention everyone
 * @param allowed what the sender lets ping
 * @param repliedTo the author of the message it answers
 * @returns who is pinged
 */
export function mentionsOf(
  world: World,
  content: string,
  author: { id: string; channel: ChannelState; isWebhook: boolean },
  allowed: AllowedMentions | undefined,
  repliedTo?: string,
): Mentioned {
  const parsed = (kind: string): boolean => allowed === undefined || (allowed.parse ?? []).includes(kind);
  const mayPingAll = author.isWebhook || may(world, author.id, author.channel, "MentionEveryone");
  const ids = new Set<string>();
  if (repliedTo !== undefined && (allowed === undefined || allowed.replied_user === true)) ids.add(repliedTo);
  for (const [, id = ""] of content.matchAll(/<@!?(\d+)>/g)) {
    if (world.users.has(id) && (parsed("users") || allowed?.users?.includes(id))) ids.add(id);
  }
  const roles = new Set<string>();
  for (const [, id = ""] of content.matchAll(/<@&(\d+)>/g)) {
    const role = world.roles.get(id);
    if (role === undefined || !(role.mentionable || mayPingAll)) continue;
    if (parsed("roles") || allowed?.roles?.includes(id)) roles.add(id);
  }
  return {
    mentionIds: [...ids],
    mentionRoleIds: [...roles],
    mentionEveryone: mayPingAll && parsed("everyone") && /@(everyone|here)/.test(content),
  };
}
