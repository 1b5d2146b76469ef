/**
 * Runs the benches and prints one table. Arguments name the benches to run; all when there are none. `--write` puts the table and the plots of a run
 * of all of them into `docs/`. Another bench joins by one line in `BENCHES`.
 *
 * @module
 */
import { type Bench, type Figure, type Missing, type NamedPlot, reaches } from "./bench.ts";
import { libraryGrowth } from "./library_growth.ts";
import { libraryMemory } from "./library_memory.ts";
import { libraryThroughput } from "./library_throughput.ts";
import { pageWeight } from "./page_weight.ts";
import { print } from "./print.ts";
import { Report } from "./report.ts";
import { serverCrowd } from "./server_crowd.ts";
import { serverMemory } from "./server_memory.ts";
import { serverRemoval } from "./server_removal.ts";
import { serverResume } from "./server_resume.ts";
import { serverRoundTrip } from "./server_round_trip.ts";
import { serverStart } from "./server_start.ts";
import { serverThroughput } from "./server_throughput.ts";
import { tableHead, tableRow } from "./table.ts";

const BENCHES: readonly Bench[] = [
  libraryThroughput,
  libraryGrowth,
  libraryMemory,
  serverThroughput,
  serverMemory,
  serverResume,
  serverRemoval,
  serverRoundTrip,
  serverStart,
  serverCrowd,
  pageWeight,
];

const names = Deno.args.filter((arg) => arg !== "--write");
const writes = names.length < Deno.args.length;
if (writes && names.length > 0) {
  print("Cannot write a part of the benches: the table is that of one run, allowed is --write alone");
  Deno.exit(2);
}
const wanted = names.length === 0 ? BENCHES : names.map(named);
const report = new Report();
print(tableHead());
for (const bench of wanted) {
  for await (const part of attempted(bench)) {
    report.add(part);
    if (!("plot" in part)) print(tableRow(part));
  }
}
const short = report.rows.filter((row) => reaches(row) === false).length;
print(`${short} short of the bar`);
if (writes) await report.write();
Deno.exit(short > 0 ? 1 : 0);

/** What a bench measures; a bench that fails is short, and the others go on. */
async function* attempted(bench: Bench): AsyncIterable<Figure | Missing | NamedPlot> {
  try {
    yield* bench.run();
  } catch (error) {
    yield { figure: bench.name, missing: error instanceof Error ? error.message : String(error) };
  }
}

function named(name: string): Bench {
  const bench = BENCHES.find((one) => one.name === name);
  if (bench !== undefined) return bench;
  print(`Cannot run the bench ${name}: there are ${BENCHES.map((one) => one.name).join(", ")}`);
  return Deno.exit(2);
}
