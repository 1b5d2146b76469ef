import { deepEqual, equal } from "node:assert/strict";
import { dirname } from "node:path";
import { setImmediate } from "node:timers";
import { DatabaseSync } from "node:sqlite";
import { silentLogger } from "../../src/core/mod.ts";
import { FileSweeper, type FileSweeperOptions } from "../../src/storage/mod.ts";
import { found, visitor } from "../app/command_scene.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { Collector } from "../support/until.ts";

const AT = 1_700_000_000_000;
const EVERY_MS = 5 * 60_000;

Deno.test("FileSweeper sweeps at the start and every five minutes, goes on after a failure, and ends", async () => {
  const clock = new FakeClock(AT);
  const done: (number | string)[] = [];
  const logger = new Log();
  const files: FileSweeperOptions["files"] = {
    sweepStrays: () => Promise.reject(new Error("not readable")),
    sweep: (now) => Promise.resolve(void done.push(now - AT)),
  };
  const sweeper = new FileSweeper({ files, emptyLog: () => done.push("log") > 0, clock, logger });
  sweeper.start();
  for (let i = 0; i < 2; i++) {
    while (clock.waiting === 0) await Promise.resolve();
    clock.advance(EVERY_MS);
  }
  while (clock.waiting === 0) await Promise.resolve();
  await sweeper.close();
  deepEqual(done, [0, "log", 300_000, "log", 600_000, "log"]);
  equal(clock.waiting, 0);
  equal(logger.lines.length, 1);
});

/** Lets it sweep until it has done so many times. */
async function rounds(clock: FakeClock, swept: Collector<boolean>, count: number): Promise<void> {
  while (swept.items.length < count) {
    clock.advance(EVERY_MS);
    await new Promise((resolve) => void setImmediate(resolve));
  }
}

Deno.test("FileSweeper leaves nothing of a removed message and its file in the folder, once no reader needs the log", async () => {
  await using temp = await tempStorage();
  const { storage, path } = temp;
  const gone = await visitor(storage, "quokka", AT);
  await storage.store.change(gone.uid, { seq: 1, at: AT, targets: [], change: { type: "delete" } });
  const traces = ["quokkawords", "quokkaedited", "quokkafile-sent", "quokkabytes"];
  equal(found(dirname(path), traces).length > 0, true);

  const clock = new FakeClock(AT);
  const swept = new Collector<boolean>();
  const sweeper = new FileSweeper({
    files: storage.files,
    emptyLog: () => {
      const empty = storage.emptyLog();
      swept.push(empty);
      return empty;
    },
    clock,
    logger: silentLogger,
  });
  const reader = new DatabaseSync(path, { readOnly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM messages").get();
  sweeper.start();
  await swept.count("sweep", 1);
  equal(found(dirname(path), traces).length > 0, true);
  reader.close();
  await rounds(clock, swept, 2);
  deepEqual(found(dirname(path), traces.slice(0, 3)), []);
  // The file that no message has named goes after a day.
  clock.advance(24 * 60 * 60_000);
  await rounds(clock, swept, 4);
  deepEqual(found(dirname(path), traces), []);
  await sweeper.close();
  deepEqual(swept.items.slice(0, 2), [false, true]);
});
