import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { randomUuid } from "../../src/core/mod.ts";
import { DatabaseOpenError, openStorage } from "../../src/storage/mod.ts";
import { runCommand } from "../support/command.ts";
import { sayNotProven } from "../support/not_proven.ts";

/** Gives whether a command worked: mounting needs rights that not everybody has. */
async function works(command: string, ...args: readonly string[]): Promise<boolean> {
  return (await runCommand(command, args)).success;
}

async function probeMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    return await works("mount", "-t", "tmpfs", "tmpfs", folder) && await works("umount", folder);
  } finally {
    await Deno.remove(folder);
  }
}

const MAY_MOUNT = await probeMount();

/** Stands before a command that is to see file systems of its own, and be root in there: Linux lets many users do that. */
const UNSHARE = ["--user", "--map-root-user", "--mount"];

/** Set for those who are in there already. */
const INSIDE = "SMALL_DISK_INSIDE";

const MAY_UNSHARE = !MAY_MOUNT && Deno.env.get(INSIDE) === undefined &&
  await works("unshare", ...UNSHARE, "mount", "-t", "tmpfs", "tmpfs", Deno.cwd());

if (!MAY_MOUNT && !MAY_UNSHARE) {
  sayNotProven(
    "[D5] a disk that is really full, and a file system that is really read-only",
    "needs the right to mount a tmpfs (root with CAP_SYS_ADMIN, or user namespaces)",
  );
}

Deno.test({
  name: "[D5] The tests of a full disk pass in a namespace of their own, where this user may not mount",
  ignore: !MAY_UNSHARE,
  async fn(): Promise<void> {
    const test = [
      Deno.execPath(),
      "test",
      "--allow-all",
      "--no-check",
      new URL(import.meta.url).pathname,
    ];
    const { success, output } = await runCommand("unshare", [...UNSHARE, ...test], {
      [INSIDE]: "1",
      NO_COLOR: "1",
    });
    equal(success, true, output);
    match(output, /ok \| 3 passed \| 0 failed \| 1 ignored/);
  },
});

async function onSmallDisk(run: (folder: string) => Promise<void>, megabytes = 1): Promise<void> {
  const folder = await Deno.makeTempDir();
  equal(await works("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder), true);
  try {
    await run(folder);
  } finally {
    equal(await works("umount", folder), true);
    await Deno.remove(folder);
  }
}

Deno.test({
  name:
    "[D5] A full disk is overloaded, nothing is acked that is not there, and it goes on when there is space",
  ignore: !MAY_MOUNT,
  fn: () =>
    onSmallDisk(async (folder) => {
      const path = `${folder}/test.db`;
      const ballast = `${folder}/ballast`;
      const uid = randomUuid();
      let storage = openStorage(path);
      await storage.store.createConnection({ uid, ids: { 1: "a", 2: null }, at: 1 });
      await Deno.writeFile(ballast, new Uint8Array(400_000));
      const acked: string[] = [];
      const append = async (content: string): Promise<void> => {
        await storage.store.append(uid, { side: 1, draft: { content }, at: 1, targets: [] });
        acked.push(content);
      };
      const fill = async (): Promise<void> => {
        for (let i = 0;; i++) await append(`${i} `.padEnd(5_000, "x"));
      };
      await rejects(fill(), { code: "overloaded" });
      await rejects(append("still full".padEnd(5_000)), { code: "overloaded" });
      const contents = async (): Promise<readonly string[]> =>
        (await storage.store.messagesBefore(uid, Infinity, 1_000)).messages.map(({ content }) => content);
      deepEqual(await contents(), acked);
      await Deno.remove(ballast);
      await append("space again");
      deepEqual(await contents(), acked);
      await storage.close();
      storage = openStorage(path);
      deepEqual(await contents(), acked);
      await storage.close();
    }),
});

Deno.test({
  name: "[D5] openStorage says that a folder is read-only, and that the disk is full",
  ignore: !MAY_MOUNT,
  fn: () =>
    onSmallDisk(async (folder) => {
      await openStorage(`${folder}/old.db`).close();
      await Deno.writeFile(`${folder}/ballast`, new Uint8Array(10)).then(() => fillUp(`${folder}/ballast`));
      throws(() => openStorage(`${folder}/new.db`), (error) =>
        refused(error, "unwritable", /the disk is full/));
      await Deno.remove(`${folder}/ballast`);
      const before = await Deno.readFile(`${folder}/old.db`);
      equal(await works("mount", "-o", "remount,bind,ro", folder), true);
      for (const name of ["old.db", "new.db"]) {
        throws(() =>
          openStorage(`${folder}/${name}`), (error) =>
          refused(error, /unwritable|unreachable/, /writable/));
      }
      deepEqual(await Deno.readFile(`${folder}/old.db`), before);
    }),
});

async function fillUp(path: string): Promise<void> {
  using file = await Deno.open(path, { append: true });
  try {
    for (;;) await file.write(new Uint8Array(4_096));
  } catch (error) {
    match(String(error), /No space left/);
  }
}

function refused(error: unknown, fault: string | RegExp, line: RegExp): boolean {
  equal(error instanceof DatabaseOpenError, true, String(error));
  match(String(Reflect.get(Object(error), "fault")), new RegExp(fault));
  match(String(error), line);
  return true;
}

Deno.test({
  name: "[D5] A small disk is filled by what was said, not by the log of it",
  ignore: !MAY_MOUNT,
  fn: () =>
    onSmallDisk(async (folder) => {
      await using storage = openStorage(`${folder}/test.db`);
      const uids = Array.from({ length: 20 }, randomUuid);
      for (const uid of uids) await storage.store.createConnection({ uid, ids: { 1: uid, 2: null }, at: 1 });
      // Each commit writes some pages anew: several times the disk in all.
      for (let round = 0; round < 150; round++) {
        for (const uid of uids) {
          await storage.store.append(uid, { side: 1, draft: { content: `${round}` }, at: 1, targets: [] });
        }
      }
      equal((await storage.store.message(uids[0] ?? randomUuid(), 150))?.content, "149");
    }, 6),
});
