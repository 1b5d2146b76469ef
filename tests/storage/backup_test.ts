import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { randomUuid, type Uuid } from "../../src/core/mod.ts";
import { Archive, openStorage, type Storage } from "../../src/storage/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";

const AT = 1_700_000_000_000;

/** A conversation with one message that names a file. */
async function withFile(
  storage: Storage,
  content: string,
): Promise<{ readonly uid: Uuid; readonly file: string }> {
  const uid = randomUuid();
  await storage.store.createConnection({ uid, ids: { 1: uid, 2: null }, at: AT });
  const body = new Blob([content]).stream();
  const saved = await storage.files.save({ uid, side: 1, name: "a.txt", body, maxBytes: 100, at: AT });
  if (!("file" in saved)) throw new Error("the file was refused");
  await storage.store.append(uid, { side: 1, draft: { content, files: [saved.file] }, at: AT, targets: [] });
  return { uid, file: saved.file.id };
}

/** Makes it larger than what is copied in one step. */
async function fill(storage: Storage): Promise<void> {
  const uid = randomUuid();
  await storage.store.createConnection({ uid, ids: { 1: uid, 2: null }, at: AT });
  const draft = { content: "x".repeat(100_000) };
  await Promise.all(
    Array.from({ length: 150 }, () => storage.store.append(uid, { side: 1, draft, at: AT, targets: [] })),
  );
}

const names = (folder: string): readonly string[] =>
  Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

Deno.test("[D1] Storage.backup copies what is committed while messages go on being stored", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = randomUuid();
  await storage.store.createConnection({ uid, ids: { 1: "a", 2: null }, at: 1 });
  const append = (content: string): Promise<unknown> =>
    storage.store.append(uid, { side: 1, draft: { content }, at: 1, targets: [2] });
  await Promise.all(Array.from({ length: 2_000 }, () => append("x".repeat(5_000))));
  const path = `${temp.path}.backup`;
  let during = 0;
  let copied = false;
  const copying = storage.backup(path).finally(() => copied = true);
  while (!copied) {
    await append("during");
    during++;
  }
  await copying;
  // The event loop was free, and the writes did not make it start over.
  equal(during > 10, true, `${during} messages`);
  await using copy = openStorage(path);
  const { messages } = await copy.store.messagesBefore(uid, Infinity, 100_000);
  equal(messages.length >= 2_000 && messages.length < 2_000 + during, true);
  deepEqual(messages.map(({ seq }) => seq), messages.map((_, index) => index + 1));
  deepEqual(await copy.store.pending(2, undefined, 9), [uid]);
});

Deno.test("Storage.backup refuses to overwrite, and leaves nothing behind when it fails", async () => {
  await using temp = await tempStorage();
  await rejects(temp.storage.backup(temp.path), /Cannot back up to .*: it exists; name a new file/);
  const folder = `${temp.path}-folder`;
  const missing = `${folder}/backup.db`;
  await rejects(temp.storage.backup(missing), { fault: "unwritable" });
  await Deno.mkdir(`${missing}-files`, { recursive: true });
  await rejects(temp.storage.backup(missing), /backup.db-files exists; name a new file/);
  await Deno.remove(`${missing}-files`);
  await temp.storage.backup(missing);
  deepEqual(names(folder), ["backup.db"]);
});

Deno.test("A backup has the files that its rows name, also when they come and go while it is made", async () => {
  await using temp = await tempStorage();
  const { storage, path } = temp;
  await fill(storage);
  const removed = await withFile(storage, "removed meanwhile");
  const stays = await withFile(storage, "stays");
  const lost = await withFile(storage, "lost before");
  await Deno.remove(`${path}-files/${lost.file}`);
  const target = `${path}.backup`;
  using archive = Archive.read(path);
  let meanwhile: Promise<unknown> | undefined;
  const steps: (readonly [number, number])[] = [];
  const result = await archive.backup(target, {
    onProgress: (done, all) => {
      steps.push([done, all]);
      meanwhile ??= (async (): Promise<void> => {
        await storage.store.change(removed.uid, { seq: 1, at: AT, targets: [], change: { type: "delete" } });
        await storage.files.sweep(AT);
        await withFile(storage, "came meanwhile");
      })();
    },
  });
  await meanwhile;
  equal(steps.length > 2 && steps.every(([done, all]) => done > 0 && done <= all), true);
  deepEqual([result.files, result.missing], [2, 1]);
  equal(names(`${path}-files`).includes(removed.file), false);
  deepEqual(names(`${target}-files`), [removed.file, stays.file].sort());
  await using restored = openStorage(target);
  for (const [{ uid, file }, text] of [[removed, "removed meanwhile"], [stays, "stays"]] as const) {
    equal((await restored.store.message(uid, 1))?.files?.[0]?.id, file);
    equal(await new Response(await restored.files.read(file)).text(), text);
  }
});

Deno.test("A backup that is called off in the middle leaves nothing, and one that was killed goes with the next", async () => {
  await using temp = await tempStorage();
  const { storage, path } = temp;
  await fill(storage);
  await withFile(storage, "file");
  const folder = `${path}-folder`;
  await Deno.mkdir(folder);
  using archive = Archive.read(path);
  const stopping = new AbortController();
  const reason = new Error("stop");
  const called = archive.backup(`${folder}/a.db`, {
    signal: stopping.signal,
    onProgress: () => stopping.abort(reason),
  });
  await rejects(called, reason);
  deepEqual(names(folder), []);

  // What a killed one leaves: its lock went with it. Another one is at work, and one folder is somebody else's.
  for (const name of ["killed", "working", "mine"]) await Deno.mkdir(`${folder}/${name}.db.partial`);
  const working = new DatabaseSync(`${folder}/working.db.partial/chatbox50-backup-lock`);
  working.exec("BEGIN EXCLUSIVE");
  await Deno.writeTextFile(`${folder}/killed.db.partial/chatbox50-backup-lock`, "");
  await Deno.writeTextFile(`${folder}/killed.db.partial/database-journal`, "half");
  await archive.backup(`${folder}/b.db`);
  working.close();
  deepEqual(names(folder), ["b.db", "b.db-files", "mine.db.partial", "working.db.partial"]);
});

Deno.test({
  name: "A new database, its log and a backup are readable by their owner alone",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const before = Deno.umask(0o022);
    try {
      await using temp = await tempStorage();
      await withFile(temp.storage, "file");
      await temp.storage.backup(`${temp.path}.backup`);
      for (const suffix of ["", "-wal", "-shm", "-lock", ".backup"]) {
        equal((Deno.statSync(temp.path + suffix).mode ?? 0) & 0o777, 0o600, basename(temp.path) + suffix);
      }
      equal((Deno.statSync(`${temp.path}.backup-files`).mode ?? 0) & 0o777, 0o700);
      match(names(dirname(temp.path)).join(), /^test.db,/);
    } finally {
      Deno.umask(before);
    }
  },
});
