import { equal, match, ok, rejects } from "node:assert/strict";
import { type CommandOutcome, OPERATIONS } from "../../src/app/operations.ts";
import { randomUuid } from "../../src/core/mod.ts";
import { StartError } from "../../src/start_error.ts";
import { openStorage } from "../../src/storage/mod.ts";
import { sayNotProven } from "../support/not_proven.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { contextFor } from "./command_scene.ts";

/** Only root may mount. In CI it is a failure when that is not so, elsewhere the test is left out, and says so. */
const ignore = !Deno.env.has("CI") && !await SmallDisk.isPossible();
if (ignore) sayNotProven("commands on a read-only disk", "needs root and the right to mount a tmpfs");

const NEEDS_A_LOG =
  /Cannot open the database \S+: its log \(-wal, -shm\), .* or copy the files to a folder .*$/m;

Deno.test({
  name: "commands end with one line and 73 by a database on a read-only disk, and go on by a copy elsewhere",
  ignore,
  async fn(): Promise<void> {
    await using disk = await SmallDisk.mount("size=4m");
    const path = `${disk.path}/test.db`;
    await openStorage(path).close();
    await disk.remount("ro");
    const elsewhere = await Deno.makeTempDir();
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => Deno.remove(elsewhere, { recursive: true }));

    const run = async (name: string, database: string): CommandOutcome => {
      const context = contextFor(database);
      switch (name) {
        case "backup":
          return await OPERATIONS.backUp(context, `${elsewhere}/backup.db`);
        case "export":
          return await OPERATIONS.exportConversations(context, { uid: undefined, format: "jsonl" });
        case "stats":
          return await OPERATIONS.stats(context);
        case "purge":
          return await OPERATIONS.purge(context, { olderThanMs: 1_000 });
        default:
          return await OPERATIONS.erase(context, { uid: randomUuid(), leaveThread: true });
      }
    };
    for (const name of ["backup", "export", "stats", "purge", "erase"]) {
      await rejects(run(name, path), (error) => {
        ok(error instanceof StartError, String(error));
        equal(error.exitCode, 73, name);
        match(error.message, NEEDS_A_LOG);
        return true;
      });
    }
    const context = contextFor(path);
    equal(await OPERATIONS.check(context), "cannotCreate");
    match(context.printed.join(""), /^FAIL {2}Database: Cannot open the database \S+: its log /m);

    await Deno.copyFile(path, `${elsewhere}/copy.db`);
    for (const name of ["backup", "export", "stats"]) {
      equal(await run(name, `${elsewhere}/copy.db`), undefined);
    }
  },
});
