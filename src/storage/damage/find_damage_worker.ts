/**
 * The worker of {@link file://./find_damage.ts}.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { Database } from "../database.ts";
import { DatabaseDamage } from "./database_damage.ts";
import type { SearchNews, SearchTask } from "./find_damage.ts";

/** How long the first look waits for a server's commit, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;

// Given by findDamage, the only one who starts this.
const { path } = workerData as SearchTask;

function search(): SearchNews {
  let database: Database | undefined;
  try {
    database = new Database(path, { readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
    const found = String(database.value("PRAGMA quick_check(1)"));
    return found === "ok" ? "whole" : { found };
  } catch (error) {
    if (error instanceof DatabaseDamage) return { found: error.found };
    return { error: error instanceof Error ? error.message : String(error) };
  } finally {
    database?.close();
  }
}

parentPort?.postMessage(search());
