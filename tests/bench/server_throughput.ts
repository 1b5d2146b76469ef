import { setPriority } from "node:os";
import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import type { Bar, Bench, Figure, NamedPlot } from "./bench.ts";
import { median } from "./bench.ts";

/** Rounds where there is a bar, and elsewhere. */
const ROUNDS = 5;
const PLOT_ROUNDS = 3;
const LOWEST_PRIORITY = 19;
/** Long enough that the work for Discord, which lags behind, is that of each second when it is measured. */
const WARM_MS = 1_500;
const MEASURE_MS = 2_000;
/** Connections whose throughput the plot shows. */
const CROWDS = [1, 10, 100, 1_000];
const BARS: ReadonlyMap<string, Bar> = new Map([
  ["100 x 16", { atLeast: 0.5 }],
  ["100 x 1", { atLeast: 0.2 }],
]);

/** Durable acked messages a second through WebSockets, against what a bare `Deno.serve` sends back to the same client. */
export const serverThroughput: Bench = {
  name: "server-throughput",
  async *run(): AsyncIterable<Figure | NamedPlot> {
    await using echo = Helper.start("echo_server.ts");
    const echoUrl = String((await echo.next()).url);
    const series = new Map<string, { readonly x: number; readonly y: number }[]>();
    let whole = 0;
    for (const inFlight of [16, 1]) {
      for (const connections of CROWDS) {
        const crowd = `${connections.toLocaleString("en-US")} x ${inFlight}`;
        const bar = BARS.get(crowd);
        const rounds = bar === undefined ? PLOT_ROUNDS : ROUNDS;
        const rates = await measure(echoUrl, connections, inFlight, rounds, LOWEST_PRIORITY);
        yield {
          figure: `durable acked messages/s, ${crowd} in flight, to the echo's`,
          measured: rates.ratio,
          ...(bar && { bar }),
        };
        if (crowd === "100 x 16") whole = rates.echo;
        for (const name of ["echo", "server"] as const) {
          const label = name === "echo"
            ? `bare echo, ${inFlight} in flight`
            : `ChatBox50, ${inFlight} in flight`;
          const points = series.get(label) ?? [];
          series.set(label, points);
          points.push({ x: connections, y: rates[name] });
        }
      }
    }
    const { ratio } = await measure(echoUrl, 100, 16, PLOT_ROUNDS, 0);
    yield {
      figure: "the same at 100 x 16, with the simulated Discord at the server's priority",
      measured: ratio,
    };
    const drawn = {
      title: "Messages a second by connections (1 = the bare echo at 100 x 16)",
      x: "connections",
      y: "messages a second, relative",
      series: [...series].map(([label, points]) => ({
        label,
        points: points.map(({ x, y }) => ({ x, y: y / whole })),
      })),
    };
    yield { plot: "throughput", drawn };
  },
};

interface Rates {
  readonly echo: number;
  readonly server: number;
  readonly ratio: number;
}

/**
 * Turn by turn, so that whatever else the machine does falls on both; a new database for each number of connections. While it is the echo's turn
 * the server and its Discord stand still: what they still have to do for each other takes nothing from it.
 *
 * @param priority of the simulated Discord: it is not on the server's machine in real life, so it takes the time that nobody else wants at 19, and its
 *   share at 0
 */
async function measure(
  echoUrl: string,
  connections: number,
  inFlight: number,
  rounds: number,
  priority: number,
): Promise<Rates> {
  await using server = await MeasuredServer.start({ limited: true });
  setPriority(server.discord.pid, priority);
  const rates: Rates[] = [];
  for (let round = 0; round < rounds; round++) {
    server.signal("SIGSTOP");
    const echo = await send(echoUrl, connections, inFlight);
    server.signal("SIGCONT");
    const own = await send(server.url, connections, inFlight);
    rates.push({ echo, server: own, ratio: own / echo });
  }
  return {
    echo: median(rates.map(({ echo }) => echo)),
    server: median(rates.map(({ server }) => server)),
    ratio: median(rates.map(({ ratio }) => ratio)),
  };
}

async function send(url: string, connections: number, inFlight: number): Promise<number> {
  await using sender = Helper.start("sender.ts", url, connections, inFlight, WARM_MS, MEASURE_MS);
  return Number((await sender.next()).perSecond);
}
