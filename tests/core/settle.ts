import { setImmediate } from "node:timers";
import { equal } from "node:assert/strict";

/** Lets what is due in this and the next turns happen until something holds. */
export async function settle(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 1_000 && !(await condition()); turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  equal(await condition(), true);
}

/** Lets so many turns pass, for what must not happen in them. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
