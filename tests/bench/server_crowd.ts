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
const PROBE_MS = 20;
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
    await chatting.ask(`chat ${MEASURE_MS} ${EVERY_MS}`);
    const delays = await probe(server.url, MEASURE_MS);
    const { ackP99, acks, missing } = await chatting.next();
    const crowd = `${IDLE.toLocaleString("en-US")} idle and ${CHATTING.toLocaleString("en-US")} chatting`;
    if (missing !== 0) throw new Error(`${missing} acks did not come, ${acks} did`);
    const grown = (processState(server.process.pid).memory - before) / MIB;
    yield { figure: `memory of ${crowd} visitors`, measured: grown, unit: "MiB" };
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
  const { heard } = await chatting.next();
  const seconds = (performance.now() - started) / 1_000;
  const all = Number(answered).toLocaleString("en-US");
  yield {
    figure: `of ${all} answers in one moment, those that arrived`,
    measured: Number(heard) / Number(answered),
    bar: { atLeast: 1 },
  };
  yield { figure: `${all} answers in one moment, until the last has arrived`, measured: seconds, unit: "s" };
}

/** How long the event loop lets a request wait. */
async function probe(url: string, totalMs: number): Promise<readonly number[]> {
  const delays: number[] = [];
  const until = performance.now() + totalMs;
  while (performance.now() < until) {
    const started = performance.now();
    await (await fetch(`${url}/healthz`)).body?.cancel();
    delays.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
  return delays;
}
