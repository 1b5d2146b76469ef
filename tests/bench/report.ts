import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import type { Figure, Missing, NamedPlot } from "./bench.ts";
import { drawPlot } from "./plot.ts";
import { tableHead, tableRow } from "./table.ts";

const DOCS = new URL("../../docs/", import.meta.url);
const BEGIN = "<!-- Written by `deno task bench --write`, from one run -->";
const END = "<!-- The end of what is written -->";

/** What one run of all benches gave, and on which machine. */
export class Report {
  readonly rows: (Figure | Missing)[] = [];
  readonly #plots: NamedPlot[] = [];
  readonly #started = Date.now();
  readonly #load = loadavg()[0] ?? 0;

  /** Takes a part in. */
  add(part: Figure | Missing | NamedPlot): void {
    if ("plot" in part) this.#plots.push(part);
    else this.rows.push(part);
  }

  /** Puts the table into `docs/performance.md` and the plots into `docs/images/`. */
  async write(): Promise<void> {
    const page = new URL("performance.md", DOCS);
    await Deno.writeTextFile(page, withReport(await Deno.readTextFile(page), this.#text()));
    const written = [page];
    for (const { plot, drawn } of this.#plots) {
      const file = new URL(`images/${plot}.svg`, DOCS);
      await Deno.writeTextFile(file, drawPlot(drawn));
      written.push(file);
    }
    await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", ...written.map((file) => fileURLToPath(file))],
    })
      .output();
  }

  #text(): string {
    const minutes = Math.round((Date.now() - this.#started) / 60_000);
    const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
    const date = new Date(this.#started).toISOString().slice(0, 10);
    const head = `One run of ${minutes} minutes on ${date}: Deno ${Deno.version.deno}, ${Deno.build.os} ` +
      `${Deno.build.arch}, ${machine}; load average ${this.#load.toFixed(1)} before it, from other programs.`;
    return [head, "", tableHead(), ...this.rows.map(tableRow)].join("\n");
  }
}

/**
 * Replaces what an earlier run wrote.
 *
 * @throws {Error} when the page has no place for it
 */
export function withReport(page: string, text: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) {
    throw new Error(`Cannot write the figures: the page lacks ${BEGIN} or ${END}`);
  }
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`;
}
