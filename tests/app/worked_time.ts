import type { Clock } from "../../src/core/mod.ts";
import type { RemovalTarget } from "../../src/app/removal_in_steps.ts";
import type { RemovalStep } from "../../src/storage/mod.ts";

/** What a step costs on the disk that is imagined here, in milliseconds: a commit, and each row that it looks at. */
const COMMIT_MS = 1.5;
const ROW_MS = 0.15;

/** Time that passes by work and pauses alone, so that what they share it like can be counted on any machine. */
export class WorkedTime implements Clock {
  /** How long each step was, and each pause, in milliseconds. */
  readonly steps: number[] = [];
  readonly pauses: number[] = [];
  /** How much slower the disk is than imagined. */
  slowness = 1;
  readonly #start: number;
  #passed = 0;

  constructor(start: number) {
    this.#start = start;
  }

  now(): number {
    return Math.floor(this.#start + this.#passed);
  }

  readonly stopwatch = (): number => this.#passed;

  after(delayMs: number, callback: () => void): () => void {
    this.pauses.push(delayMs);
    this.#passed += delayMs;
    queueMicrotask(callback);
    return () => {};
  }

  /** Does the work of a target, and lets it take the time of so much work. */
  counted(target: RemovalTarget): RemovalTarget {
    const pass = (rows: number, step: RemovalStep): RemovalStep => {
      const tookMs = (COMMIT_MS + rows * ROW_MS) * this.slowness;
      this.steps.push(tookMs);
      this.#passed += tookMs;
      return step;
    };
    return {
      removeMessages: async (before, cursor, rows) =>
        pass(rows, await target.removeMessages(before, cursor, rows)),
      removeIdle: async (before, cursor, rows) => pass(rows, await target.removeIdle(before, cursor, rows)),
    };
  }

  /** How much of the time was work. */
  get share(): number {
    return sum(this.steps) / (sum(this.steps) + sum(this.pauses));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
