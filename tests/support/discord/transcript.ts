/** What happened, in order; printed when a test waits in vain. */

/** One line of the transcript. */
export interface TranscriptEntry {
  readonly at: number;
  readonly kind: "rest" | "gateway" | "staff" | "fault" | "loud" | "state";
  readonly text: string;
}

/** Older lines are dropped beyond this. */
const MAX_ENTRIES = 20_000;

/** A bounded list of what the simulator did and was asked. */
export class Transcript {
  #entries: TranscriptEntry[] = [];
  readonly #now: () => number;
  readonly #log: ((entry: TranscriptEntry) => void) | undefined;

  /**
   * @param now the time in Unix milliseconds
   * @param log also gets each line
   */
  constructor(now: () => number, log?: (entry: TranscriptEntry) => void) {
    this.#now = now;
    this.#log = log;
  }

  /** Every line kept, oldest first. */
  get entries(): readonly TranscriptEntry[] {
    return this.#entries;
  }

  /**
   * @param kind what it is about
   * @param text one line
   */
  add(kind: TranscriptEntry["kind"], text: string): void {
    const entry = { at: this.#now(), kind, text };
    this.#entries.push(entry);
    if (this.#entries.length > MAX_ENTRIES) this.#entries = this.#entries.slice(MAX_ENTRIES / 2);
    this.#log?.(entry);
  }

  /**
   * @param last how many lines from the end
   * @returns them as text
   */
  toString(last = 60): string {
    const lines = this.#entries.slice(-last).map((entry) => {
      return `${new Date(entry.at).toISOString().slice(11, 23)} ${entry.kind.padEnd(7)} ${entry.text}`;
    });
    const left = this.#entries.length - lines.length;
    return (left > 0 ? [`(${left} earlier lines)`, ...lines] : lines).join("\n");
  }
}
