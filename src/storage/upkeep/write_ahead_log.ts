import type { Database } from "../database.ts";

/**
 * Takes the log over into the database and empties it. What was removed stands in the log still, page by page as it was, and so it does
 * in the database until the log's newer pages have replaced the old ones.
 *
 * @returns false when somebody who reads needs the log, or somebody writes; then nothing is lost, and it may be tried again
 */
export function emptyLog(database: Database): boolean {
  // The first column says whether it was kept from it, which is no error: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
  return database.value("PRAGMA wal_checkpoint(TRUNCATE)") === 0;
}
