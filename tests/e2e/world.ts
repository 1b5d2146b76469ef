import { DiscordSimulator, type SimulatorOptions } from "../support/discord/mod.ts";
import { programIn, ServerProcess } from "./server_process.ts";

/** For tests with processes: their sockets and pipes end a turn after the test has seen them end. */
export const RELAXED = { sanitizeOps: false, sanitizeResources: false };

/** How a command ended, and what it wrote. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A simulated Discord with a forum, and a folder in which servers run. */
export class World implements AsyncDisposable {
  readonly discord: DiscordSimulator;
  readonly forum: string;
  readonly folder: string;
  readonly #servers: ServerProcess[] = [];

  private constructor(discord: DiscordSimulator, folder: string) {
    this.discord = discord;
    this.forum = discord.createForum("chatbox50");
    this.folder = folder;
  }

  static async start(options: SimulatorOptions = {}): Promise<World> {
    return new World(await DiscordSimulator.start(options), await Deno.makeTempDir());
  }

  /** What a server needs to talk to this Discord; it takes any free port. */
  get env(): Record<string, string> {
    return {
      DISCORD_TOKEN: this.discord.token,
      DISCORD_API_URL: this.discord.url,
      PORT: "0",
      HOST: "127.0.0.1",
    };
  }

  /** Starts a server process on the one database of this world. */
  async server(env: Record<string, string> = {}): Promise<ServerProcess> {
    const server = await ServerProcess.start(this.folder, { ...this.env, ...env });
    this.#servers.push(server);
    return server;
  }

  /** Runs a command in the folder of this world to its end. */
  async command(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
    const command = await programIn(this.folder, { ...this.env, ...env }, args);
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    await this.discord.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}
