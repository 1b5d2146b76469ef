import type { Bench, Figure } from "./bench.ts";
import { median } from "./bench.ts";
import { openLoad, type Receiving } from "./library_load.ts";
import { PlainInserts } from "./plain_inserts.ts";

const CONTENT = "x".repeat(100);
const ROUNDS = 5;
/** Messages a round; the fewer senders, the longer each takes. */
const MESSAGES: Readonly<Record<number, number>> = { 1: 2_000, 10: 10_000, 100: 20_000, 1000: 40_000 };
const BAR = { atLeast: 0.5 };

/**
 * Durable messages a second through the library alone, against plain statements that write the same rows in transactions of as many
 * messages as there are senders: a sender that waits for its ack never has more than one to commit. What is received is written a
 * second time, as having arrived; then the ratio to the inserts alone stands beside.
 */
export const libraryThroughput: Bench = {
  name: "throughput",
  async *run(): AsyncIterable<Figure> {
    for (const senders of [1, 10, 100, 1000]) {
      for (const receiving of ["nobody", "in batches", "one by one"] as const) {
        yield* measure(senders, receiving);
      }
    }
  },
};

async function* measure(senders: number, receiving: Receiving): AsyncIterable<Figure> {
  const folder = await Deno.makeTempDir();
  try {
    const messages = MESSAGES[senders] ?? 0;
    const isReceived = receiving !== "nobody";
    // Each as large as the library's at the time: the larger a database, the more pages a transaction touches.
    using plain = new PlainInserts(`${folder}/plain.db`, senders, isReceived);
    using inserts = new PlainInserts(`${folder}/inserts.db`, senders, false);
    await using load = await openLoad(`${folder}/library.db`, senders, receiving);
    plain.run(messages, senders, CONTENT);
    if (isReceived) inserts.run(messages, senders, CONTENT);
    await load.run(messages, CONTENT);
    const rates: number[] = [];
    const ratios: number[] = [];
    const toInserts: number[] = [];
    // Turn by turn, so that whatever else the machine does falls on both.
    for (let round = 0; round < ROUNDS; round++) {
      const yardstick = plain.run(messages, senders, CONTENT);
      const rate = await load.run(messages, CONTENT);
      rates.push(rate);
      ratios.push(rate / yardstick);
      if (isReceived) toInserts.push(rate / inserts.run(messages, senders, CONTENT));
    }
    const what = `${senders} senders, received ${receiving === "nobody" ? "by nobody" : receiving}`;
    yield { figure: `durable messages, ${what}`, measured: median(rates), unit: "/s" };
    yield {
      figure: `durable messages, ${what}, to plain ${isReceived ? "inserts and updates" : "inserts"}`,
      measured: median(ratios),
      ...(senders >= 100 && { bar: BAR }),
    };
    if (!isReceived) return;
    yield { figure: `durable messages, ${what}, to the inserts alone`, measured: median(toInserts) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
