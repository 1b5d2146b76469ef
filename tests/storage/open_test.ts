import { equal, match, notEqual, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openStorage } from "../../src/storage/mod.ts";
import { DatabaseOpenError, openDatabase } from "../../src/storage/open.ts";
import { MIGRATIONS } from "../../src/storage/migrations.ts";
import { tempStorage } from "../support/temp_storage.ts";

async function inFolder(run: (path: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/test.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Expects a refusal with one clear line, and that the file is as it was. */
function refuses(path: string, fault: string, line: RegExp): void {
  const before = Deno.statSync(path).isFile ? Deno.readFileSync(path) : undefined;
  throws(() => openStorage(path), (error) => {
    equal(error instanceof DatabaseOpenError && error.fault, fault);
    match(String(error), line);
    equal(String(error).includes("\n"), false);
    return true;
  });
  if (before !== undefined) {
    equal(Deno.readFileSync(path).every((byte, index) => byte === before[index]), true);
  }
}

Deno.test("openStorage makes a file with WAL, synchronous=FULL and foreign keys", async () => {
  await using temp = await tempStorage();
  const other = new DatabaseSync(temp.path);
  equal(other.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
  equal(other.prepare("PRAGMA user_version").get()?.user_version, MIGRATIONS.length);
  other.close();
  await temp.storage.close();
  const { database, lock } = openDatabase(temp.path);
  equal(database.value("PRAGMA synchronous"), 2);
  equal(database.value("PRAGMA foreign_keys"), 1);
  database.close();
  lock.close();
});

Deno.test("[D5] openStorage refuses a database that is newer, and leaves it as it is", () =>
  inFolder(async (path) => {
    await openStorage(path).close();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    database.close();
    refuses(
      path,
      "newer",
      new RegExp(`schema version ${MIGRATIONS.length + 1}, this program knows up to ${MIGRATIONS.length}`),
    );
  }));

Deno.test("[D5] openStorage refuses a database that another server is using", async () => {
  await using temp = await tempStorage();
  refuses(temp.path, "locked", /another server is using it/);
});

for (
  const hold of ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"]
) {
  Deno.test(`[D5] openStorage refuses a database that another process has locked by ${hold}`, () =>
    inFolder(async (path) => {
      await openStorage(path).close();
      const other = new DatabaseSync(path);
      other.exec(hold);
      try {
        refuses(path, "locked", /another process has locked it/);
      } finally {
        other.close();
      }
    }));
}

Deno.test("[D5] openStorage refuses what is no database", () =>
  inFolder((path) => {
    Deno.writeTextFileSync(path, "this is a letter, not a database. ".repeat(100));
    refuses(path, "damaged", /file is not a database/);
  }));

Deno.test("[D5] openStorage refuses a database whose pages are damaged", () =>
  inFolder(async (path) => {
    const storage = openStorage(path);
    await storage.flush();
    await storage.close();
    const bytes = Deno.readFileSync(path);
    // Leave the header and the schema's page, spoil the rest.
    bytes.fill(0xa5, 4096 * 2, 4096 * 5);
    Deno.writeFileSync(path, bytes);
    refuses(path, "damaged", /restore a backup/);
  }));

Deno.test("[D5] openStorage refuses somebody else's database", () =>
  inFolder((path) => {
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE theirs (a)");
    other.close();
    refuses(path, "foreign", /not made by ChatBox50/);
  }));

Deno.test("[D5] openStorage says what is wrong with a folder", () =>
  inFolder((path) => {
    Deno.mkdirSync(path);
    refuses(path, "unreachable", /it is a directory/);
    throws(() => openStorage(`${path}/missing/test.db`), /its folder must exist and be writable/);
  }));

Deno.test("openDatabase brings a database of an older version up, a step a transaction", () =>
  inFolder((path) => {
    const steps = ["CREATE TABLE a (x) STRICT".replace("(x)", "(x TEXT)"), "ALTER TABLE a ADD COLUMN y TEXT"];
    const first = openDatabase(path, steps.slice(0, 1));
    first.database.exec("INSERT INTO a (x) VALUES ('kept')");
    first.database.close();
    first.lock.close();
    throws(() => openDatabase(path, [...steps, "CREATE TABLE a (again TEXT)"]), DatabaseOpenError);
    const second = openDatabase(path, steps);
    equal(second.database.value("PRAGMA user_version"), 2);
    equal(second.database.value("SELECT x FROM a WHERE y IS NULL"), "kept");
    second.database.close();
    second.lock.close();
  }));

Deno.test("openStorage keeps one identity key for a database", async () => {
  await using temp = await tempStorage();
  const make = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
  const key = await temp.storage.meta.getOrSet("key", make);
  const again = await (await temp.reopen()).meta.getOrSet("key", make);
  equal(again.every((byte, index) => byte === key[index]), true);
  notEqual(key.every((byte) => byte === 0), true);
});
