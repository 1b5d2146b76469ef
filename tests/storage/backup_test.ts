import { deepEqual, equal, rejects } from "node:assert/strict";
import { randomUuid } from "../../src/core/mod.ts";
import { openStorage } from "../../src/storage/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";

Deno.test("[D1] Storage.backup copies what is committed while messages go on being stored", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = randomUuid();
  await storage.store.createConnection({ uid, ids: { 1: "a", 2: null }, at: 1 });
  const append = (content: string): Promise<unknown> =>
    storage.store.append(uid, { side: 1, draft: { content }, at: 1, targets: [2] });
  for (let i = 0; i < 2_000; i++) await Promise.all([append("x".repeat(500))]);
  const path = `${temp.path}.backup`;
  const copied = storage.backup(path);
  for (let i = 0; i < 50; i++) await append("during");
  await copied;
  await using copy = openStorage(path);
  const { messages } = await copy.store.messagesBefore(uid, Infinity, 10_000);
  equal(messages.length >= 2_000 && messages.length <= 2_050, true);
  deepEqual(messages.map(({ seq }) => seq), messages.map((_, index) => index + 1));
  deepEqual(await copy.store.pending(2, undefined, 9), [uid]);
});

Deno.test("Storage.backup refuses to overwrite, and leaves nothing behind when it fails", async () => {
  await using temp = await tempStorage();
  await rejects(temp.storage.backup(temp.path), /Cannot back up to .*: it exists; name a new file/);
  const missing = `${temp.path}-folder/backup.db`;
  await rejects(temp.storage.backup(missing), { fault: "unwritable" });
  await Deno.mkdir(`${temp.path}-folder`);
  await temp.storage.backup(missing);
  deepEqual(Array.from(Deno.readDirSync(`${temp.path}-folder`), ({ name }) => name), ["backup.db"]);
});
