/**
 * `deno task soak --minutes 60`: visitors come, talk with the staff and go, again and again, and nothing may grow.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import { processState } from "../load/process_state.ts";
import { quantile } from "../load/quantile.ts";

const VISITORS = 60;
const STAY_MS = 8_000;
const EVERY_MS = 1_000;
/** What a longer run may need more than its beginning, besides what SQLite caches: 64 MiB of pages and no more. */
const PAGE_CACHE_MIB = 64;
const MOST_GROWTH = 1.3;
const MIB = 1024 * 1024;
/** Visitors who are gone have no descriptors; connections to Discord are kept a while. */
const MOST_MORE_DESCRIPTORS = 70;
const DELIVERED_LIMIT_MS = 20_000;

interface Sample {
  readonly memory: number;
  readonly descriptors: number;
  readonly pending: number;
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

function minutesFrom(args: readonly string[]): number {
  const minutes = Number(args[args.indexOf("--minutes") + 1] ?? "2");
  if (args.length > 0 && (args[0] !== "--minutes" || !(minutes > 0))) {
    print("Cannot soak: allowed is --minutes with a number above 0");
    return Deno.exit(2);
  }
  return args.length === 0 ? 2 : minutes;
}

const minutes = minutesFrom(Deno.args);
const folder = await Deno.makeTempDir();
try {
  Deno.exitCode = await soak(minutes * 60_000) ? 0 : 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function soak(totalMs: number): Promise<boolean> {
  await using server = await MeasuredServer.start({ folder });
  using database = new DatabaseSync(`${folder}/chatbox50.db`, { readOnly: true });
  // A mark alone may be left over from what has arrived since.
  const waiting = database.prepare(`SELECT count(*) AS count FROM deliveries d WHERE pending = 1 AND EXISTS (
    SELECT 1 FROM messages m WHERE m.connection_id = d.connection_id AND m.seq > d.seq AND m.side <> d.side)`);
  const look = (): Sample => ({
    ...processState(server.process.pid),
    pending: Number(waiting.get()?.count),
  });
  const samples: Sample[] = [];
  const started = performance.now();
  let [answers, missing, lastPrint] = [0, 0, -Infinity];
  print("minute | memory MiB | descriptors | pending rows | answers | missing");
  while (performance.now() - started < totalMs) {
    {
      await using crowd = Helper.start("crowd.ts", server.url, VISITORS);
      await crowd.next();
      await crowd.ask(`round trips ${STAY_MS} ${EVERY_MS}`);
      const told = await crowd.next();
      answers += Number(told.answers);
      missing += Number(told.missing);
    }
    const sample = look();
    samples.push(sample);
    const atMinute = (performance.now() - started) / 60_000;
    // A short run is told in full, a long one each minute.
    if (minutes > 5 && atMinute - lastPrint < 1) continue;
    lastPrint = atMinute;
    const { memory, descriptors, pending } = sample;
    print(
      `${atMinute.toFixed(1)} | ${
        (memory / MIB).toFixed(1)
      } | ${descriptors} | ${pending} | ${answers} | ${missing}`,
    );
  }
  const limit = performance.now() + DELIVERED_LIMIT_MS;
  while (look().pending > 0 && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return verdict(samples, look().pending, missing);
}

/** The beginning is the second quarter: the first one warms up. */
function verdict(samples: readonly Sample[], pending: number, missing: number): boolean {
  const quarter = Math.ceil(samples.length / 4);
  const middle = (part: readonly Sample[], of: (sample: Sample) => number): number =>
    quantile(part.map(of), 0.5);
  const [begin, end] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  const [from, to] = [middle(begin, ({ memory }) => memory / MIB), middle(end, ({ memory }) => memory / MIB)];
  const more = middle(end, ({ descriptors }) => descriptors) -
    middle(begin, ({ descriptors }) => descriptors);
  const flat = to <= from * MOST_GROWTH + (minutes > 5 ? PAGE_CACHE_MIB : 0);
  const good = flat && more <= MOST_MORE_DESCRIPTORS && pending === 0 && missing === 0;
  print(
    `${good ? "flat" : "NOT flat"}: memory ${from.toFixed(1)} to ${
      to.toFixed(1)
    } MiB, ${more} descriptors more, ` +
      `${pending} rows pending, ${missing} answers missing`,
  );
  return good;
}
