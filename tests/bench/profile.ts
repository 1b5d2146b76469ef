/**
 * Shows where the server's time goes at 100 connections with 16 messages each in flight: `deno run --cpu-prof` of the server from its
 * source, of the time in which JavaScript ran. Reading and writing sockets in Rust is not in it.
 *
 * @module
 */
import { setPriority } from "node:os";
import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import { print } from "./print.ts";

const CONNECTIONS = 100;
const IN_FLIGHT = 16;
const WARM_MS = 2_000;
const MEASURE_MS = 5_000;
const SHOWN = 30;

/** Chrome's format: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile. Times in microseconds. */
interface Profile {
  readonly startTime: number;
  readonly endTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const folder = await Deno.makeTempDir();
try {
  const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`];
  const started = performance.now();
  await using server = await MeasuredServer.start({ limited: true, flags });
  setPriority(server.discord.pid, 19);
  await using sender = Helper.start("sender.ts", server.url, CONNECTIONS, IN_FLIGHT, WARM_MS, MEASURE_MS);
  const { perSecond } = await sender.next();
  const from = (performance.now() - started - MEASURE_MS) * 1_000;
  await server.process.stop();
  const [file] = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  if (file === undefined) throw new Error("Deno wrote no profile");
  const profile: Profile = JSON.parse(await Deno.readTextFile(`${folder}/${file}`));
  print(`${Math.round(Number(perSecond))} messages a second, while being watched`);
  for (const [name, share] of shares(profile, from, from + MEASURE_MS * 1_000).slice(0, SHOWN)) {
    print(`${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Each function's own part of the time in which JavaScript ran between two times after the start, in microseconds; the largest first. */
function shares(profile: Profile, from: number, to: number): readonly (readonly [string, number])[] {
  const names = new Map(profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
    const place = url === "" ? "" : ` ${url.replace(/^.*\//, "")}:${lineNumber + 1}`;
    return [id, `${functionName || "(anonymous)"}${place}`];
  }));
  const own = new Map<string, number>();
  let at = 0;
  let busy = 0;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    const name = names.get(id) ?? "";
    if (at < from || at >= to || name === "(idle)") return;
    busy += delta;
    own.set(name, (own.get(name) ?? 0) + delta);
  });
  return [...own].map(([name, time]) => [name, time / busy] as const).sort(([, a], [, b]) => b - a);
}
