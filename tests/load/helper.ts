import { fileURLToPath } from "node:url";
import { TextLineStream } from "../e2e/text_lines.ts";
import { within } from "../support/until.ts";

/** What a helper tells: one JSON object a line. */
export type Told = Readonly<Record<string, unknown>>;

/** A program of this folder in a process of its own, so that it takes no time from what is measured. */
export class Helper implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #script: string;

  private constructor(script: string, child: Deno.ChildProcess) {
    this.#script = script;
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
      .getReader();
    this.#input = child.stdin.getWriter();
  }

  /** @param script a file of this folder */
  static start(script: string, ...args: readonly (string | number)[]): Helper {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--allow-all", path, ...args.map(String)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    return new Helper(script, child);
  }

  /** The process's id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The next line it tells. */
  async next(limitMs = 120_000): Promise<Told> {
    const { value, done } = await within(`${this.#script} to tell something`, this.#lines.read(), limitMs);
    if (done) throw new Error(`${this.#script} ended without a word`);
    return JSON.parse(value);
  }

  /** Writes a line to it. */
  async ask(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits for its end; it ends by itself when its input does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#lines.cancel().catch(() => {});
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.#child.status;
    clearTimeout(timer);
  }
}
