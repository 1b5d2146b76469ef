import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import { processState } from "../load/process_state.ts";
import { quantile } from "../load/quantile.ts";
import type { Bench, Figure } from "./bench.ts";

const IDLE = 10_000;
const CHATTING = 2_000;
/** Each of the chatting visitors writes this often, in milliseconds. */
const EVERY_MS = 10_000;
const WARM_MS = 12_000;
const MEASURE_MS = 15_000;
/** A request is sent this often, in milliseconds, whether the one before was answered or not: a server that hangs is asked all the while. */
const PROBE_MS = 20;
/** The staff's answers that reach their visitors in a second (section "Method" of docs/performance.md). */
const ANSWERS_A_SECOND = 1_000;
const THREADS_LIMIT_MS = 60_000;
const MIB = 1024 * 1024;

/** Ten thousand visitors who are there and two thousand who write, in one process; then the staff answers everybody at once. */
export const serverCrowd: Bench = {
  name: "server-crowd",
  async *run(): AsyncIterable<Figure> {
    await using server = await MeasuredServer.start();
    const before = processState(server.process.pid).memory;
    await using idle = Helper.start("crowd.ts", server.url, IDLE);
    await idle.next();
    await using chatting = Helper.start("crowd.ts", server.url, CHATTING);
    await chatting.next();
    await chatting.ask(`chat ${WARM_MS} ${EVERY_MS}`);
    await chatting.next();
    await everyThread(server);
    const loopBefore = await loopDelays(server.url);
    await chatting.ask(`chat ${MEASURE_MS} ${EVERY_MS}`);
    const delays = await probe(server.url, MEASURE_MS);
    const loop = lateness(loopBefore, await loopDelays(server.url), 0.99);
    const { ackP99, acks, missing } = await chatting.next();
    const crowd = `${IDLE.toLocaleString("en-US")} idle and ${CHATTING.toLocaleString("en-US")} chatting`;
    if (missing !== 0) throw new Error(`${missing} acks did not come, ${acks} did`);
    const grown = (processState(server.process.pid).memory - before) / MIB;
    yield { figure: `memory that ${crowd} visitors take`, measured: grown, unit: "MiB" };
    yield { figure: `event loop's delay among ${crowd}, p99 at most`, measured: loop * 1_000, unit: "ms" };
    yield { figure: `/healthz among ${crowd}, p99`, measured: quantile(delays, 0.99), unit: "ms" };
    yield { figure: `ack among ${crowd}, p99`, measured: Number(ackP99), unit: "ms" };
    yield* broadcast(server, chatting);
    await idle.ask("idle");
    yield {
      figure: `of ${IDLE.toLocaleString("en-US")} idle visitors, those still there`,
      measured: Number((await idle.next()).open) / IDLE,
      bar: { atLeast: 1 },
    };
  },
};

async function* broadcast(server: MeasuredServer, chatting: Helper): AsyncIterable<Figure> {
  const started = performance.now();
  await chatting.ask("expect to everybody");
  await server.discord.ask("answer all");
  const { answered } = await server.discord.next();
  if (answered !== CHATTING) throw new Error(`the staff answered in ${answered} threads of ${CHATTING}`);
  const { heard } = await chatting.next();
  const seconds = (performance.now() - started) / 1_000;
  const all = Number(answered).toLocaleString("en-US");
  yield {
    figure: `of ${all} answers in one moment, those that arrived`,
    measured: Number(heard) / CHATTING,
    bar: { atLeast: 1 },
  };
  yield {
    figure: `${all} answers in one moment, until the last has arrived`,
    measured: seconds,
    unit: "s",
    bar: { atMost: CHATTING / ANSWERS_A_SECOND },
  };
}

/** Waits until each chatting visitor has a thread. */
async function everyThread({ discord }: MeasuredServer): Promise<void> {
  const limit = performance.now() + THREADS_LIMIT_MS;
  for (;;) {
    await discord.ask("threads");
    const { threads } = await discord.next();
    if (threads === CHATTING) return;
    if (performance.now() > limit) throw new Error(`there are ${threads} threads for ${CHATTING} visitors`);
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
}

/** How long requests wait, from the moment they were due. */
async function probe(url: string, totalMs: number): Promise<readonly number[]> {
  const count = totalMs / PROBE_MS;
  const started = performance.now();
  return await Promise.all(Array.from({ length: count }, async (_, index) => {
    const due = started + index * PROBE_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    await (await fetch(`${url}/healthz`)).body?.cancel();
    return performance.now() - due;
  }));
}

/** The server's own histogram: how many looks found the event loop at most so late, by seconds. */
async function loopDelays(url: string): Promise<ReadonlyMap<number, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const buckets = text.matchAll(/^chatbox50_event_loop_delay_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm);
  return new Map([...buckets].map(([, le, count]) => [le === "+Inf" ? Infinity : Number(le), Number(count)]));
}

/** The bound of the bucket in which the quantile of what came between two looks lies, in seconds. */
function lateness(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  q: number,
): number {
  const since = [...after].map(([le, count]) => [le, count - (before.get(le) ?? 0)] as const);
  const all = since.at(-1)?.[1] ?? 0;
  if (all === 0) throw new Error("the server did not look at its event loop");
  return since.find(([, count]) => count >= all * q)?.[0] ?? Infinity;
}
