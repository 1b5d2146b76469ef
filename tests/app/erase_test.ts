import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { dirname } from "node:path";
import { setImmediate } from "node:timers";
import { DatabaseSync } from "node:sqlite";
import { erase } from "../../src/app/erase.ts";
import { systemClock } from "../../src/core/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { contextFor, found, type Traces, visitor } from "./command_scene.ts";

const all = (
  { texts, subject, session }: Traces,
): readonly (string | Uint8Array)[] => [...texts, subject, session];

Deno.test("erase leaves no word, name, file, id or hash of a visitor, beside an open store and without one", async () => {
  await using temp = await tempStorage();
  const folder = dirname(temp.path);
  const gone = await visitor(temp.storage, "quokka");
  const goneToo = await visitor(temp.storage, "wombat");
  const stays = await visitor(temp.storage, "numbat");
  equal(found(folder, all(gone)).length > 0, true);

  const beside = contextFor(temp.path);
  await erase(beside, { uid: gone.uid });
  deepEqual(beside.printed, [`Erased ${gone.uid}: 2 messages, 2 files, it had no thread\n`]);
  deepEqual(found(folder, all(gone)), []);
  equal(await temp.storage.identities.find(gone.subject), undefined);
  equal(await temp.storage.sessions.find(gone.session), undefined);

  await temp.storage.close();
  await erase(contextFor(temp.path), { uid: goneToo.uid });
  deepEqual(found(folder, [...all(gone), ...all(goneToo)]), []);

  const { store, files } = await temp.reopen();
  const { messages } = await store.messagesBefore(stays.uid, Infinity, 10);
  deepEqual(messages.map(({ content }) => content), ["numbatedited", "numbatanswer"]);
  const kept = await files.read(String(messages[0]?.files?.[0]?.id));
  match(await new Response(kept).text(), /^numbatbytes/);
  equal([...Deno.readDirSync(`${temp.path}-files`)].length, 2);
  await rejects(erase(contextFor(temp.path), { uid: gone.uid }), { reason: "noInput" });
});

Deno.test("erase says that copies are left while somebody reads the database, and the next run finishes it", async () => {
  await using temp = await tempStorage();
  const folder = dirname(temp.path);
  const gone = await visitor(temp.storage, "quokka");
  const reader = new DatabaseSync(temp.path, { readOnly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM messages").get();

  const clock = new FakeClock();
  const hindered = contextFor(temp.path);
  let ended = false;
  const erasing = erase(hindered, { uid: gone.uid, clock }).finally(() => ended = true);
  erasing.catch(() => {});
  while (!ended) {
    clock.advance(1_000);
    await new Promise((resolve) => void setImmediate(resolve));
  }
  await rejects(erasing, {
    reason: "unavailable",
    message:
      /^Cannot finish erasing .* \(2 messages, 2 files, .*\): another program is reading .* run the same command again$/,
  });
  deepEqual(hindered.printed, []);
  equal(hindered.progressed.includes("Waiting for those who read the database ..."), true);
  equal(found(folder, all(gone)).length > 0, true);
  equal(found(`${temp.path}-files`, all(gone)).length, 0);

  reader.close();
  const again = contextFor(temp.path);
  await erase(again, { uid: gone.uid });
  deepEqual(again.printed, [`Erased ${gone.uid}: 0 messages, 0 files, as an earlier run had begun\n`]);
  deepEqual(found(folder, all(gone)), []);
  await rejects(erase(contextFor(temp.path), { uid: gone.uid }), { reason: "noInput" });
});

Deno.test("erase says which bytes it could not remove, and the next run removes them", async () => {
  await using temp = await tempStorage();
  const gone = await visitor(temp.storage, "quokka");
  const [file] = Deno.readDirSync(`${temp.path}-files`);
  const path = `${temp.path}-files/${file?.name}`;
  await Deno.remove(path);
  // A folder that is not empty cannot be removed as a file is.
  await Deno.mkdir(`${path}/inside`, { recursive: true });
  await rejects(erase(contextFor(temp.path), { uid: gone.uid }), {
    reason: "ioError",
    message: /bytes of files/,
  });
  await Deno.remove(`${path}/inside`);
  await erase(contextFor(temp.path), { uid: gone.uid });
  deepEqual([...Deno.readDirSync(`${temp.path}-files`)], []);
});

Deno.test("erase without the thread, when it is asked to leave it, and says what stays", async () => {
  await using temp = await tempStorage();
  const gone = await visitor(temp.storage, "quokka");
  await temp.storage.store.setId(gone.uid, 2, null);
  await temp.storage.store.setId(gone.uid, 2, "112233445566778899");
  const refused = erase(contextFor(temp.path), { uid: gone.uid });
  await rejects(refused, { reason: "config", message: /DISCORD_TOKEN is not set; with --leave-thread/ });
  const context = contextFor(temp.path);
  await erase(context, { uid: gone.uid, leaveThread: true, clock: systemClock });
  deepEqual(context.printed, [
    `Erased ${gone.uid}: 2 messages, 2 files, thread 112233445566778899 stays on Discord, delete it there\n`,
  ]);
  deepEqual(found(dirname(temp.path), all(gone)), []);
});

Deno.test("erase says that a copy stays in the file, and the next run finishes it once the copy is gone", async () => {
  await using temp = await tempStorage();
  const gone = await visitor(temp.storage, "quokka");
  const database = new DatabaseSync(temp.path);
  // A page that SQLite has stopped using cannot be made to order; to whoever looks at the file it is the same.
  database.prepare("INSERT INTO meta (key, value) VALUES ('unused', CAST(? AS BLOB))").run(gone.uid);
  await rejects(erase(contextFor(temp.path), { uid: gone.uid }), {
    reason: "unavailable",
    message: /a copy of its row stays .* compact the database/,
  });
  database.exec("PRAGMA secure_delete = ON; DELETE FROM meta WHERE key = 'unused'");
  database.close();
  const again = contextFor(temp.path);
  await erase(again, { uid: gone.uid });
  equal(again.printed.length, 1);
  deepEqual(found(dirname(temp.path), all(gone)), []);
});

Deno.test("erase also deletes the thread that a server makes while the first one is being deleted", async () => {
  await using temp = await tempStorage();
  const [first, second] = ["112233445566778899", "223344556677889900"];
  const gone = await visitor(temp.storage, "quokka");
  const thread = async (id: string | null): Promise<void> =>
    void await temp.storage.store.setId(gone.uid, 2, id);
  await thread(null);
  await thread(first);
  const deleted: string[] = [];
  await using discord = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const [, id = ""] = /\/channels\/(\d+)$/.exec(new URL(request.url).pathname) ?? [];
      if (request.method === "GET") return Response.json({ code: 10_003 }, { status: 404 });
      equal(request.method, "DELETE");
      deleted.push(id);
      if (id === first) {
        await thread(null);
        await thread(second);
      }
      return Response.json({ id });
    },
  );
  const context = contextFor(temp.path, undefined, [
    "--discord-token=MTExMTExMTExMTExMTExMTEx.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB",
    `--discord-api-url=http://127.0.0.1:${discord.addr.port}`,
  ]);
  await erase(context, { uid: gone.uid });
  deepEqual(deleted, [first, second]);
  deepEqual(context.printed, [
    `Erased ${gone.uid}: 2 messages, 2 files, thread ${first}, ${second}\n`,
  ]);
});

Deno.test("erase says also in the run that finishes it which thread was left, and then forgets it", async () => {
  await using temp = await tempStorage();
  const thread = "112233445566778899";
  const gone = await visitor(temp.storage, "quokka");
  await temp.storage.store.setId(gone.uid, 2, null);
  await temp.storage.store.setId(gone.uid, 2, thread);
  using hinder = new DatabaseSync(temp.path);
  hinder.prepare("INSERT INTO meta (key, value) VALUES ('unused', CAST(? AS BLOB))").run(gone.uid);
  await rejects(erase(contextFor(temp.path), { uid: gone.uid, leaveThread: true }), {
    message: new RegExp(`thread ${thread} stays on Discord, .*a copy of its row stays`),
  });
  hinder.exec("PRAGMA secure_delete = ON; DELETE FROM meta WHERE key = 'unused'");
  const again = contextFor(temp.path);
  await erase(again, { uid: gone.uid, leaveThread: true });
  deepEqual(again.printed, [
    `Erased ${gone.uid}: 0 messages, 0 files, thread ${thread} stays on Discord, delete it there\n`,
  ]);
  deepEqual(found(dirname(temp.path), [thread, ...all(gone)]), []);
});
