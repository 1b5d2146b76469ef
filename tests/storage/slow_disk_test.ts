import { equal, ok } from "node:assert/strict";
import { silentLogger } from "../../src/core/mod.ts";
import { Database } from "../../src/storage/database.ts";
import { GroupCommit } from "../../src/storage/group_commit.ts";

/** How long the disk takes for each COMMIT, in milliseconds. */
const FSYNC_MS = 40;
const WRITERS = 200;
const WRITES_EACH = 5;

/** A database whose disk is slow: the whole process waits, as it does for a real fsync. */
class SlowDatabase extends Database {
  override exec(sql: string): void {
    if (sql === "COMMIT") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FSYNC_MS);
    super.exec(sql);
  }
}

Deno.test("[D5] GroupCommit shares a slow fsync among all who wait for one", async () => {
  const database = new SlowDatabase(":memory:");
  try {
    database.exec("CREATE TABLE t (n INTEGER)");
    const insert = database.prepare("INSERT INTO t VALUES (?)");
    const sizes: number[] = [];
    const commits = new GroupCommit({
      database,
      logger: silentLogger,
      onRollback: () => {},
      listener: { committed: (size) => void sizes.push(size) },
    });
    await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
      for (let i = 0; i < WRITES_EACH; i++) await commits.write(() => insert.run(writer));
    }));
    equal(database.value("SELECT count(*) FROM t"), WRITERS * WRITES_EACH);
    // One for each turn of all the writers, not one for each write.
    ok(sizes.length <= WRITES_EACH + 1, `${sizes}`);
    commits.close();
  } finally {
    database.close();
  }
});
