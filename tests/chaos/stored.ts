import { DatabaseSync } from "node:sqlite";
import type { Conversation } from "./conversation.ts";

/**
 * Compares what is on disk with what the visitors see, once the server has ended.
 *
 * @param path of the database
 * @returns what differs or still waits, in words
 */
export function findLeftovers(path: string, conversations: readonly Conversation[]): string[] {
  using database = new DatabaseSync(path, { readOnly: true });
  const found: string[] = [];
  for (const { uid, side, note } of database.prepare(WAITING).all()) {
    found.push(`something waits for side ${side} of ${uid}: ${note ?? "no plan yet"}`);
  }
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

const WAITING = `
  SELECT uid, side, note FROM deliveries JOIN connections ON connections.id = connection_id
  WHERE pending = 1 OR note IS NOT NULL`;

const MESSAGES = `
  SELECT seq, content, deleted_at IS NOT NULL AS deleted FROM messages
  JOIN connections ON connections.id = connection_id
  WHERE uid = ? ORDER BY seq`;
