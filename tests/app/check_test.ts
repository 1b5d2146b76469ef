import { equal, match } from "node:assert/strict";
import { check } from "../../src/app/check.ts";
import { openStorage } from "../../src/storage/mod.ts";
import { sayNotProven } from "../support/not_proven.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { contextFor } from "./command_scene.ts";

/** Only root may mount. In CI it is a failure when that is not so, elsewhere the test is left out, and says so. */
const ignore = !Deno.env.has("CI") && !await SmallDisk.isPossible();
if (ignore) sayNotProven("check on a read-only disk", "needs root and the right to mount a tmpfs");

Deno.test({
  name: "check fails by a database that can be read in a folder that cannot be written",
  ignore,
  async fn(): Promise<void> {
    await using disk = await SmallDisk.mount("size=4m");
    const path = `${disk.path}/crashed.db`;
    {
      await using storage = openStorage(`${disk.path}/open.db`);
      await storage.flush();
      // With its log, as after a crash: without it SQLite itself cannot open the file there, see read_only_disk_test.ts.
      for (const end of ["", "-wal", "-shm"]) await Deno.copyFile(`${disk.path}/open.db${end}`, path + end);
    }
    const before = contextFor(path);
    await check(before);
    match(before.printed.join(""), /^ok {4}Database: /m);
    await disk.remount("ro");
    const context = contextFor(path);
    equal(await check(context), "cannotCreate");
    match(
      context.printed.join(""),
      /^FAIL {2}Database: Cannot use \S+: Read-only file system; its folder must exist and be writable$/m,
    );
  },
});
