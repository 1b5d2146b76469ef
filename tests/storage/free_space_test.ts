import { deepEqual, equal, match } from "node:assert/strict";
import { FreeSpace, type Statfs } from "../../src/storage/free_space.ts";
import { Log } from "../support/log.ts";

const MIB = 1024 * 1024;

function spaceOf(ask: Statfs): { readonly space: FreeSpace; readonly log: Log } {
  const log = new Log();
  return { space: new FreeSpace("/srv/chat.db-files", log, ask), log };
}

Deno.test("FreeSpace asks the file system, and before the folder is there that of the one it will lie in", async () => {
  const asked: string[] = [];
  const { space, log } = spaceOf((folder) => {
    asked.push(folder);
    if (folder.endsWith("-files")) {
      return Promise.reject(Object.assign(new Error("no such folder"), { code: "ENOENT" }));
    }
    return Promise.resolve({ blocks: 10, bavail: 3, bsize: 4_096 });
  });
  equal(await space.bytes(), 3 * 4_096);
  deepEqual(asked, ["/srv/chat.db-files", "/srv"]);
  deepEqual(log.lines, []);
});

Deno.test("[D5] FreeSpace refuses nothing where the file system does not say what is free, and tells so once", async () => {
  for (
    const ask of [
      () => Promise.resolve({ blocks: 0, bavail: 0, bsize: 4_096 }),
      () => Promise.reject(new Error("function not implemented")),
    ]
  ) {
    const { space, log } = spaceOf(ask);
    equal(await space.bytes(), Infinity);
    equal(await space.bytes(), Infinity);
    deepEqual(log.lines.map(({ level }) => level), ["warn"]);
    match(log.lines[0]?.message ?? "", /does not say how much/);
  }
});

Deno.test("FreeSpace warns when less is free than is to stay free", async () => {
  const { space, log } = spaceOf(() => Promise.resolve({ blocks: 10, bavail: 1, bsize: MIB }));
  for (const [keepFree, warnings] of [[0, 0], [MIB, 0], [MIB + 1, 1]] as const) {
    await space.warnBelow(keepFree);
    equal(log.lines.filter(({ message }) => message.startsWith("Visitors cannot upload")).length, warnings);
  }
});
