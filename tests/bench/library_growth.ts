import { randomUuid } from "../../src/core/mod.ts";
import { openStorage } from "../../src/storage/mod.ts";
import { type Bench, type Figure, median } from "./bench.ts";
import { openLoad } from "./library_load.ts";

const CONTENT = "x".repeat(100);
const SENDERS = 100;
const ROUNDS = 7;
const MESSAGES = 5_000;
const FILL_CONVERSATIONS = 1_000;
/** Writes under way at once while filling; the group commit makes transactions of 4,000. */
const FILL_BATCH = 10_000;

/** What a message costs when the database holds a million of them, against a thousand. */
export const libraryGrowth: Bench = {
  name: "growth",
  async *run(): AsyncIterable<Figure> {
    const folder = await Deno.makeTempDir();
    try {
      await fill(`${folder}/small.db`, 1_000);
      await fill(`${folder}/big.db`, 1_000_000);
      await using big = await openLoad(`${folder}/big.db`, SENDERS, "in batches");
      await big.run(MESSAGES, CONTENT);
      const ratios: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        // A copy each time: measuring makes it grow.
        const copy = `${folder}/small-${round}.db`;
        await Deno.copyFile(`${folder}/small.db`, copy);
        await using small = await openLoad(copy, SENDERS, "in batches");
        ratios.push(await small.run(MESSAGES, CONTENT) / await big.run(MESSAGES, CONTENT));
      }
      yield {
        figure: "cost of a message with 1,000,000 stored, to 1,000 stored",
        measured: median(ratios),
        bar: { atMost: 1.5 },
      };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

/** Stores messages of earlier conversations; everything lies in the one file when it is closed. */
async function fill(path: string, messages: number): Promise<void> {
  await using storage = openStorage(path);
  const { store } = storage;
  const uids = Array.from({ length: FILL_CONVERSATIONS }, randomUuid);
  await Promise.all(
    uids.map((uid) => store.createConnection({ uid, ids: { 1: uid, 2: `peer ${uid}` }, at: 0 })),
  );
  const request = { side: 1, draft: { content: CONTENT }, at: 0, targets: [] } as const;
  for (let done = 0; done < messages; done += FILL_BATCH) {
    const batch = Array.from({ length: Math.min(FILL_BATCH, messages - done) }, (_, index) => {
      const uid = uids[index % uids.length];
      if (uid === undefined) throw new RangeError("Cannot fill: there are no conversations");
      return store.append(uid, request);
    });
    await Promise.all(batch);
  }
}
