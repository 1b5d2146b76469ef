import { Helper } from "../load/helper.ts";
import { writeHistory } from "../load/history.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import type { Bench, Figure, NamedPlot } from "./bench.ts";

const HISTORIES = [1_000, 10_000, 100_000, 1_000_000];
const PER_CONVERSATION = 100;
const WARM_ROUNDS = 50;
const ROUNDS = 1_000;

/** From `hello` to a `welcome` with 50 messages, by how much is stored; the servers take turns, one hello at a time. */
export const serverResume: Bench = {
  name: "server-resume",
  async *run(): AsyncIterable<Figure | NamedPlot> {
    await using parts = new AsyncDisposableStack();
    const servers: { readonly url: string; readonly sessions: readonly string[] }[] = [];
    for (const messages of HISTORIES) {
      const folder = await Deno.makeTempDir();
      parts.defer(() => Deno.remove(folder, { recursive: true }));
      const { sessions } = await writeHistory(`${folder}/chatbox50.db`, messages, PER_CONVERSATION);
      const { url } = parts.use(await MeasuredServer.start({ folder }));
      servers.push({ url, sessions });
    }
    const resumer = parts.use(Helper.start("resumer.ts"));
    await resumer.ask(JSON.stringify({ rounds: WARM_ROUNDS, servers }));
    await resumer.next();
    await resumer.ask(JSON.stringify({ rounds: ROUNDS, servers }));
    const told = await resumer.next() as unknown as { p50: number[]; p99: number[] };
    const [small, large] = [told.p99[0] ?? 0, told.p99.at(-1) ?? 0];
    yield { figure: "hello to welcome, p99 with 1,000 stored messages", measured: small, unit: "ms" };
    yield { figure: "hello to welcome, p99 with 1,000,000 stored messages", measured: large, unit: "ms" };
    yield {
      figure: "hello to welcome, p99 with 1,000,000 messages, to that with 1,000",
      measured: large / small,
      bar: { atMost: 2 },
    };
    const drawn = {
      title: "From hello to a welcome with 50 messages (1 = p50 with 1,000 stored messages)",
      x: "stored messages",
      y: "time, relative",
      series: (["p50", "p99"] as const).map((label) => ({
        label,
        points: HISTORIES.map((x, index) => ({ x, y: (told[label][index] ?? 0) / (told.p50[0] ?? 1) })),
      })),
    };
    yield { plot: "resume", drawn };
  },
};
