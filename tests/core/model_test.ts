import fc from "fast-check";
import { MemoryStore, type Store } from "../../src/core/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { anything } from "./model/commands.ts";
import { World } from "./model/world.ts";

/** What once failed stays: what it was, and the run that showed it. */
const REGRESSIONS: readonly { readonly name: string; readonly seed: number; readonly path: string }[] = [
  {
    name: "a callback for a change was begun after the box had begun to close",
    seed: -493170725,
    path: "173",
  },
  { name: "the same after an edit, with the receiver replaced", seed: -496046720, path: "900" },
];

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

async function holds(open: () => Promise<Opened>, parameters: fc.Parameters<unknown>): Promise<void> {
  const commands = fc.commands([...anything], { maxCommands: MAX_COMMANDS, size: "max" });
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
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
    }),
    { timeout: STUCK_MS, ...parameters },
  );
}

Deno.test("[D2, D4, O1, O2] Both sides see what the model says, whatever happens in whatever order (memory)", () =>
  holds(openMemory, { numRuns: MEMORY_RUNS }));

Deno.test("[D2, D4, O1, O2] Both sides see what the model says, whatever happens in whatever order (SQLite)", () =>
  holds(openSqlite, { numRuns: SQLITE_RUNS }));

for (const { name, ...run } of REGRESSIONS) {
  Deno.test(`[D4, O1] Once wrong: ${name}`, () => holds(openMemory, run));
}
