import { DatabaseSync } from "node:sqlite";

/** Something that was stored and has not arrived. */
export interface WaitingDelivery {
  readonly uid: string;
  /** The side for which it waits. */
  readonly side: 1 | 2;
  /** The plan of a delivery that has begun. */
  readonly note: string | null;
}

/**
 * Looks for messages, edits and deletions that were stored and have not arrived.
 *
 * @param path of the database; the server may be running
 */
export function findWaitingDeliveries(path: string): readonly WaitingDelivery[] {
  using database = new DatabaseSync(path, { readOnly: true });
  return database.prepare(WAITING).all() as unknown as readonly WaitingDelivery[];
}

// `pending` is taken back lazily, so it alone says only where to look: for what the storage itself would hand out. What has failed is told
// to nobody, and what was deleted on its way has nowhere to go.
const WAITING = `
  SELECT uid, d.side, note FROM deliveries d JOIN connections c ON c.id = d.connection_id
  WHERE note IS NOT NULL OR pending = 1 AND EXISTS (
    SELECT 1 FROM messages m WHERE m.connection_id = d.connection_id AND m.side <> d.side AND m.failed IS NULL
    AND iif(m.seq > d.seq, m.deleted_at IS NULL, m.changed_rev > d.rev))`;
