import { type LogLine, ServerProcess } from "../e2e/server_process.ts";
import { Tally } from "./tally.ts";

/** No limits, since hundreds of visitors come from one address and write a lot. */
const UNLIMITED = {
  LIMIT_MESSAGES: "0",
  LIMIT_FRAMES: "0",
  LIMIT_SESSIONS: "0",
  LIMIT_UPLOADS: "0",
  MAX_CONNECTIONS_PER_IP: "0",
};

/** How many lines of the log are kept of each process, for the report. */
const LINES_KEPT = 20_000;

/** How many of them are told when it does not end. */
const LINES_TOLD = 80;

/** The real server, which can be ended at any moment and started anew on the same database. */
export class UnsteadyServer implements AsyncDisposable {
  /** What went wrong in its own words, by how often. */
  readonly complaints = new Tally();
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  #process: ServerProcess | undefined;
  #url = "http://127.0.0.1:1";
  #earlierLines: string[] = [];

  /** @param folder where it keeps its database */
  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = { ...env, ...UNLIMITED, LOG_LEVEL: "info" };
  }

  /** Where it listens, or did: each start takes another port. */
  get url(): string {
    return this.#url;
  }

  /** The end of its log, across restarts. */
  get log(): readonly string[] {
    return [...this.#earlierLines, ...lastLines(this.#process?.logs.items ?? [])];
  }

  async start(): Promise<void> {
    this.#process = await ServerProcess.start(this.#folder, this.#env);
    this.#url = await this.#process.url();
  }

  /** @returns its exit code */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    const process = this.#process;
    if (process === undefined) throw new Error("Cannot end the server: it does not run");
    const { code } = await process.stop(signal).catch((cause) => {
      throw new Error(`Cannot end the server by ${signal}:\n${this.log.slice(-LINES_TOLD).join("\n")}`, {
        cause,
      });
    });
    this.#process = undefined;
    this.#earlierLines.push(...lastLines(process.logs.items), `--- ended by ${signal} with ${code} ---`);
    for (const { level, message } of process.logs.items) {
      if (/^(warn|error|fatal)/i.test(String(level))) this.complaints.count(message);
    }
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}

function lastLines(lines: readonly LogLine[]): string[] {
  return lines.slice(-LINES_KEPT).map((line) => JSON.stringify(line));
}
