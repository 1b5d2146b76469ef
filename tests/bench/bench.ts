/**
 * What a bench is: it measures figures in one run, as ratios where a machine would decide otherwise.
 *
 * @module
 */

import type { Plot } from "./plot.ts";

/** What a figure has to reach. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number };

/** One line of the table. */
export interface Figure {
  /** What was measured. */
  readonly figure: string;
  readonly measured: number;
  /** What `measured` counts; empty for a ratio. */
  readonly unit?: string;
  /** Left out for what is only told. */
  readonly bar?: Bar;
}

/** A figure that could not be measured, which is short of any bar. */
export interface Missing {
  readonly figure: string;
  /** Why, in a line. */
  readonly missing: string;
}

/** A picture of several measurements. */
export interface NamedPlot {
  /** The name of its file, without an ending. */
  readonly plot: string;
  readonly drawn: Plot;
}

/** A group of figures that are measured together. */
export interface Bench {
  /** Names the bench on the command line. */
  readonly name: string;
  /** Measures; each figure is shown as soon as it is there. */
  run(): AsyncIterable<Figure | Missing | NamedPlot>;
}

/** Whether a figure reaches its bar; `undefined` without one. */
export function reaches(line: Figure | Missing): boolean | undefined {
  if ("missing" in line) return false;
  const { measured, bar } = line;
  if (bar === undefined) return undefined;
  return "atLeast" in bar ? measured >= bar.atLeast : measured <= bar.atMost;
}

/** The middle one of several measurements. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) {
    throw new RangeError("Cannot take a median: there are no values");
  }
  return (low + high) / 2;
}
