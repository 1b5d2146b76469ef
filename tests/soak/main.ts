/**
 * `deno task soak --minutes 60`: visitors come, do all that a visitor can and go, again and again, and nothing may grow.
 *
 * @module
 */
import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import { processState } from "../load/process_state.ts";
import { findWaitingDeliveries } from "../support/waiting_deliveries.ts";
import { judge, LEAST_ROUNDS, type Sample } from "./verdict.ts";

const VISITORS_A_ROUND = 100;
const AT_ONCE = 20;
const EXECUTABLE = Deno.env.has("CHATBOX50_EXECUTABLE");
const MIB = 1024 * 1024;
/** How long the last ones may need to be gone and delivered, in milliseconds. */
const SETTLE_LIMIT_MS = 20_000;
const LOOK_MS = 50;
/** A run of at most so many minutes is told in full, a longer one each minute. */
const TOLD_IN_FULL = 5;

/**
 * The collector comes when the heap has grown by a tenth, not when it has doubled: what is resident is then what is in use, and a leak shows
 * in minutes. An executable takes no such flags.
 */
const TIDY = "--heap-growing-percent=10,--max-semi-space-size=2";

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
const database = `${folder}/chatbox50.db`;
try {
  Deno.exitCode = await soak(minutes * 60_000) ? 0 : 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function soak(totalMs: number): Promise<boolean> {
  await using server = await MeasuredServer.start({ folder, env: { DENO_V8_FLAGS: TIDY } });
  const rounds: Sample[] = [];
  const started = performance.now();
  let [visitors, failed, lastPrint] = [0, 0, -Infinity];
  print("minute | visitors | memory MiB | descriptors | pending rows | visits gone wrong");
  // On a slow machine it takes longer than was asked for: fewer rounds would tell nothing.
  while (rounds.length < LEAST_ROUNDS || performance.now() - started < totalMs) {
    {
      await using guests = Helper.start("guests.ts", server.url);
      await guests.ask(`visit ${VISITORS_A_ROUND} ${AT_ONCE}`);
      const { good, problem } = await guests.next();
      visitors += VISITORS_A_ROUND;
      failed += VISITORS_A_ROUND - Number(good);
      if (problem !== undefined) print(`a visit went wrong: ${problem}`);
    }
    const left = await settled(server.url);
    const sample = { visitors, ...processState(server.process.pid), stored: await storedBytes(), ...left };
    rounds.push(sample);
    const atMinute = (performance.now() - started) / 60_000;
    if (minutes > TOLD_IN_FULL && atMinute - lastPrint < 1) continue;
    lastPrint = atMinute;
    const memory = (sample.memory / MIB).toFixed(1);
    print(
      `${
        atMinute.toFixed(1)
      } | ${visitors} | ${memory} | ${sample.descriptors} | ${left.pending} | ${failed}`,
    );
    if (left.sockets > 0) print(`${left.sockets} sockets are open although everybody has left`);
  }
  const { flat, words } = judge(rounds, EXECUTABLE ? "free" : "tidy");
  print(`${words}; ${failed} visits gone wrong`);
  return flat && failed === 0;
}

/** Waits until nobody is connected and everything has arrived; gives what is left all the same. */
async function settled(url: string): Promise<Pick<Sample, "pending" | "sockets">> {
  const limit = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const pending = findWaitingDeliveries(database).length;
    const sockets = await openSockets(url);
    if ((pending === 0 && sockets === 0) || performance.now() > limit) return { pending, sockets };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function openSockets(url: string): Promise<number> {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const text = await (await fetch(`${url}/metrics`, { client })).text();
    return Number(/^chatbox50_sockets (\d+)$/m.exec(text)?.[1]);
  } finally {
    client.close();
  }
}

async function storedBytes(): Promise<number> {
  const sizes = await Promise.all(["", "-wal"].map((suffix) => Deno.stat(`${database}${suffix}`)));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
