import { DatabaseSync } from "node:sqlite";
import { findWaitingDeliveries } from "../support/waiting_deliveries.ts";
import type { Conversation } from "./conversation.ts";

/**
 * Looks for what was stored and has not arrived. The server may be running.
 *
 * @param path of the database
 * @returns what waits, in words
 */
export function findWaiting(path: string): string[] {
  return findWaitingDeliveries(path).map(({ uid, side, note }) =>
    `something waits for side ${side} of ${uid}: ${note ?? "no plan yet"}`
  );
}

/**
 * Compares what is on disk with what the visitors see, once the server has ended.
 *
 * @param path of the database
 * @returns what differs, in words
 */
export function findUnstored(path: string, conversations: readonly Conversation[]): string[] {
  using database = new DatabaseSync(path, { readOnly: true });
  const found: string[] = [];
  const messages = database.prepare(MESSAGES);
  for (const { visitor, index } of conversations) {
    const { uid } = visitor.state;
    if (uid === null) continue;
    const stored = messages.all(uid).map(({ seq, content, deleted }) => [seq, deleted === 1 ? "" : content]);
    const shown = visitor.state.messages.map(({ seq, content }) => [seq, content]);
    if (JSON.stringify(stored) !== JSON.stringify(shown)) {
      found.push(
        `conversation ${index} (${uid}): stored are ${stored.length} messages, shown ${shown.length}`,
      );
    }
  }
  return found;
}

const MESSAGES = `
  SELECT seq, content, deleted_at IS NOT NULL AS deleted FROM messages
  JOIN connections ON connections.id = connection_id
  WHERE uid = ? ORDER BY seq`;
