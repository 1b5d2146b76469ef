import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { randomUuid } from "../../src/core/mod.ts";
import {
  Archive,
  DatabaseDamage,
  DatabaseOpenError,
  findDamage,
  openStorage,
} from "../../src/storage/mod.ts";
import { fillLarge, MESSAGES, SPOILED_SEQ, spoilOld, spoilTable } from "../support/damaged_database.ts";
import { Log } from "../support/log.ts";
import { within } from "../support/until.ts";

/** What an operator reads, wherever the damage was met. */
const LINE =
  /^Cannot use the database \S+large\.db: it is damaged \([^\n]+\); stop the server and restore a backup, [^\n]+$/;

const uid = randomUuid();

/** Made once: a database that is too large to be looked at whole at a start. */
const folder = await Deno.makeTempDir();
const whole = `${folder}/large.db`;
await fillLarge(whole, uid);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Gives a test a copy of its own. */
async function inCopy(run: (path: string) => Promise<void>): Promise<void> {
  const own = await Deno.makeTempDir();
  try {
    await Deno.copyFile(whole, `${own}/large.db`);
    await run(`${own}/large.db`);
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

function isDamage(error: unknown): boolean {
  equal(error instanceof DatabaseDamage, true, String(error));
  equal(Reflect.get(Object(error), "code"), "overloaded");
  match(String(Reflect.get(Object(error), "message")), LINE);
  return true;
}

function isRefusal(error: unknown): boolean {
  equal(error instanceof DatabaseOpenError && error.fault, "damaged", String(error));
  match(String(Reflect.get(Object(error), "message")), LINE);
  return true;
}

const draft = { content: "new" };

Deno.test("[D5] openStorage refuses a large database when what it reads first is damaged, and lets go of it", () =>
  inCopy(async (path) => {
    await spoilTable(path, "files_unused");
    const before = await Deno.readFile(path);
    // Twice: a database that was not let go of would be in use.
    throws(() => openStorage(path), isRefusal);
    throws(() => openStorage(path), isRefusal);
    equal((await Deno.readFile(path)).every((byte, index) => byte === before[index]), true);
  }));

Deno.test("[D5] A read that meets a damage is refused, and nothing is stored or acked after it", () =>
  inCopy(async (path) => {
    await spoilOld(path);
    const logger = new Log();
    const storage = openStorage(path, { logger });
    equal(
      (await storage.store.append(uid, { side: 1, draft, at: 3, targets: [] })).message.seq,
      MESSAGES + 2,
    );
    await rejects(storage.store.messagesBefore(uid, SPOILED_SEQ, 100), isDamage);
    match((await within("the word of it", storage.damaged)).message, LINE);
    const [file, log] = [await Deno.readFile(path), await Deno.readFile(`${path}-wal`)];
    await rejects(storage.store.append(uid, { side: 1, draft, at: 4, targets: [] }), isDamage);
    await rejects(storage.meta.set("key", new Uint8Array(1)), isDamage);
    deepEqual([await Deno.readFile(path), await Deno.readFile(`${path}-wal`)], [file, log]);
    deepEqual(logger.lines.map(({ level, message }) => [level, message]), [
      ["error", "The database is damaged, nothing more is stored"],
    ]);
    match(String(logger.lines[0]?.fields.reason), LINE);
    await storage.close();
    // What was acked before is there.
    await using again = openStorage(path);
    equal((await again.store.message(uid, MESSAGES + 2))?.content, "new");
    equal(await again.store.message(uid, MESSAGES + 3), undefined);
  }));

Deno.test("[D5] A commit that meets a damage is refused with all that came with it", () =>
  inCopy(async (path) => {
    await spoilTable(path, "sessions");
    const storage = openStorage(path);
    const outcomes = await Promise.allSettled([
      storage.store.append(uid, { side: 1, draft, at: 3, targets: [] }),
      storage.sessions.save(new Uint8Array(32), uid, 3),
      storage.store.append(uid, { side: 1, draft, at: 3, targets: [] }),
    ]);
    for (const outcome of outcomes) isDamage(outcome.status === "rejected" && outcome.reason);
    await within("the word of it", storage.damaged);
    await rejects(storage.flush(), isDamage);
    await storage.close();
    using archive = Archive.read(path);
    equal(archive.countMessages(uid), MESSAGES + 1);
  }));

Deno.test("[D5] A backup refuses a large database that is damaged anywhere, and leaves nothing under its name", () =>
  inCopy(async (path) => {
    await spoilOld(path);
    await using storage = openStorage(path);
    await rejects(storage.backup(`${path}.copy`), isRefusal);
    await rejects(Deno.stat(`${path}.copy`), Deno.errors.NotFound);
  }));

Deno.test("findDamage finds a page that cannot be right in a database of any size, and none in one that is whole", () =>
  inCopy(async (path) => {
    await findDamage(path);
    await spoilOld(path);
    await rejects(findDamage(path), isDamage);
    await rejects(findDamage(path, AbortSignal.abort("SIGINT")), (reason) => reason === "SIGINT");
  }));
