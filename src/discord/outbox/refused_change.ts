import type { ChangeGroup } from "./change_groups.ts";
import type { Parcel } from "./pack.ts";
import type { Snowflake } from "../snowflake.ts";
import { MAX_CONTENT } from "../text/split.ts";

const CHANGED = "*The visitor has changed this message, which is refused here. It reads now:*";
const DELETED = "*The visitor has deleted this message, which is refused here.*";

/** A post that says what could not be shown in its place. */
export interface RefusalPost {
  readonly content: string;
  readonly replyTo?: Snowflake;
}

/**
 * What staff read when a server lets nobody edit or delete: the words answer the message that stays as it was.
 *
 * @param parcels the messages as they read now; none when they were deleted
 */
export function wordsOnRefusal(
  { ids: [replyTo] }: ChangeGroup,
  parcels: readonly Parcel[],
): readonly RefusalPost[] {
  const head = parcels.length === 0 ? DELETED : CHANGED;
  // One that has only files says nothing.
  const contents = parcels.map(({ content }) => content).filter((content) => content !== "");
  const [first] = contents;
  // In one post where it fits: an answer can be read without what stands below it.
  const fits = first !== undefined && head.length + 1 + first.length <= MAX_CONTENT;
  const posts = fits ? [`${head}\n${first}`, ...contents.slice(1)] : [head, ...contents];
  return posts.map((content, index) => ({
    content,
    ...(index === 0 && replyTo !== undefined && { replyTo }),
  }));
}
