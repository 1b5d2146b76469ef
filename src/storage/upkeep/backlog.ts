import type { Side } from "../../core/mod.ts";
import type { Database, Statement } from "../database.ts";
import { WAITS } from "./waiting.ts";

/** Counting stops here, so that asking stays cheap when much waits. */
const MOST = 10_000;

/** Counts what waits for delivery, from the partial index of what is pending. */
export class Backlog {
  readonly #messages: Statement<{ count: number }>;
  readonly #conversations: Statement<{ count: number }>;

  constructor(database: Database) {
    this.#messages = database.prepare(`
      SELECT count(*) AS count FROM (
        SELECT 1 FROM deliveries d JOIN messages m ON m.connection_id = d.connection_id AND m.seq > d.seq
        WHERE d.side = ?1 AND d.pending = 1 AND m.side <> ?1 AND m.failed IS NULL AND m.deleted_at IS NULL LIMIT ${MOST})`);
    this.#conversations = database.prepare(`
      SELECT count(*) AS count FROM (SELECT 1 FROM deliveries d WHERE d.side = ? AND ${WAITS} LIMIT ${MOST})`);
  }

  /** How many messages wait for a side; 10,000 stands for that many and more. */
  messages(side: Side): number {
    return this.#messages.get(side)?.count ?? 0;
  }

  /** How many conversations have something for a side; 10,000 stands for that many and more. */
  conversations(side: Side): number {
    return this.#conversations.get(side)?.count ?? 0;
  }
}
