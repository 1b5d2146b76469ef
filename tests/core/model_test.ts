import fc from "fast-check";
import { MemoryStore, type Store } from "../../src/core/mod.ts";
import { within } from "../support/until.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { anything, type Command } from "./model/commands.ts";
import { REGRESSIONS } from "./model/regressions.ts";
import { World } from "./model/world.ts";

/** Steps in one run, and runs; the SQLite file takes longer. */
const MAX_COMMANDS = 60;
const MEMORY_RUNS = 300;
const SQLITE_RUNS = 40;

/** After this time, in milliseconds, a run that does not end counts as failed. */
const STUCK_MS = 2_000;

interface Opened {
  readonly store: Store;
  close(): Promise<void>;
}

function openMemory(): Promise<Opened> {
  return Promise.resolve({ store: new MemoryStore(), close: () => Promise.resolve() });
}

async function openSqlite(): Promise<Opened> {
  const temp = await tempStorage();
  return { store: temp.storage.store, close: async () => await temp[Symbol.asyncDispose]() };
}

async function holdsFor(steps: Iterable<Command>, open: () => Promise<Opened>): Promise<void> {
  const { store, close } = await open();
  const world = new World(store);
  const model = new Map();
  try {
    await world.start();
    await fc.asyncModelRun(() => ({ model, real: world }), steps);
    await world.compare(model);
  } finally {
    await world.close();
    await close();
  }
}

async function holds(open: () => Promise<Opened>, parameters: fc.Parameters<unknown>): Promise<void> {
  const commands = fc.commands([...anything], { maxCommands: MAX_COMMANDS, size: "max" });
  await fc.assert(
    fc.asyncProperty(commands, (steps) => holdsFor(steps, open)),
    { timeout: STUCK_MS, ...parameters },
  );
}

Deno.test("[D2, D4, O1, O2] Both sides see what the model says, whatever happens in whatever order (memory)", () =>
  holds(openMemory, { numRuns: MEMORY_RUNS }));

Deno.test("[D2, D4, O1, O2] Both sides see what the model says, whatever happens in whatever order (SQLite)", () =>
  holds(openSqlite, { numRuns: SQLITE_RUNS }));

for (const { name, steps } of REGRESSIONS) {
  for (const [kind, open] of [["memory", openMemory], ["SQLite", openSqlite]] as const) {
    Deno.test(
      `[D4, O1] Once wrong: ${name} (${kind})`,
      () => within("the run to end", holdsFor(steps, open)),
    );
  }
}
