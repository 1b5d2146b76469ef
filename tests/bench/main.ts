/**
 * Runs the benches and prints one table. Arguments name the benches to run; all when there are none.
 * Another bench joins by one line in `BENCHES`.
 *
 * @module
 */
import { type Bench, reaches } from "./bench.ts";
import { libraryGrowth } from "./library_growth.ts";
import { libraryMemory } from "./library_memory.ts";
import { libraryThroughput } from "./library_throughput.ts";
import { pageWeight } from "./page_weight.ts";
import { serverCrowd } from "./server_crowd.ts";
import { serverMemory } from "./server_memory.ts";
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
  serverRoundTrip,
  serverStart,
  serverCrowd,
  pageWeight,
];

const wanted = Deno.args.length === 0 ? BENCHES : Deno.args.map(named);
let short = 0;
print(tableHead());
for (const bench of wanted) {
  for await (const figure of bench.run()) {
    print(tableRow(figure));
    if (reaches(figure) === false) short++;
  }
}
if (short > 0) print(`${short} short of the bar`);
Deno.exit(short > 0 ? 1 : 0);

function named(name: string): Bench {
  const bench = BENCHES.find((one) => one.name === name);
  if (bench !== undefined) return bench;
  print(`Cannot run the bench ${name}: there are ${BENCHES.map((one) => one.name).join(", ")}`);
  return Deno.exit(2);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
