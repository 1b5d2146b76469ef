import type { Connection, Message, ServiceWorker, Uuid } from "../../core/mod.ts";
import { compareSnowflakes, isSnowflake, type Snowflake } from "../snowflake.ts";

/** How many messages are read at once, of those around a change; what the staff said in between counts too. */
const PAGE = 100;

/** Messages that share Discord messages, so that a change of one is a change of all. */
export interface ChangeGroup {
  /** The change that brought the group up. */
  readonly seq: number;
  readonly rev: number;
  /** In their present state, in `seq` order. */
  readonly messages: readonly Message[];
  /** The Discord messages that hold them, in order. */
  readonly ids: readonly Snowflake[];
  /** Which of those, counted from 0, is the first that stands below what was said after them; `undefined` when none does. */
  readonly displaced: number | undefined;
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
    const isShared = async (message: Message): Promise<boolean | undefined> => {
      const theirs = (await worker.remoteIds(connection, message.seq)).filter(isSnowflake);
      // In no Discord message, because it was deleted or failed: no sign of where the group ends.
      return theirs.length === 0 ? undefined : theirs.some((id) => ids.includes(id));
    };
    const other = (message: Message): boolean => message.side !== worker.side;
    const earlier = await takeWhile(backwards(connection, change.seq), other, isShared);
    const later = await takeWhile(forwards(connection, change.seq), other, isShared);
    const messages = [...earlier.reverse(), ...later];
    const last = messages.at(-1)?.seq ?? change.seq;
    const displaced = ids.length === 1 ? undefined : await displacedOf(ids, worker, connection, last + 1);
    groups.push({ seq: change.seq, rev: change.rev, messages, ids, displaced });
  }
  return groups;
}

/** A part that had to go to the thread's end stands below something that was said within a page of messages from `next` on. */
async function displacedOf(
  ids: readonly Snowflake[],
  worker: ServiceWorker<Snowflake, Uuid>,
  connection: Connection,
  next: number,
): Promise<number | undefined> {
  const { messages } = await connection.messages({ before: next + PAGE, limit: PAGE });
  const since = await Promise.all(
    messages.filter(({ seq }) => seq >= next).map(({ seq }) => worker.remoteIds(connection, seq)),
  );
  const said = since.flat().filter(isSnowflake);
  const index = ids.findIndex((id, part) =>
    part > 0 && said.some((other) => !ids.includes(other) && compareSnowflakes(other, id) < 0)
  );
  return index === -1 ? undefined : index;
}

/** The messages before one, the latest first. */
async function* backwards(connection: Connection, before: number): AsyncGenerator<Message, void> {
  for (let next: number | undefined = before; next !== undefined;) {
    const { messages } = await connection.messages({ before: next, limit: PAGE });
    next = messages[0]?.seq;
    yield* messages.toReversed();
  }
}

/** The messages from one on. */
async function* forwards(connection: Connection, from: number): AsyncGenerator<Message, void> {
  for (let next = from;; next += PAGE) {
    const { messages } = await connection.messages({ before: next + PAGE, limit: PAGE });
    const found = messages.filter(({ seq }) => seq >= next);
    if (found.length === 0) return;
    yield* found;
  }
}

/** Takes messages up to the first for which the test says no; those without an answer, and those not meant, are left out. */
async function takeWhile(
  messages: AsyncIterable<Message>,
  isMeant: (message: Message) => boolean,
  test: (message: Message) => Promise<boolean | undefined>,
): Promise<Message[]> {
  const taken: Message[] = [];
  for await (const message of messages) {
    if (!isMeant(message)) continue;
    const answer = await test(message);
    if (answer === false) break;
    if (answer === true) taken.push(message);
  }
  return taken;
}
