import { deepEqual, equal, ok } from "node:assert/strict";
import { MAY_NOT_TRACE, Strace } from "../support/strace.ts";
import { DiskVisitor } from "./disk_visitor.ts";
import { RELAXED, World } from "./world.ts";

const TRACED = { ...RELAXED, ignore: MAY_NOT_TRACE };

/** What writes to a file, as SQLite does it. */
const WRITES = "pwrite64,write,ftruncate";
const NO_RATES = { LIMIT_MESSAGES: "0", LIMIT_FRAMES: "0" };

interface Fault {
  readonly name: string;
  readonly calls: string;
  readonly error: string;
}

const FAULTS: readonly Fault[] = [
  { name: "a disk that becomes read-only", calls: WRITES, error: "error=EROFS" },
  { name: "a disk that cannot be written", calls: WRITES, error: "error=EIO" },
  {
    name: "a disk that fails to keep what was written (fsync)",
    calls: "fsync,fdatasync",
    error: "error=EIO",
  },
];

for (const { name, calls, error } of FAULTS) {
  Deno.test(
    `[D5] End to end: ${name} while the server runs is told as overloaded, and all is well after`,
    TRACED,
    async () => {
      await using world = await World.start();
      const server = await world.server(NO_RATES);
      await using visitor = await DiskVisitor.arrive(world, await server.url());
      {
        await using _fault = await Strace.onDatabase(
          server.pid,
          `${world.folder}/chatbox50.db`,
          calls,
          error,
        );
        for (const cid of ["one", "two"]) {
          const { type, code } = await visitor.write(cid);
          deepEqual([type, code], ["error", "overloaded"]);
        }
        visitor.staffSays("from the staff");
        const status = await visitor.upload();
        ok(status >= 500 && status < 600, `an upload was answered by ${status}`);
        await visitor.readsBack();
      }
      // As the visitor's client does: what was refused is sent again.
      for (const cid of ["one", "two", "three"]) equal((await visitor.write(cid)).type, "acks");
      await visitor.hears("from the staff");
      await visitor.reaches("three");
      equal(await visitor.upload(), 200);
      const told = await visitor.history();
      deepEqual(told.filter((text) => text !== "from the staff"), ["first", "one", "two", "three"]);
      equal(told.length, 5);
      equal((await server.stop()).code, 0);
      const again = await world.server(NO_RATES);
      deepEqual(await visitor.history(await again.url()), told);
    },
  );
}

/** How long each fsync takes longer, and how many messages go out at once. */
const SLOW_MS = 200;
const BURST = 50;

Deno.test(
  "[D1, D5] End to end: a slow fsync delays acks and shares them, and loses no message of either side",
  TRACED,
  async () => {
    await using world = await World.start();
    const server = await world.server(NO_RATES);
    await using visitor = await DiskVisitor.arrive(world, await server.url());
    const cids = Array.from({ length: BURST }, (_, index) => `burst${index}`);
    {
      await using _slow = await Strace.onDatabase(
        server.pid,
        `${world.folder}/chatbox50.db`,
        "fsync,fdatasync",
        `delay_enter=${SLOW_MS * 1_000}`,
      );
      const started = performance.now();
      equal((await visitor.write("alone")).type, "acks");
      ok(performance.now() - started >= SLOW_MS, "an ack came before the disk had it");
      visitor.staffSays("from the staff");
      for (const cid of cids) visitor.send(cid);
      for (const cid of cids) equal((await visitor.answerTo(cid)).type, "acks");
      // One after the other would have taken them this long.
      ok(performance.now() - started < BURST * SLOW_MS, "each message waited for the disk by itself");
      await visitor.hears("from the staff");
    }
    equal((await visitor.write("after")).type, "acks");
    await visitor.reaches("after");
    const told = await visitor.history();
    deepEqual(told.filter((text) => text !== "from the staff"), ["first", "alone", ...cids, "after"]);
    equal(told.length, BURST + 4);
  },
);
