import { deepEqual, equal, ok } from "node:assert/strict";
import { CrashWorld } from "../crash/crash_world.ts";
import { readStored } from "../crash/stored.ts";
import { RELAXED } from "./world.ts";

/** How often the server is killed. `deno task test:crash` asks for a hundred. */
const ROUNDS = Number(Deno.env.get("CRASH_ROUNDS") ?? 8);
const COPIES = Number(Deno.env.get("CRASH_COPIES") ?? 10);
/** A kill comes after up to so many acks, at any moment of its work. */
const MOST_ACKS = 400;
/**
 * In every other round the visitors have heard nothing any more for so long when it comes, in milliseconds: what was stored then must be known
 * again. In the others it comes in the turn of an ack: what was acked just now must be on disk.
 */
const DEAF_MS = { least: 5, most: 45 } as const;

const PROGRAM = Deno.env.get("CHATBOX50_EXECUTABLE") ?? "main.ts";

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

Deno.test(
  "[D1, D2, D3, D4] End to end: whenever the server is killed under two-way load, nothing acked is lost or doubled on any side",
  RELAXED,
  async () => {
    await using world = await CrashWorld.make();
    for (let round = 0; round < ROUNDS; round++) {
      const deafMs = round % 2 === 1 ? 0 : DEAF_MS.least + Math.random() * (DEAF_MS.most - DEAF_MS.least);
      await world.round(1 + Math.floor(Math.random() * MOST_ACKS), deafMs);
    }
    await world.start();
    await world.settle();
    await world.check();
    // Or nothing was in doubt, and knowing a message again was not tried.
    ok(world.resent >= ROUNDS && world.changes >= ROUNDS, `${world.resent} resent, ${world.changes} changed`);
    print(
      `${ROUNDS} kills of ${PROGRAM}: ${world.acks} acked messages of which ${world.resent} were sent again, ` +
        `${world.changes} edits and deletions, ${world.answers} answers: all there, none twice`,
    );
  },
);

Deno.test(
  "[D1] End to end: a copy of the database and its log right on an ack opens and holds every ack given so far",
  RELAXED,
  async () => {
    await using world = await CrashWorld.make();
    const folder = await Deno.makeTempDir();
    try {
      await world.start();
      let copied = 0;
      const logs = new Set<number>();
      for (let round = 0; round < COPIES; round++) {
        const path = `${folder}/${round}.db`;
        const promised = await world.copy(1 + Math.floor(Math.random() * MOST_ACKS), path);
        logs.add(await timesCarriedOver(path));
        // What was on its way to the disk may be there in part; what was acked is there all the same.
        await tear(path, `${folder}/${round}-torn.db`);
        for (const file of [path, `${folder}/${round}-torn.db`]) {
          const stored = await readStored(file, [...promised.keys()]);
          for (const [uid, messages] of promised) {
            const contents = new Map(stored.get(uid)?.map(({ seq, content }) => [seq, content]));
            const missing = messages.filter(({ seq, contents: allowed }) =>
              !allowed.includes(contents.get(seq) ?? "it is not there")
            );
            deepEqual(missing, []);
            copied += messages.length;
          }
          for (const messages of stored.values()) {
            deepEqual(messages.map(({ seq }) => seq), messages.map((_, index) => index + 1));
          }
        }
      }
      equal(copied > 0, true);
      ok(logs.size > 1, "no copy was of a log that had gone into the database under load");
      await world.settle();
      await world.check();
      print(`${COPIES} copies, as they are and torn, ${copied} acks looked for: all there`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/**
 * How often a log was begun anew after its pages had gone into the database: until then a crash meets the simpler half of what SQLite does.
 * https://www.sqlite.org/fileformat2.html#walformat
 */
async function timesCarriedOver(path: string): Promise<number> {
  const log = await Deno.readFile(`${path}-wal`);
  return log.length < LOG_HEADER ? 0 : new DataView(log.buffer).getUint32(12);
}

/** A frame of the log: its header and a page (https://www.sqlite.org/fileformat2.html#walformat). */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const PAGE = 4_096;

/** The same files with a log in which another transaction had begun to be written, in the middle of a page. */
async function tear(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  const log = await Deno.readFile(`${from}-wal`);
  const end = endOfLog(log);
  const begun = log.slice(end - FRAME_HEADER - PAGE, end);
  const written = Math.floor(Math.random() * begun.length);
  const torn = new Uint8Array(Math.max(log.length, end + written));
  torn.set(log);
  torn.set(begun.subarray(0, written), end);
  await Deno.writeFile(`${to}-wal`, torn);
}

/** Where the frames of now end; behind them may be frames of before, which have other salts. */
function endOfLog(log: Uint8Array): number {
  const salts = (at: number): string => log.subarray(at, at + 8).join();
  const now = salts(16);
  let end = LOG_HEADER;
  while (end + FRAME_HEADER + PAGE <= log.length && salts(end + 8) === now) end += FRAME_HEADER + PAGE;
  return end;
}
