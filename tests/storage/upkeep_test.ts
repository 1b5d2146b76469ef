import { deepEqual, equal } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Uuid } from "../../src/core/mod.ts";
import { Archive, type Storage } from "../../src/storage/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";

const DAY_MS = 86_400_000;
const NOW = 1_700_000_000_000;

/** A conversation with messages of certain ages in days, the oldest first; what was sent to staff has been delivered. */
async function conversation(storage: Storage, ages: readonly number[], delivered = true): Promise<Uuid> {
  const uid = crypto.randomUUID() as Uuid;
  const seen = NOW - Math.max(0, ...ages) * DAY_MS;
  await storage.store.createConnection({ uid, ids: { 1: uid, 2: null }, at: seen });
  for (const age of ages) {
    await storage.store.append(uid, {
      side: 1,
      draft: { content: `${age} days`, cid: `c${age}`, remoteIds: [`r${age}`] },
      at: NOW - age * DAY_MS,
      targets: [2],
    });
  }
  if (delivered) await storage.store.confirm(uid, 2, { seq: ages.length, rev: ages.length });
  return uid;
}

async function contents(storage: Storage, uid: Uuid): Promise<readonly string[]> {
  return (await storage.store.messagesBefore(uid, Infinity, 100)).messages.map(({ content }) => content);
}

Deno.test("Retention removes what is too old, in steps of the size that was asked for", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await conversation(storage, [9, 8, 7, 2, 1]);
  const first = await storage.retention.removeMessages(NOW - 5 * DAY_MS, 0, 2);
  deepEqual([first.removed, first.done, first.uids], [2, false, [uid]]);
  const second = await storage.retention.removeMessages(NOW - 5 * DAY_MS, first.cursor, 2);
  deepEqual([second.removed, second.done], [1, false]);
  const third = await storage.retention.removeMessages(NOW - 5 * DAY_MS, second.cursor, 2);
  deepEqual([third.removed, third.done], [0, true]);
  deepEqual(await contents(storage, uid), ["2 days", "1 days"]);
  equal(await storage.store.findRemote(uid, 1, "r9"), undefined);
  equal((await storage.store.findRemote(uid, 1, "r2"))?.content, "2 days");
});

Deno.test("Retention marks the files of removed messages for the sweeper, and no others", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await conversation(storage, []);
  const database = new DatabaseSync(temp.path);
  for (const [id, age] of [["old", 9], ["new", 1]] as const) {
    database.prepare(
      "INSERT INTO files (id, uid, side, name, type, size, created_at) VALUES (?, ?, 1, 'n', 't', 1, 0)",
    )
      .run(id, uid);
    const draft = { content: "see", cid: id, files: [{ id, name: "n", type: "t", size: 1 }] };
    await storage.store.append(uid, { side: 1, draft, at: NOW - age * DAY_MS, targets: [] });
  }
  await storage.retention.removeMessages(NOW - 5 * DAY_MS, 0, 100);
  const rows = database.prepare("SELECT id, removed FROM files ORDER BY id").all();
  database.close();
  deepEqual(rows.map(({ id, removed }) => [id, removed]), [["new", 0], ["old", 1]]);
});

Deno.test("Retention never gives a seq or rev twice, also when the newest message goes", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await conversation(storage, [9, 8]);
  await storage.store.change(uid, {
    seq: 1,
    at: NOW,
    targets: [],
    change: { type: "edit", content: "edited" },
  });
  await storage.retention.removeMessages(NOW, 0, 100);
  const append = async (cid: string): Promise<number[]> => {
    const draft = { content: "new", cid };
    const { message } = await temp.storage.store.append(uid, { side: 1, draft, at: NOW, targets: [] });
    return [message.seq, message.rev];
  };
  deepEqual(await append("in memory"), [3, 4]);
  await storage.retention.removeMessages(NOW + 1, 0, 100);
  await temp.reopen();
  deepEqual(await append("from the tables"), [4, 5]);
});

Deno.test("[D4] Retention keeps a message that still waits for delivery, however old", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await conversation(storage, [900, 800], false);
  equal((await storage.retention.removeMessages(NOW, 0, 100)).removed, 0);
  equal((await storage.retention.removeIdle(NOW, 0, 100)).removed, 0);
  deepEqual((await storage.store.deliverable(uid, 2, 10, false)).messages.length, 2);
});

Deno.test("Retention removes idle conversations without messages, and no others", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const idle = await conversation(storage, [9]);
  const talking = await conversation(storage, [9, 1]);
  const back = await conversation(storage, [9]);
  await storage.store.touch(back, NOW);
  await storage.sessions.save(new Uint8Array(32), idle, NOW);
  await storage.retention.removeMessages(NOW - 5 * DAY_MS, 0, 100);
  const step = await storage.retention.removeIdle(NOW - 5 * DAY_MS, 0, 100);
  deepEqual(step.uids, [idle]);
  equal(await storage.sessions.find(new Uint8Array(32)), undefined);
  for (const uid of [talking, back]) equal((await storage.store.connection(uid))?.uid, uid);
});

Deno.test("Archive.erase beside an open store: the store forgets what it remembered", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await conversation(storage, [1]);
  const other = await conversation(storage, [1]);
  let told = 0;
  storage.foreignChanges.subscribe(() => told++);
  storage.foreignChanges.check();
  equal(told, 0);
  {
    using archive = Archive.change(temp.path);
    deepEqual(archive.erase(uid), {
      messages: 1,
      files: 0,
      ids: { 1: uid, 2: null },
      threads: [],
      resumed: false,
    });
    deepEqual(archive.erase(uid), {
      messages: 0,
      files: 0,
      ids: { 1: null, 2: null },
      threads: [],
      resumed: true,
    });
    archive.finishErasing(uid);
    equal(archive.erase(uid), undefined);
  }
  const sending = storage.store.append(uid, { side: 1, draft: { content: "x" }, at: NOW, targets: [] });
  deepEqual(await sending.catch((error) => error.code), "not_found");
  equal(told, 1);
  deepEqual(await contents(storage, other), ["1 days"]);
});

Deno.test("Backlog counts what waits for a side", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  await conversation(storage, [3, 2, 1], false);
  await conversation(storage, [3, 2], false);
  await conversation(storage, [3, 2], true);
  deepEqual([storage.backlog.messages(2), storage.backlog.conversations(2)], [5, 2]);
  deepEqual([storage.backlog.messages(1), storage.backlog.conversations(1)], [0, 0]);
});
