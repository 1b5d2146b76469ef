import { DatabaseSync } from "node:sqlite";
import { openStorage } from "../../src/storage/mod.ts";
import type { Uuid } from "../../src/core/mod.ts";

/** What SQLite makes its pages of, in bytes. */
const PAGE_BYTES = 4_096;

/** So many messages are more than a start looks at whole, and many more than it reads from the end (50,000). */
export const MESSAGES = 72_000;

/** The whole of them; a start looks at every page of up to 32 MiB. */
const LEAST_BYTES = 33 * 1024 * 1024;

/**
 * Fills a conversation until the database is larger than a start looks at whole.
 *
 * @param path the SQLite file, which nobody else uses
 * @param uid a conversation; made when there is none
 */
export async function fillLarge(path: string, uid: Uuid): Promise<void> {
  await using storage = openStorage(path);
  const { store } = storage;
  if (await store.connection(uid) === undefined) {
    await store.createConnection({ uid, ids: { 1: uid, 2: null }, at: 1 });
  }
  const draft = { content: "x".repeat(520) };
  for (let written = 0; written < MESSAGES; written += 1_000) {
    await Promise.all(
      Array.from({ length: 1_000 }, () => store.append(uid, { side: 1, draft, at: 2, targets: [] })),
    );
  }
  // A start looks when staff have spoken last, from the end.
  const { message: { seq, rev } } = await store.append(uid, {
    side: 2,
    draft: { content: "an answer" },
    at: 3,
    targets: [],
  });
  // Or a start begins to bring them, and meets the damage at a time of its own.
  await store.confirm(uid, 2, { seq, rev });
  if (!storage.emptyLog()) throw new Error("Cannot fill the database: somebody reads it");
  const { size } = await Deno.stat(path);
  if (size < LEAST_BYTES) throw new Error(`Cannot fill the database: it has ${size} bytes only`);
}

/** Overwrites the first page of a table, which whoever reads or writes the table needs. */
export async function spoilTable(path: string, table: string): Promise<void> {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table);
  database.close();
  await spoil(path, Number(row?.rootpage) - 1, 1);
}

/** Overwrites pages at a quarter of the file, where the old messages around {@link SPOILED_SEQ} are. */
export async function spoilOld(path: string): Promise<void> {
  const { size } = await Deno.stat(path);
  await spoil(path, Math.floor(size / 4 / PAGE_BYTES), 64);
}

/** One of those that {@link spoilOld} takes. */
export const SPOILED_SEQ: number = MESSAGES / 4 + 220;

async function spoil(path: string, page: number, count: number): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.seek(page * PAGE_BYTES, Deno.SeekMode.Start);
  await file.write(new Uint8Array(PAGE_BYTES * count).fill(0x5a));
}
