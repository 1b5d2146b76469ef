import { setImmediate } from "node:timers";
import { deepEqual, equal, rejects } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ChatBoxError, randomUuid } from "../../src/core/mod.ts";
import { Database } from "../../src/storage/database.ts";
import { GroupCommit, type GroupCommitOptions } from "../../src/storage/group_commit.ts";
import { Log } from "../support/log.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { within } from "../support/until.ts";

interface Fixture extends Disposable {
  readonly database: Database;
  readonly commits: GroupCommit;
  readonly sizes: number[];
  readonly log: Log;
}

function makeFixture(options: Partial<GroupCommitOptions> = {}): Fixture {
  const database = new Database(":memory:");
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a TEXT UNIQUE NOT NULL) STRICT");
  const sizes: number[] = [];
  const log = new Log();
  const commits = new GroupCommit({
    database,
    logger: log,
    onRollback: () => {},
    listener: { committed: (size): void => void sizes.push(size) },
    ...options,
  });
  return { database, commits, sizes, log, [Symbol.dispose]: (): void => database.close() };
}

Deno.test("GroupCommit makes one transaction of all that arrives in one turn", async () => {
  using fixture = makeFixture();
  const insert = fixture.database.prepare("INSERT INTO t VALUES (?)");
  const results = await Promise.all(["a", "b", "c"].map((a) => fixture.commits.write(() => insert.run(a))));
  deepEqual(results, [1, 1, 1]);
  deepEqual(fixture.sizes, [3]);
  await fixture.commits.write(() => insert.run("d"));
  deepEqual(fixture.sizes, [3, 1]);
});

Deno.test("GroupCommit lets one bad write fail alone, with nothing of it left", async () => {
  using fixture = makeFixture();
  const insert = fixture.database.prepare("INSERT INTO t VALUES (?)");
  const write = (...values: string[]): Promise<unknown> =>
    fixture.commits.write(() => values.forEach((value) => insert.run(value)));
  const outcomes = await Promise.allSettled([write("a"), write("b", "a"), write("c")]);
  deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  deepEqual(fixture.database.prepare("SELECT a FROM t ORDER BY a").all().map(({ a }) => a), ["a", "c"]);
});

Deno.test("GroupCommit hands a ChatBoxError to its caller and commits the rest", async () => {
  using fixture = makeFixture();
  const insert = fixture.database.prepare("INSERT INTO t VALUES (?)");
  const refused = fixture.commits.write(() => {
    throw new ChatBoxError("not_found", "no such thing");
  });
  const stored = fixture.commits.write(() => insert.run("a"));
  await rejects(refused, { code: "not_found" });
  equal(await stored, 1);
  deepEqual(fixture.sizes, [2]);
});

Deno.test("[O4] GroupCommit refuses more than 20,000 waiting writes as overloaded", async () => {
  using fixture = makeFixture();
  const accepted = Array.from({ length: 20_000 }, () => fixture.commits.write(() => undefined));
  await rejects(fixture.commits.write(() => undefined), { code: "overloaded" });
  await Promise.all(accepted);
  await fixture.commits.write(() => undefined);
});

Deno.test("[D5] A full disk is overloaded, stores nothing of the batch, and ends when there is space", async () => {
  using fixture = makeFixture();
  const insert = fixture.database.prepare("INSERT INTO t VALUES (?)");
  fixture.database.exec("PRAGMA max_page_count = 8");
  const big = "x".repeat(50_000);
  const outcomes = await Promise.allSettled([
    fixture.commits.write(() => insert.run("small")),
    fixture.commits.write(() => insert.run(big)),
  ]);
  for (const outcome of outcomes) {
    equal(
      outcome.status === "rejected" && outcome.reason instanceof ChatBoxError && outcome.reason.code,
      "overloaded",
    );
  }
  deepEqual(fixture.database.prepare("SELECT count(*) AS n FROM t").get(), { n: 0, __proto__: null });
  fixture.database.exec("PRAGMA max_page_count = 1000");
  await fixture.commits.write(() => insert.run(big));
});

Deno.test("[D5] A file that another process locks for a while is written when it lets go", async () => {
  await using temp = await tempStorage();
  const uid = randomUuid();
  const other = new DatabaseSync(temp.path);
  other.exec("BEGIN IMMEDIATE");
  const created = temp.storage.store.createConnection({ uid, ids: { 1: "a", 2: null }, at: 1 });
  let settled = false;
  created.then(() => settled = true, () => settled = true);
  // The write has met the lock once its first turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  await temp.storage.store.connection(uid);
  equal(settled, false);
  other.exec("COMMIT");
  other.close();
  equal((await created).uid, uid);
});

Deno.test("GroupCommit.close stores what waits and refuses what comes", async () => {
  using fixture = makeFixture();
  const insert = fixture.database.prepare("INSERT INTO t VALUES (?)");
  const stored = fixture.commits.write(() => insert.run("a"));
  fixture.commits.close();
  equal(await stored, 1);
  await rejects(fixture.commits.write(() => insert.run("b")), { code: "closed" });
});

for (
  const [how, fail] of [
    ["throws", (): never => {
      throw new Error("the counter is broken");
    }],
    ["rejects", (): Promise<never> => Promise.reject(new Error("the counter is broken"))],
  ] as const
) {
  Deno.test(`GroupCommit answers and goes on when whoever counts, or logs, ${how}`, async () => {
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    using fixture = makeFixture({ logger, listener: { committed: fail } });
    const insert = fixture.database.prepare("INSERT INTO t VALUES (?)");
    const write = (a: string): Promise<number> => fixture.commits.write(() => insert.run(a));
    equal(await within("the first answer", write("a")), 1);
    await rejects(within("a bad write", write("a")), /UNIQUE/);
    fixture.database.exec("PRAGMA max_page_count = 8");
    await rejects(within("a full disk", write("x".repeat(50_000))), { code: "overloaded" });
    equal(await within("the next answer", write("b")), 1);
    const last = write("c");
    fixture.commits.close();
    equal(await within("the last answer", last), 1);
  });
}

Deno.test("GroupCommit logs what a listener of commits throws", async () => {
  const failure = new Error("the counter is broken");
  const committed = (): never => {
    throw failure;
  };
  using fixture = makeFixture({ listener: { committed } });
  await fixture.commits.write(() => undefined);
  deepEqual(fixture.log.lines, [
    { level: "error", message: "A listener of commits threw", fields: { error: failure } },
  ]);
});

Deno.test("GroupCommit takes back a transaction that fails between its beginning and its first write", async () => {
  let broken = true;
  const onBegin = (): void => {
    if (broken) throw new Error("nobody knows what has changed");
  };
  using fixture = makeFixture({ onBegin });
  const insert = fixture.database.prepare("INSERT INTO t VALUES (?)");
  await rejects(fixture.commits.write(() => insert.run("a")), {
    code: "overloaded",
    message: "Cannot store: nobody knows what has changed; try again later",
  });
  broken = false;
  equal(await fixture.commits.write(() => insert.run("b")), 1);
  deepEqual(fixture.database.prepare("SELECT a FROM t").all().map(({ a }) => a), ["b"]);
});
