import { deepEqual, ok } from "node:assert/strict";
import { MemoryStore, type Store } from "../../src/core/mod.ts";
import { Statement } from "../../src/storage/database.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { makeBox } from "./box.ts";

const PAGE = 100;
/** A page, and the newest message, which tells where the end is. */
const AHEAD = PAGE + 1;
const LENGTH = 1_000;

/** The messages that were read, each `seq` as often as it was. */
interface Reading extends Disposable {
  readonly seqs: number[];
}

/** Counts what a store gives in answer to a page of history. */
function countGiven(store: Store): Reading {
  const seqs: number[] = [];
  const read = store.messagesBefore.bind(store);
  store.messagesBefore = async (uid, before, limit) => {
    const page = await read(uid, before, limit);
    seqs.push(...page.messages.map(({ seq }) => seq));
    return page;
  };
  return { seqs, [Symbol.dispose]: () => void (store.messagesBefore = read) };
}

/** Counts the rows of messages that SQLite hands out, whatever the store does with them. */
function countRows(): Reading {
  const seqs: number[] = [];
  const all = Statement.prototype.all;
  Statement.prototype.all = function (...values): ReturnType<typeof all> {
    const rows = Reflect.apply(all, this, values);
    for (const row of rows) if ("content" in row && "seq" in row) seqs.push(Number(row.seq));
    return rows;
  };
  return { seqs, [Symbol.dispose]: () => void (Statement.prototype.all = all) };
}

async function readsAPage(store: Store, count: (store: Store) => Reading): Promise<void> {
  await using test = makeBox({ store });
  await test.box.worker1.accessNewClient("ada");
  const send = test.box.worker1.getMessageSender("ada");
  await Promise.all(Array.from({ length: LENGTH }, (_, index) => send(`${index + 1}`)));
  const connection = await test.box.worker1.connectionOf("ada");
  if (connection === undefined) throw new Error("there is no connection");

  using reading = count(store);
  const seen: number[] = [];
  let most = 0;
  for await (const { seq } of connection.transcript()) {
    seen.push(seq);
    const ahead = new Set(reading.seqs.filter((read) => read > seq)).size;
    most = Math.max(most, ahead);
  }
  deepEqual(seen, Array.from({ length: LENGTH }, (_, index) => index + 1));
  ok(most <= AHEAD, `${most} messages were read ahead`);
  // Each once, but for the newest and, with every look, the one before it that tells a store whether there is more.
  const again = reading.seqs.length - LENGTH;
  ok(again <= 3 * LENGTH / PAGE + 3, `${again} rows were read once more`);

  reading.seqs.length = 0;
  for await (const { seq } of connection.transcript()) if (seq === 3) break;
  ok(
    reading.seqs.length > 0 && reading.seqs.length <= AHEAD + 2,
    `${reading.seqs.length} were read for three`,
  );
}

Deno.test("Connection.transcript reads no more than a page ahead of who reads it, counted at the store", async () => {
  await readsAPage(new MemoryStore(), countGiven);
});

Deno.test("Connection.transcript reads no more than a page ahead of who reads it, counted in rows of SQLite", async () => {
  await using temp = await tempStorage();
  await readsAPage(temp.storage.store, countRows);
});
