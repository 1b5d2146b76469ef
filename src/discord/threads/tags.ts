import type { DiscordChannel } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";

/** https://discord.com/developers/docs/resources/channel#channel-object */
const MAX_APPLIED = 5;

type Tags = DiscordChannel["tags"];

function named(tags: Tags, name: string): Snowflake | undefined {
  return tags.find((tag) => tag.name.trim().toLowerCase() === name)?.id;
}

/** The tags of a new post: `open` where the forum has it; where the forum demands a tag, any other has to do. */
export function tagsOfNew({ tags, tagRequired }: Pick<DiscordChannel, "tags" | "tagRequired">): Snowflake[] {
  const tag = named(tags, "open") ?? (tagRequired ? tags[0]?.id : undefined);
  return tag === undefined ? [] : [tag];
}

/**
 * The tags of a post that is opened or closed; the others that it carries stay.
 *
 * @param tags what the forum has
 * @param applied what the post carries
 * @returns `undefined` where the forum has neither a tag `open` nor `closed`
 */
export function tagsAfter(tags: Tags, applied: readonly Snowflake[], open: boolean): Snowflake[] | undefined {
  const [opened, closed] = [named(tags, "open"), named(tags, "closed")];
  if (opened === undefined && closed === undefined) return undefined;
  const others = applied.filter((id) => id !== opened && id !== closed);
  const wanted = open ? opened : closed;
  return wanted === undefined ? others : [wanted, ...others].slice(0, MAX_APPLIED);
}
