/**
 * `deno task test:chaos`: conversations through bad times, after which nothing may be lost, doubled or out of order.
 *
 * @module
 */
import { readOptions } from "./options.ts";
import { runChaos } from "./run.ts";

const print = (text: string): void => {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
};

/** Conversations that are told in full; the others are mostly more of the same. */
const TOLD = 3;

const options = readOptions(Deno.args, (key) => Deno.env.get(key));
const { seed, minutes, conversations } = options;
const again = `deno task test:chaos --seed ${seed} --minutes ${minutes} --conversations ${conversations}`;
print(`seed ${seed}; again: ${again}`);
const { faults, figures } = await runChaos(options);
for (const fault of faults.slice(0, TOLD)) print(`\n${fault}`);
if (faults.length > TOLD) print(`\nand ${faults.length - TOLD} more`);
for (const line of figures) print(line);
print(faults.length === 0 ? `ok, seed ${seed}` : `FAILED: ${faults.length} faults; again: ${again}`);
Deno.exit(faults.length === 0 ? 0 : 1);
