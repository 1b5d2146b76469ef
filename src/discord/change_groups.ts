import type { Connection, Message, ServiceWorker, Uuid } from "../core/mod.ts";
import { isSnowflake, type Snowflake } from "./snowflake.ts";

/** How far around a message the others are looked for that share its Discord message; a batch has no more. */
const NEIGHBOURS = 100;

/** Messages that share Discord messages, so that a change of one is a change of all. */
export interface ChangeGroup {
  /** The change that brought the group up. */
  readonly seq: number;
  readonly rev: number;
  /** In their present state, in `seq` order. */
  readonly messages: readonly Message[];
  /** The Discord messages that hold them, in order. */
  readonly ids: readonly Snowflake[];
}

/** Finds what has to be written anew for some changes; each group once. Changes of what never arrived are left out. */
export async function groupsOf(
  changes: readonly Message[],
  worker: ServiceWorker<Snowflake, Uuid>,
  connection: Connection,
): Promise<ChangeGroup[]> {
  const groups: ChangeGroup[] = [];
  const seen = new Set<Snowflake>();
  for (const change of changes) {
    const ids = (await worker.remoteIds(connection, change.seq)).filter(isSnowflake);
    if (ids.length === 0 || ids.some((id) => seen.has(id))) continue;
    for (const id of ids) seen.add(id);
    const before = await connection.messages({ before: change.seq, limit: NEIGHBOURS });
    const after = await connection.messages({ before: change.seq + NEIGHBOURS + 1, limit: NEIGHBOURS + 1 });
    const isShared = async (message: Message): Promise<boolean | undefined> => {
      const theirs = (await worker.remoteIds(connection, message.seq)).filter(isSnowflake);
      // In no Discord message, because it was deleted or failed: no sign of where the group ends.
      return theirs.length === 0 ? undefined : theirs.some((id) => ids.includes(id));
    };
    const other = (message: Message): boolean => message.side !== worker.side;
    const earlier = await takeWhile(before.messages.filter(other).reverse(), isShared);
    const later = await takeWhile(
      after.messages.filter(({ seq }) => seq >= change.seq).filter(other),
      isShared,
    );
    groups.push({ seq: change.seq, rev: change.rev, messages: [...earlier.reverse(), ...later], ids });
  }
  return groups;
}

/** Takes items up to the first for which the test says no; those without an answer are left out. */
async function takeWhile<T>(
  items: readonly T[],
  test: (item: T) => Promise<boolean | undefined>,
): Promise<T[]> {
  const taken: T[] = [];
  for (const item of items) {
    const answer = await test(item);
    if (answer === false) break;
    if (answer === true) taken.push(item);
  }
  return taken;
}
