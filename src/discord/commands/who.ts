import type { Connection, ServiceWorker, Uuid } from "../../core/mod.ts";
import type { Desk } from "../desk.ts";
import { escapeMarkdown } from "../text/escape.ts";
import type { Snowflake } from "../snowflake.ts";
import { linesAbout } from "../threads/starter.ts";
import { aboutVisitor } from "../visitor.ts";

/** Among how many of the last messages the staff's last one is looked for. */
const LOOKED_AT = 20;

/** What staff may know of a visitor, for `/who`. */
export async function describeVisitor(
  connection: Connection,
  worker: ServiceWorker<Snowflake, Uuid>,
  desk: Desk,
): Promise<string> {
  const closed = await desk.closed(connection);
  const blocked = await worker.blockedUntil(connection);
  const seen = await worker.seenAt(connection);
  const about = await aboutVisitor(connection);
  return [
    `Visitor \`${await worker.peerIdOf(connection) ?? connection.uid}\``,
    about.name === undefined && about.email === undefined ? "Identified: no" : undefined,
    ...linesAbout(about),
    seen && `First seen: ${shownTime(seen.first)}`,
    seen && `Last seen: ${shownTime(seen.last)}`,
    await shownReading(connection, worker),
    closed && `Closed: ${shownTime(closed.at)} by ${escapeMarkdown(closed.by)}`,
    blocked !== null && `Blocked: ${shownUntil(blocked)}`,
  ].filter((line) => typeof line === "string").join("\n");
}

/** Whether the visitor has read the staff's last words: a thread that was archived before shows no mark on them. */
async function shownReading(
  connection: Connection,
  { side }: ServiceWorker<Snowflake, Uuid>,
): Promise<string | undefined> {
  const { messages } = await connection.messages({ limit: LOOKED_AT });
  const last = messages.findLast((message) =>
    message.side === side && message.data?.system !== true && message.deletedAt === undefined
  );
  if (last === undefined) return undefined;
  const { read } = await connection.watermarks(side === 1 ? 2 : 1);
  return `Your last message: ${last.seq <= read ? "read" : "not read yet"}`;
}

/** Until when somebody is blocked, in words. */
export function shownUntil(until: number): string {
  return until === Infinity ? "until somebody uses /unblock" : `until ${shownTime(until)}`;
}

/** Discord shows it in the reader's own time zone. https://discord.com/developers/docs/reference#message-formatting */
function shownTime(at: number): string {
  return `<t:${Math.floor(at / 1000)}:f>`;
}
