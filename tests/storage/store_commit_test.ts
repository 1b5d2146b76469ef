import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Appended, randomUuid, silentLogger, type Store, type Uuid } from "../../src/core/mod.ts";
import { GroupCommit } from "../../src/storage/group_commit.ts";
import { Heads } from "../../src/storage/heads.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { SqliteStore } from "../../src/storage/sqlite_store.ts";
import { Log } from "../support/log.ts";
import { tempStorage } from "../support/temp_storage.ts";

async function connect(store: Store, id: string): Promise<Uuid> {
  const uid = randomUuid();
  await store.createConnection({ uid, ids: { 1: id, 2: null }, at: 1 });
  return uid;
}

function append(store: Store, uid: Uuid, content: string, cid?: string): Promise<Appended> {
  const draft = { content, ...(cid !== undefined && { cid }) };
  return store.append(uid, { side: 1, draft, at: 1, targets: [2] });
}

async function contents(store: Store, uid: Uuid): Promise<readonly string[]> {
  return (await store.messagesBefore(uid, Infinity, 1_000)).messages.map(({ content }) => content);
}

Deno.test("[D2] Store puts all that arrives in one turn, of all conversations, into one transaction", async () => {
  const sizes: number[] = [];
  await using temp = await tempStorage({ listener: { committed: (size) => sizes.push(size) } });
  const { store } = temp.storage;
  const uids = await Promise.all(["a", "b", "c"].map((id) => connect(store, id)));
  sizes.length = 0;
  await Promise.all([...uids, ...uids].map((uid) => append(store, uid, "x")));
  deepEqual(sizes, [6]);
});

Deno.test("[D1] Store answers after COMMIT: another process sees what was answered, and nothing before", async () => {
  await using temp = await tempStorage();
  const { store } = temp.storage;
  const uid = await connect(store, "a");
  using other = new DatabaseSync(temp.path, { readOnly: true });
  const count = other.prepare("SELECT count(*) AS count FROM messages");
  const answered = append(store, uid, "x");
  equal(count.get()?.count, 0);
  await answered;
  equal(count.get()?.count, 1);
});

Deno.test("[D1, D2] Store lets one bad row fail alone: what shared its transaction is stored, as if it had never been", async () => {
  await using temp = await tempStorage();
  const { store } = temp.storage;
  const uid = await connect(store, "a");
  const other = new DatabaseSync(temp.path);
  other.exec(`
    CREATE TRIGGER bad_row AFTER INSERT ON messages WHEN new.content = 'bad'
    BEGIN SELECT RAISE(ABORT, 'a bad row'); END`);
  other.close();
  const outcomes = await Promise.allSettled([
    append(store, uid, "one", "c1"),
    append(store, uid, "bad", "c2"),
    append(store, uid, "two", "c3"),
    append(store, uid, "one", "c1"),
  ]);
  const told = outcomes.map((outcome) =>
    outcome.status === "fulfilled"
      ? [outcome.value.message.seq, outcome.value.duplicate]
      : /a bad row/.test(outcome.reason)
  );
  deepEqual(told, [[1, false], true, [2, false], [1, true]]);
  deepEqual(await contents(store, uid), ["one", "two"]);
  await rejects(append(store, uid, "bad", "c2"), /a bad row/);
  equal((await append(store, uid, "three", "c2")).message.seq, 3);
  deepEqual((await store.deliverable(uid, 2, 9, false)).messages.map(({ content }) => content), [
    "one",
    "two",
    "three",
  ]);
});

Deno.test("[D1, D2] Store forgets a row that fails after it has moved on: what follows in its transaction takes its place", async () => {
  await using temp = await tempStorage();
  const { store } = temp.storage;
  const uid = await connect(store, "a");
  const other = new DatabaseSync(temp.path);
  // The message itself is written by then.
  other.exec(`
    CREATE TRIGGER bad_id AFTER INSERT ON remote_messages WHEN new.remote_id = 'bad'
    BEGIN SELECT RAISE(ABORT, 'a bad id'); END`);
  other.close();
  const withId = (content: string, id: string, cid: string): Promise<Appended> =>
    store.append(uid, { side: 1, draft: { content, remoteIds: [id], cid }, at: 1, targets: [2] });
  const outcomes = await Promise.allSettled([
    withId("one", "r1", "c1"),
    withId("bad", "bad", "c2"),
    withId("two", "r2", "c2"),
    withId("bad again", "bad", "c3"),
  ]);
  const told = outcomes.map((outcome) =>
    outcome.status === "fulfilled"
      ? [outcome.value.message.seq, outcome.value.message.rev, outcome.value.duplicate]
      : /a bad id/.test(outcome.reason)
  );
  deepEqual(told, [[1, 1, false], true, [2, 2, false], true]);
  const { message } = await append(store, uid, "three", "c3");
  deepEqual([message.seq, message.rev], [3, 3]);
  const all = ["one", "two", "three"];
  deepEqual(await contents(store, uid), all);
  const waiting = async (from: Store): Promise<readonly string[]> =>
    (await from.deliverable(uid, 2, 9, false)).messages.map(({ content }) => content);
  deepEqual(await waiting(store), all);
  deepEqual(await waiting((await temp.reopen()).store), all);
});

Deno.test("Storage refuses sessions and values as closed once it is closed, whether they are read or written", async () => {
  await using temp = await tempStorage();
  const { store, sessions, meta } = temp.storage;
  const uid = await connect(store, "a");
  const hash = new Uint8Array(32);
  await temp.storage.close();
  await rejects(sessions.find(hash), { code: "closed" });
  await rejects(sessions.save(hash, uid, 1), { code: "closed" });
  throws(() => meta.get("key"), { code: "closed" });
  await rejects(meta.set("key", hash), { code: "closed" });
  await rejects(meta.getOrSet("key", () => hash), { code: "closed" });
  await temp.storage.close();
});

Deno.test("[D5] Store refuses as overloaded when the file may not grow, keeps what it acked, and goes on", async () => {
  const folder = await Deno.makeTempDir();
  const { database, lock } = openDatabase(`${folder}/test.db`);
  try {
    const heads = new Heads(database);
    const commits = new GroupCommit({ database, logger: silentLogger, onRollback: () => heads.clear() });
    const close = (): Promise<void> => Promise.resolve();
    const store = new SqliteStore({ database, commits, heads, close });
    const uid = await connect(store, "a");
    const pages = Number(database.value("PRAGMA page_count"));
    database.exec(`PRAGMA max_page_count = ${pages + 10}`);
    const acked: string[] = [];
    const fill = async (): Promise<void> => {
      for (let i = 0;; i++) {
        const content = `${i} `.padEnd(3_000, "x");
        await append(store, uid, content, `c${i}`);
        acked.push(content);
      }
    };
    await rejects(fill(), { code: "overloaded" });
    equal(acked.length > 0, true);
    deepEqual(await contents(store, uid), acked);
    await rejects(append(store, uid, "x".repeat(50_000)), { code: "overloaded" });
    database.exec("PRAGMA max_page_count = 100000");
    const { message, duplicate } = await append(store, uid, "space again", `c${acked.length}`);
    deepEqual([message.seq, duplicate], [acked.length + 1, false]);
    deepEqual(await contents(store, uid), [...acked, "space again"]);
  } finally {
    database.close();
    lock.close();
    await Deno.remove(folder, { recursive: true });
  }
});

const FAILING: readonly (readonly [string, (store: Store, uid: Uuid) => Promise<unknown>])[] = [
  ["setId", (store, uid) => store.setId(uid, 2, "b")],
  ["setActive", (store, uid) => store.setActive(uid, 2, false)],
  ["touch", (store, uid) => store.touch(uid, 5)],
  ["setProperties", (store, uid) => store.setProperties(uid, new Map([["a", 1]]))],
  ["append", (store, uid) => append(store, uid, "x")],
  ["setNote", (store, uid) => store.setNote(uid, 2, 1)],
  ["setCursor", (store, uid) => store.setCursor(uid, 2, "c")],
];

for (const [name, write] of FAILING) {
  Deno.test(`Store.${name} that fails is logged with its conversation`, async () => {
    const log = new Log();
    await using temp = await tempStorage({ logger: log });
    const { store } = temp.storage;
    const uid = await connect(store, "a");
    using other = new DatabaseSync(temp.path);
    for (const event of ["UPDATE ON connections", "INSERT ON messages", "UPDATE ON deliveries"]) {
      other.exec(`CREATE TRIGGER "${event}" BEFORE ${event} BEGIN SELECT RAISE(ABORT, 'a fault'); END`);
    }
    await rejects(write(store, uid));
    deepEqual(log.lines.map(({ message, fields }) => [message, fields["uid"]]), [["A write failed", uid]]);
  });
}
