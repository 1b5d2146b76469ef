import { deepEqual, equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Uuid } from "../../src/core/mod.ts";
import { openStorage, type Storage } from "../../src/storage/mod.ts";

/** How often the process is killed; at least twice, to have a first and a last. */
const ROUNDS = Math.max(2, Number(Deno.env.get("CRASH_ROUNDS") ?? 100));
const SENDERS = 40;
/** The process is killed after this many acks, a different number each round: at any moment of its work. */
const ACKS: readonly [from: number, to: number] = [1, 3_000];
const WRITER = fileURLToPath(new URL("writer.ts", import.meta.url));

interface Heard {
  /** The highest number acked, by sender. */
  readonly acked: number[];
  /** What arrived, in order, by sender. */
  readonly got: number[][];
}

Deno.test("[D1, D4] After kill -9 at any moment every acked message is there once, in order, and has arrived", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/crash.db`;
    const heard: Heard = {
      acked: Array.from({ length: SENDERS }, () => 0),
      got: Array.from({ length: SENDERS }, () => []),
    };
    for (let round = 0; round < ROUNDS; round++) {
      await runAndKill(path, heard, ACKS[0] + Math.floor((ACKS[1] - ACKS[0]) * round / (ROUNDS - 1)));
      await check(path, heard);
    }
    const acked = heard.acked.reduce((sum, count) => sum + count, 0);
    Deno.stdout.writeSync(
      new TextEncoder().encode(`${acked} acked messages, ${ROUNDS} kills: all there, none twice\n`),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Each sender goes on after its last ack: a message that was stored but not acked is sent again with the same cid. */
async function runAndKill(path: string, heard: Heard, acks: number): Promise<void> {
  const firsts = heard.acked.map((last) => String(last + 1));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", WRITER, path, ...firsts],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let left = acks;
  let rest = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [what, sender, number] = line.split(" ");
      if (what === "ack") {
        heard.acked[Number(sender)] = Number(number);
        // What it had told before it died is still read.
        if (--left === 0) process.kill("SIGKILL");
      } else heard.got[Number(sender)]?.push(Number(number));
    }
  }
  equal((await process.status).signal, "SIGKILL");
}

async function check(path: string, { acked, got }: Heard): Promise<void> {
  await using storage = openStorage(path);
  for (const [sender, last] of acked.entries()) {
    const uid = (await storage.store.connectionOf(1, `${sender}`))?.uid;
    if (uid === undefined) {
      equal(last, 0);
      continue;
    }
    const stored = await readAll(storage, uid);
    // The last one may have been stored without its ack having been heard.
    equal(
      stored.length === last || stored.length === last + 1,
      true,
      `${stored.length} stored, ${last} acked`,
    );
    deepEqual(stored, Array.from({ length: stored.length }, (_, index) => index + 1));
    checkArrivals(got[sender] ?? [], (await storage.store.watermarks(uid, 2)).delivered);
  }
}

async function readAll({ store }: Storage, uid: Uuid): Promise<readonly number[]> {
  const { messages } = await store.messagesBefore(uid, Infinity, 1_000_000);
  deepEqual(messages.map(({ seq }) => seq), messages.map((_, index) => index + 1));
  return messages.map(({ content }) => Number(content));
}

/** In order; only the last one before a kill may come again, because its confirmation was not on disk. */
function checkArrivals(got: readonly number[], delivered: number): void {
  let highest = 0;
  for (const number of got) {
    equal(number === highest || number === highest + 1, true, `${number} arrived after ${highest}`);
    highest = Math.max(highest, number);
  }
  equal(highest >= delivered, true, `${delivered} confirmed, ${highest} arrived`);
}
