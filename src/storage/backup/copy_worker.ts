/**
 * The worker of {@link file://./copy_database.ts}.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { DatabaseDamage, demandWhole } from "../damage/database_damage.ts";
import { Database } from "../database.ts";
import type { CopyNews, CopyTask } from "./copy_database.ts";

/** How long the first look waits for a server's commit, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;

// Given by copyDatabase, the only one who starts this.
const { source, target, stop } = workerData as CopyTask;

function say(news: CopyNews): void {
  parentPort?.postMessage(news);
}

async function copy(): Promise<void> {
  const database = new Database(source, { readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    // A transaction holds the moment: without it every commit of a server would let the copy start over.
    database.exec("BEGIN");
    database.value("SELECT count(*) FROM sqlite_schema");
    await database.copyTo(target, (done, all) => {
      if (Atomics.load(stop, 0) !== 0) throw new Error("it was called off");
      say({ done, all });
    });
  } finally {
    database.close();
  }
  verify(target);
}

function verify(path: string): void {
  const database = new Database(path);
  try {
    database.value("PRAGMA journal_mode = DELETE");
    demandWhole(path, database.value("PRAGMA quick_check(1)"));
  } finally {
    database.close();
  }
}

copy().then(
  () => say("copied"),
  (error) =>
    say(
      error instanceof DatabaseDamage
        ? { damage: error.found }
        : { error: error instanceof Error ? error.message : String(error) },
    ),
);
