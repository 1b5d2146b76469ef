import { UnknownCall } from "./public_api.ts";

/**
 * For a call that a server may be without, although it is like Discord in what a conversation cannot do without.
 *
 * @throws {Skipped} when the server does not know it
 */
export async function ifKnown<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof UnknownCall)) throw error;
    throw new Skipped(error.message, { cause: error });
  }
}

/** Why something was not checked. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

/** Says what was seen, a line each. */
export class Report {
  readonly #print: (line: string) => void;
  #failed = 0;
  #passed = 0;
  #skipped = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Whether nothing was otherwise than it has to be. */
  get isGood(): boolean {
    return this.#failed === 0;
  }

  /** In one line. */
  get sum(): string {
    return `${this.#passed} seen, ${this.#skipped} not checked, ${this.#failed} failed`;
  }

  /**
   * Checks one thing. Never rejects.
   *
   * @param work gives what was seen
   */
  async check(what: string, work: () => Promise<string>): Promise<void> {
    try {
      this.#print(`ok      ${what}: ${await work()}`);
      this.#passed++;
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (error instanceof Skipped) {
        this.#skipped++;
        this.#print(`skipped ${what}: ${words}`);
      } else {
        this.#failed++;
        this.#print(`FAILED  ${what}: ${words}`);
      }
    }
  }
}
