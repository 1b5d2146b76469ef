import { isUuid } from "../../src/core/mod.ts";
import { openStorage } from "../../src/storage/mod.ts";

/** A stored message. */
export interface Stored {
  readonly seq: number;
  /** 1 for the visitor's, 2 for the staff's. */
  readonly side: number;
  readonly content: string;
}

/** Opens a database file as the server would, and reads whole conversations by their uids. */
export async function readStored(
  path: string,
  uids: readonly string[],
): Promise<ReadonlyMap<string, readonly Stored[]>> {
  await using storage = openStorage(path);
  const found = new Map<string, readonly Stored[]>();
  for (const uid of uids) {
    if (!isUuid(uid) || await storage.store.connection(uid) === undefined) continue;
    const { messages } = await storage.store.messagesBefore(uid, Infinity, 1_000_000);
    found.set(uid, messages);
  }
  return found;
}
