import { type ProcessOptions, ServerProcess } from "../e2e/server_process.ts";
import { Helper } from "./helper.ts";
import { NO_LIMITS } from "./no_limits.ts";

/** How it is started. */
export interface MeasuredServerOptions extends ProcessOptions {
  /** Whether the simulated Discord has its rate limits; false when left out. */
  readonly limited?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** An existing folder with a database; a new one when left out. */
  readonly folder?: string;
}

/** Sockets have always a limit; this is more than any bench opens. */
const MAX_CONNECTIONS = "100000";

/** The server and its simulated Discord, each in a process of its own, with no limits on what one address may do. */
export class MeasuredServer implements AsyncDisposable {
  readonly url: string;
  readonly process: ServerProcess;
  readonly discord: Helper;
  readonly #folder: string | undefined;

  private constructor(url: string, process: ServerProcess, discord: Helper, folder: string | undefined) {
    this.url = url;
    this.process = process;
    this.discord = discord;
    this.#folder = folder;
  }

  /** Starts both and waits until the server listens. */
  static async start(options: MeasuredServerOptions = {}): Promise<MeasuredServer> {
    const discord = Helper.start("discord.ts", ...(options.limited === true ? ["limited"] : []));
    const { url, token } = await discord.next();
    const own = options.folder === undefined ? await Deno.makeTempDir() : undefined;
    const process = await ServerProcess.start(
      options.folder ?? own ?? "",
      {
        DISCORD_API_URL: String(url),
        DISCORD_TOKEN: String(token),
        HOST: "127.0.0.1",
        PORT: "0",
        LOG_LEVEL: "info",
        MAX_CONNECTIONS,
        ...NO_LIMITS,
        ...options.env,
      },
      [],
      options,
    );
    return new MeasuredServer(await process.url(), process, discord, own);
  }

  /** Lets both stand still (`SIGSTOP`) and go on (`SIGCONT`). */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    for (const { pid } of [this.process, this.discord]) Deno.kill(pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await this.discord[Symbol.asyncDispose]();
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }
}
