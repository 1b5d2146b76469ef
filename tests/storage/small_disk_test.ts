import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { randomUuid } from "../../src/core/mod.ts";
import { DatabaseOpenError, openStorage } from "../../src/storage/mod.ts";

/** Runs a command, and gives whether it worked: mounting needs rights that not everybody has. */
async function works(...command: readonly string[]): Promise<boolean> {
  const [program = "", ...args] = Deno.uid() === 0 ? command : ["sudo", "-n", ...command];
  try {
    const { success } = await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function probeMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    return await works("mount", "-t", "tmpfs", "tmpfs", folder) && await works("umount", folder);
  } finally {
    await Deno.remove(folder);
  }
}

/** Without the right to mount, a full disk is tried with a page limit in group_commit_test.ts, and a folder's rights here. In CI that is a failure. */
const MAY_MOUNT = Deno.env.has("CI") || await probeMount();

async function onSmallDisk(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  equal(await works("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder), true);
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
      equal(await works("mount", "-o", "remount,ro", folder), true);
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
