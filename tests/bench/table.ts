import { type Figure, type Missing, reaches } from "./bench.ts";

const WIDTHS = [70, 18, 10, 6] as const;

/** The head of the table. */
export function tableHead(): string {
  return [row(["figure", "measured", "bar", ""]), row(WIDTHS.map((width) => "-".repeat(width)))].join("\n");
}

/** A figure as a line of the table. */
export function tableRow(figure: Figure | Missing): string {
  if ("missing" in figure) return row([figure.figure, figure.missing, "", "short"]);
  const { measured, unit = "", bar } = figure;
  const shown = `${number(measured)}${unit && ` ${unit}`}`;
  const wanted = bar === undefined
    ? ""
    : "atLeast" in bar
    ? `>= ${number(bar.atLeast)}`
    : `<= ${number(bar.atMost)}`;
  const verdict = reaches(figure);
  return row([figure.figure, shown, wanted, verdict === undefined ? "" : verdict ? "pass" : "short"]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join(" | ")} |`;
}

function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 });
}
