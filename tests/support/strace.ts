import { within } from "./until.ts";

/**
 * Whoever is not root may look into a running process only where the kernel lets everybody do so with their own (Debian does). In CI it is a failure
 * when that is not so, elsewhere a test that needs it is left out.
 */
export const MAY_NOT_TRACE: boolean = !Deno.env.has("CI") && !mayTrace();

function mayTrace(): boolean {
  if (Deno.build.os !== "linux") return false;
  if (Deno.uid() === 0) return true;
  try {
    return Deno.readTextFileSync("/proc/sys/kernel/yama/ptrace_scope").trim() === "0";
  } catch (error) {
    // A kernel without that restriction.
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** What is noted and what goes wrong, in strace's own words (`man strace`: `-e trace=`, `-e inject=`, `-P`). */
export type StraceOptions = readonly string[];

/** The real `strace` at a running process: it notes system calls, and makes them slow or fail, until it is ended. */
export class Strace implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #notes: string;
  readonly #said: Promise<string>;

  private constructor(child: Deno.ChildProcess, notes: string, said: Promise<string>) {
    this.#child = child;
    this.#notes = notes;
    this.#said = said;
  }

  /**
   * Takes hold of a process and all its threads.
   *
   * @throws {Error} when strace is not installed or not allowed to
   */
  static async attach(pid: number, options: StraceOptions): Promise<Strace> {
    const notes = await Deno.makeTempFile();
    const [heard, said] = open("strace", ["-f", "-o", notes, "-p", String(pid), ...options]);
    const strace = new Strace(heard.child, notes, said);
    const ended = said.then((text): never => {
      throw new Error(`Cannot trace the process: allowed is that to root, and strace says ${text}`);
    });
    await within("strace to take hold of the process", Promise.race([heard.attached, ended]));
    return strace;
  }

  /** Makes calls on the database and its log go wrong, with an `errno` or after a time: `error=EIO`, `delay_enter=100000` (microseconds). */
  static onDatabase(pid: number, path: string, calls: string, what: string): Promise<Strace> {
    const files = ["", "-wal"].flatMap((suffix) => ["-P", `${path}${suffix}`]);
    return Strace.attach(pid, ["-e", `trace=${calls}`, "-e", `inject=${calls}:${what}`, ...files]);
  }

  /** Lets go of the process, and gives what was noted, a call a line. */
  async end(): Promise<readonly string[]> {
    this.#child.kill("SIGINT");
    await within("strace to let go", this.#child.status);
    await this.#said;
    return (await Deno.readTextFile(this.#notes)).split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGINT");
    } catch (error) {
      // It has ended, with the process that it held.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await Deno.remove(this.#notes);
  }
}

/** Starts it; its words come to an end with it, and tell once that it holds the process. */
function open(
  program: string,
  args: readonly string[],
): [{ readonly child: Deno.ChildProcess; readonly attached: Promise<void> }, Promise<string>] {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args: [...args], stdin: "null", stdout: "null", stderr: "piped" })
      .spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${program} is not installed, and this test needs it: apt-get install ${program}`);
  }
  const attached = Promise.withResolvers<void>();
  const read = async (): Promise<string> => {
    let text = "";
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (/ attached/.test(text)) attached.resolve();
    }
    return text;
  };
  return [{ child, attached: attached.promise }, read()];
}
