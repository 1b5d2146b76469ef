import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import { processState } from "../load/process_state.ts";
import type { Bench, Figure } from "./bench.ts";

const CONNECTIONS = 10_000;
/** Visitors who come and go first: what a process needs for its first ones is not what one more costs. */
const WARM_UP = 300;

/** Resident memory of a visitor who is there and says nothing, against a socket of the bare echo. */
export const serverMemory: Bench = {
  name: "server-memory",
  async *run(): AsyncIterable<Figure> {
    const crowd = CONNECTIONS.toLocaleString("en-US");
    await using echo = Helper.start("echo_server.ts");
    const bare = await perConnection(String((await echo.next()).url), echo.pid);
    await using server = await MeasuredServer.start();
    const own = await perConnection(server.url, server.process.pid);
    yield {
      figure: `memory of one of ${crowd} idle connections, bare echo`,
      measured: bare / 1024,
      unit: "KiB",
    };
    yield { figure: `memory of one of ${crowd} idle connections`, measured: own / 1024, unit: "KiB" };
    yield {
      figure: `memory of one of ${crowd} idle connections, to the echo's`,
      measured: own / bare,
      bar: { atMost: 1.5 },
    };
  },
};

async function perConnection(url: string, pid: number): Promise<number> {
  await join(url, WARM_UP, () => 0);
  const before = processState(pid).memory;
  return await join(url, CONNECTIONS, () => (processState(pid).memory - before) / CONNECTIONS);
}

async function join(url: string, count: number, look: () => number): Promise<number> {
  await using crowd = Helper.start("crowd.ts", url, count);
  await crowd.next();
  return look();
}
