import { deepEqual, equal, ok } from "node:assert/strict";
import { CrashWorld } from "../crash/crash_world.ts";
import { readStored } from "../crash/stored.ts";

/** How often the server is killed. `deno task test:crash` asks for a hundred. */
const ROUNDS = Number(Deno.env.get("CRASH_ROUNDS") ?? 5);
const COPIES = Number(Deno.env.get("CRASH_COPIES") ?? 5);
/** A kill comes after up to so many acks, at any moment of its work. */
const MOST_ACKS = 400;
/** For so long, in milliseconds, the visitors have heard nothing any more when it comes: what was stored then must be known again. */
const DEAF_MS = { least: 5, most: 45 } as const;

const PROGRAM = Deno.env.get("CHATBOX50_EXECUTABLE") ?? "main.ts";

/** Sockets and pipes of processes end a turn after the test has seen them end. */
const RELAXED = { sanitizeOps: false, sanitizeResources: false };

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

Deno.test(
  "[D1, D2, D3, D4] End to end: whenever the server is killed under two-way load, nothing acked is lost or doubled on any side",
  RELAXED,
  async () => {
    await using world = await CrashWorld.make();
    for (let round = 0; round < ROUNDS; round++) {
      const deafMs = DEAF_MS.least + Math.random() * (DEAF_MS.most - DEAF_MS.least);
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
  "[D1] End to end: a copy of the database and its log at any moment opens and holds every ack given before",
  RELAXED,
  async () => {
    await using world = await CrashWorld.make();
    const folder = await Deno.makeTempDir();
    try {
      await world.start();
      let copied = 0;
      for (let round = 0; round < COPIES; round++) {
        const before = world.acks;
        while (world.acks < before + 1 + Math.random() * MOST_ACKS) {
          await new Promise((done) => setTimeout(done, 1));
        }
        const path = `${folder}/${round}.db`;
        const promised = await world.copy(path);
        // What the disk had not been asked to keep may be missing at the log's end, or be torn: then there is less, and no gap.
        await tear(path, `${folder}/${round}-torn.db`);
        const stored = await readStored(path, [...promised.keys()]);
        for (const [uid, messages] of promised) {
          const contents = new Map(stored.get(uid)?.map(({ seq, content }) => [seq, content]));
          const missing = messages.filter(({ seq, contents: allowed }) =>
            !allowed.includes(contents.get(seq) ?? "it is not there")
          );
          deepEqual(missing, []);
          copied += messages.length;
        }
        for (
          const messages of (await readStored(`${folder}/${round}-torn.db`, [...promised.keys()])).values()
        ) {
          deepEqual(messages.map(({ seq }) => seq), messages.map((_, index) => index + 1));
        }
      }
      equal(copied > 0, true);
      await world.settle();
      await world.check();
      print(`${COPIES} copies, ${copied} acks looked for: all there`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** The same files with a log that ends in the middle of something. */
async function tear(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  const log = await Deno.readFile(`${from}-wal`);
  await Deno.writeFile(`${to}-wal`, log.subarray(0, Math.floor(Math.random() * log.length)));
}
