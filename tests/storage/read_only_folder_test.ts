import { deepEqual, equal, match } from "node:assert/strict";
import { runCommand } from "../support/command.ts";
import { sayNotProven } from "../support/not_proven.ts";
import { openStorage } from "../../src/storage/mod.ts";

const PROGRAM = new URL("open_and_tell.ts", import.meta.url).pathname;

/** Root writes to whatever it likes, unless it goes without the right to do so. */
const WITHOUT_OVERRIDE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"];

/** What stands before a command for whom a folder's rights count; `undefined` where there is no such way. */
async function findPrefix(): Promise<readonly string[] | undefined> {
  if (Deno.build.os === "windows") return undefined;
  if (Deno.uid() !== 0) return [];
  const [command = "", ...args] = WITHOUT_OVERRIDE;
  return (await runCommand(command, [...args, "true"])).success ? WITHOUT_OVERRIDE : undefined;
}

const PREFIX = await findPrefix();
if (PREFIX === undefined) {
  sayNotProven(
    "[D5] a read-only folder is refused with a clear line",
    "needs setpriv and the right to drop capabilities (CAP_SETPCAP), or a user that is not root",
  );
}

/** What a process that must heed the rights of files says about databases. */
async function tell(how: "serve" | "read", paths: readonly string[]): Promise<readonly string[]> {
  const [command = "", ...args] = [
    ...PREFIX ?? [],
    Deno.execPath(),
    "run",
    "--allow-all",
    "--no-check",
    PROGRAM,
  ];
  const { success, output } = await runCommand(command, [...args, how, ...paths]);
  equal(success, true, output);
  return JSON.parse(output.slice(output.indexOf("["), output.lastIndexOf("]") + 1));
}

/** Every file of a folder with its bytes. */
function contentsOf(folder: string): readonly (readonly [string, string])[] {
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  return names.map((name) => [name, Deno.readFileSync(`${folder}/${name}`).join()] as const);
}

Deno.test({
  name:
    "[D5] openStorage refuses a read-only folder with one clear line and leaves it as it is, also when root runs it",
  ignore: PREFIX === undefined,
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    const [old, made] = [`${folder}/old.db`, `${folder}/new.db`];
    try {
      await openStorage(old).close();
      const before = contentsOf(folder);
      for (const [name] of before) Deno.chmodSync(`${folder}/${name}`, 0o400);
      Deno.chmodSync(folder, 0o500);
      const told = await tell("serve", [old, made]);
      for (const [index, path] of [old, made].entries()) {
        match(
          told[index] ?? "",
          new RegExp(`^(unwritable|unreachable): Cannot open the database ${path}: .*writable$`),
        );
      }
      deepEqual(contentsOf(folder), before);
      Deno.chmodSync(folder, 0o700);
      for (const [name] of before) Deno.chmodSync(`${folder}/${name}`, 0o600);
      deepEqual(await tell("serve", [old, made]), ["opened", "opened"]);
    } finally {
      Deno.chmodSync(folder, 0o700);
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "Archive.read says who has to read, and what SQLite needs to, where this user may not",
  ignore: PREFIX === undefined,
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    const [path, hidden] = [`${folder}/old.db`, `${folder}/hidden`];
    try {
      await openStorage(path).close();
      Deno.mkdirSync(hidden);
      await openStorage(`${hidden}/old.db`).close();
      Deno.chmodSync(hidden, 0o000);
      Deno.chmodSync(path, 0o000);
      const mayNot = (file: string): string =>
        `unreachable: Cannot open the database ${file}: this user may not read it; run it as the user whose database it is`;
      deepEqual(await tell("read", [path, `${hidden}/old.db`]), [mayNot(path), mayNot(`${hidden}/old.db`)]);
      Deno.chmodSync(path, 0o400);
      Deno.chmodSync(folder, 0o500);
      match(
        (await tell("read", [path]))[0] ?? "",
        /^unwritable: Cannot open the database .*: its log \(-wal, -shm\), /,
      );
      Deno.chmodSync(folder, 0o700);
      deepEqual(await tell("read", [path]), ["opened"]);
    } finally {
      Deno.chmodSync(folder, 0o700);
      Deno.chmodSync(hidden, 0o700);
      await Deno.remove(folder, { recursive: true });
    }
  },
});
