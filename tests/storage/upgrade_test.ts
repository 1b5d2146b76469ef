import { deepEqual, equal } from "node:assert/strict";
import { MIGRATIONS } from "../../src/storage/migrations.ts";
import { openStorage } from "../../src/storage/mod.ts";
import { AT, CONTENTS, IDS, SECRET_HASH, UID } from "./fixtures/contents.ts";

const FIXTURES = new URL("fixtures/", import.meta.url);

for (let version = 1; version <= MIGRATIONS.length; version++) {
  Deno.test(`[D5] openStorage upgrades a database of schema ${version} with all it holds`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/test.db`;
      await Deno.copyFile(new URL(`v${version}.db`, FIXTURES), path);
      await using storage = openStorage(path);
      const { store } = storage;
      deepEqual((await store.connectionOf(1, IDS[1]))?.ids, IDS);
      deepEqual(await store.properties(UID), { page: "/" });
      const { messages, rev } = await store.messagesBefore(UID, Infinity, 10);
      deepEqual(messages.map(({ content }) => content), ["edited", "", CONTENTS[2]]);
      deepEqual(messages.map(({ createdAt }) => createdAt), [AT, AT + 1, AT + 2]);
      equal(rev, 5);
      deepEqual(await store.watermarks(UID, 2), { delivered: 1, read: 1 });
      deepEqual(await store.pending(2, undefined, 9), [UID]);
      const waiting = await store.deliverable(UID, 2, 9, false);
      deepEqual([waiting.changes.map(({ seq }) => seq), waiting.messages.map(({ seq }) => seq)], [[1], [3]]);
      equal(await store.cursor(UID, 2), "cursor");
      equal((await store.findRemote(UID, 2, "remote 1"))?.seq, 1);
      equal((await storage.sessions.find(SECRET_HASH))?.uid, UID);
      equal(storage.meta.get("identity_key")?.length, 32);
      const again = await store.append(UID, {
        side: 1,
        draft: { content: "x", cid: "cid-2" },
        at: AT,
        targets: [],
      });
      equal(again.duplicate, true);
      const next = await store.append(UID, { side: 1, draft: { content: "next" }, at: AT, targets: [] });
      deepEqual([next.message.seq, next.message.rev], [4, 6]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("Every schema version has its fixture", () => {
  const files = Array.from(Deno.readDirSync(FIXTURES), ({ name }) => name).filter((name) =>
    name.endsWith(".db")
  );
  deepEqual(files.sort(), MIGRATIONS.map((_, index) => `v${index + 1}.db`).sort());
});
