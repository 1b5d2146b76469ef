import { TextLineStream } from "./text_lines.ts";
import { Collector, within } from "../support/until.ts";

/** What the server wrote to its log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

/** How the server process ended. */
export interface Ended {
  readonly code: number;
  /** Everything it wrote that was no JSON log line. */
  readonly text: string;
}

const root = new URL("../../", import.meta.url).pathname;

/** What a start may ask for. */
export interface ProcessOptions {
  /** The executable to start; what CHATBOX50_EXECUTABLE names when left out, or `main.ts`. */
  readonly executable?: string | undefined;
  /** How many descriptors it may have (`ulimit -n`). */
  readonly openFiles?: number;
  /** Further flags of `deno run`, where it is `main.ts` that is started. */
  readonly flags?: readonly string[];
}

/**
 * The program under test: the executable, copied alone into the folder, or `main.ts`.
 *
 * @param more flags of `deno run`
 */
export async function commandIn(
  folder: string,
  executable = Deno.env.get("CHATBOX50_EXECUTABLE"),
  more: readonly string[] = [],
): Promise<{ readonly command: string; readonly args: readonly string[] }> {
  if (executable === undefined) {
    const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
    const flags = String(tasks.start.command).split(" ").filter((word) => word.startsWith("--"));
    return { command: Deno.execPath(), args: ["run", "--quiet", ...flags, ...more, `${root}main.ts`] };
  }
  const command = `${folder}/chatbox50`;
  const copied = await Deno.stat(command).then(() => true, () => false);
  // A running program's file cannot be written.
  if (!copied) await Deno.copyFile(executable.startsWith("/") ? executable : `${root}${executable}`, command);
  return { command, args: [] };
}

/**
 * The program under test with arguments, not started yet; its output is piped, and nothing but `env` configures it.
 *
 * @param launcher what starts it, if anything: a program and its first arguments
 */
export async function programIn(
  folder: string,
  env: Record<string, string>,
  args: readonly string[],
  launcher: readonly string[] = [],
  executable?: string,
  flags?: readonly string[],
): Promise<Deno.Command> {
  const { command, args: first } = await commandIn(folder, executable, flags);
  const [program = command, ...before] = [...launcher, command];
  // Deno itself needs to find its cache.
  const inherited = ["HOME", "PATH", "DENO_DIR", "XDG_CACHE_HOME", "DENO_TLS_CA_STORE"]
    .flatMap((key): [string, string][] => {
      const value = Deno.env.get(key);
      return value === undefined ? [] : [[key, value]];
    });
  return new Deno.Command(program, {
    args: [...before, ...first, ...args],
    cwd: folder,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** The real server as a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly logs = new Collector<LogLine>();
  readonly ended: Promise<Ended>;
  readonly #child: Deno.ChildProcess;
  readonly #text: string[] = [];

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.ended = this.#read();
  }

  /**
   * Starts it in a folder, in which it keeps its database.
   *
   * @param folder an existing folder
   * @param env what it is configured with; nothing else reaches it
   */
  static async start(
    folder: string,
    env: Record<string, string>,
    args: readonly string[] = [],
    { executable, openFiles, flags }: ProcessOptions = {},
  ): Promise<ServerProcess> {
    // The shell gives way to the program, which then has the shell's limit.
    const launcher = openFiles === undefined
      ? []
      : ["bash", "-c", `ulimit -n ${openFiles} && exec "$0" "$@"`];
    const whole = { LOG_FORMAT: "json", LOG_LEVEL: "debug", ...env };
    return ServerProcess.run(await programIn(folder, whole, args, launcher, executable, flags));
  }

  /** Starts a program that {@link programIn} has prepared. */
  static run(program: Deno.Command): ServerProcess {
    return new ServerProcess(program.spawn());
  }

  /** The process's id. */
  get pid(): number {
    return this.#child.pid;
  }

  async #read(): Promise<Ended> {
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> => {
      const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
      for await (const line of lines) {
        if (line.startsWith("{")) this.logs.push(JSON.parse(line));
        else this.#text.push(line);
      }
    };
    const [{ code }] = await Promise.all([
      this.#child.status,
      read(this.#child.stdout),
      read(this.#child.stderr),
    ]);
    return { code, text: this.#text.join("\n") };
  }

  /** Where it listens, once it does. */
  async url(): Promise<string> {
    const address = Promise.race([
      this.logs.until("the server to start", (lines) => lines.some(({ message }) => message === "Started"))
        .then((lines) => String(lines.find(({ message }) => message === "Started")?.address)),
      this.ended.then(({ code, text }): never => {
        throw new Error(
          `the server ended with ${code} instead of starting: ${text} ${JSON.stringify(this.logs.items)}`,
        );
      }),
    ]);
    return (await address).replace("localhost", "127.0.0.1");
  }

  /** Asks it to end. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Ended> {
    this.#child.kill(signal);
    return await within("the server to end", this.ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.ended.then(() => true);
    if (await Promise.race([ended, Promise.resolve(false)])) return;
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself in this very moment.
      if (!(error instanceof TypeError)) throw error;
    }
    await ended;
  }
}
