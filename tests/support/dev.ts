/**
 * What `deno task dev` runs: the server, restarted on changes, and the Discord simulator, unless DISCORD_TOKEN says
 * that Discord itself is meant. The simulator lives in this process, so it outlives every restart of the server.
 *
 * @module
 */
import { parseDotenv } from "../../src/config/dotenv.ts";
import { DiscordSimulator } from "./discord/mod.ts";
import { loadState, StateFile } from "./discord/persist.ts";

const FOLDER = ".dev";
const STATE_PATH = `${FOLDER}/discord.json`;
const DATABASE_PATH = `${FOLDER}/chatbox50.db`;
const CHANNEL = "chatbox50";
const SERVER_PORT = 8000;
const SIMULATOR_PORT = 8001;
/** How far to look for a free port. */
const PORTS_TO_TRY = 50;
const ALLOWED_SITES = "http://localhost:*,http://127.0.0.1:*";
/** What the server is made of; `.` for the files of the root itself, `.env` among them. */
const SOURCES = ["src", "static", "."];
/** What makes the bundles stale, and only them: the server restarts when they are made. */
const BUNDLE_SOURCE = /^src\/(?:client\/|web\/protocol\.ts$)/;
/** What makes the server stale. */
const SERVER_SOURCE = /^(?:src\/(?!client\/)|static\/(?!dist\/)|main\.ts$|deno\.json$|\.env$)/;
const CHANGE_PAUSE_MS = 150;
const HEALTH_POLL_MS = 150;
/** A server that hangs on its way down is killed after this. */
const STOP_DEADLINE_MS = 10_000;
const TERMINAL_GRACE_MS = 3000;

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** The environment with `.env` below it; what is wrong in there is the server's to explain. */
function settings(): Map<string, string> {
  const values = new Map<string, string>();
  try {
    for (const [key, { value }] of parseDotenv(Deno.readTextFileSync(".env")).entries) values.set(key, value);
  } catch {
    // No .env, or a bad one.
  }
  for (const [key, value] of Object.entries(Deno.env.toObject())) values.set(key, value);
  return values;
}

/** The flags of a task in deno.json, so that `dev` runs with what `start` and `build` run with. */
function taskFlags(name: string): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync("deno.json")) as {
    tasks: Record<string, { command: string }>;
  };
  return tasks[name]?.command.split(/\s+/).filter((word) => word.startsWith("--")) ?? [];
}

function freePort(wanted: number, hostname: string, name: string, avoid?: number): number {
  for (let port = wanted; port < wanted + PORTS_TO_TRY; port++) {
    if (port === avoid) continue;
    try {
      Deno.listen({ port, hostname }).close();
      if (port !== wanted) say(`Port ${wanted} is taken, so the ${name} takes ${port}.`);
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`Cannot find a port for the ${name}: ${wanted} to ${wanted + PORTS_TO_TRY - 1} are taken`);
}

async function startSimulator(avoid: number): Promise<{ discord: DiscordSimulator; file: StateFile }> {
  const snapshot = await loadState(STATE_PATH).catch((error) => {
    Deno.renameSync(STATE_PATH, `${STATE_PATH}.unreadable`);
    say(`${STATE_PATH} could not be read and was put aside: ${error.message}`);
    return undefined;
  });
  const discord = await DiscordSimulator.start({
    port: freePort(SIMULATOR_PORT, "127.0.0.1", "Discord simulator", avoid),
    guildName: "Your team's server",
    ...(snapshot === undefined ? {} : { snapshot }),
  });
  if (snapshot === undefined) discord.createForum(CHANNEL, { tags: ["open", "closed"] });
  return { discord, file: new StateFile(STATE_PATH, discord) };
}

/** The server as a child process: replaced on changes, by SIGTERM, so that every restart is a real one. */
class Server {
  readonly #env: Record<string, string>;
  #child: Deno.ChildProcess | undefined;
  #replaced: Deno.ChildProcess | undefined;

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  /** Whether it runs now. */
  get runs(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    const args = ["run", ...taskFlags("start"), "main.ts"];
    const child = this.#child = new Deno.Command(Deno.execPath(), { args, env: this.#env }).spawn();
    void child.status.then(({ code }) => {
      if (this.#child === child) this.#child = undefined;
      if (this.#replaced !== child) say(`The server ended (${code}). It starts again when a file changes.`);
    });
  }

  /** @param graceMs it may be going already, because a terminal's Ctrl-C reaches both of us */
  async stop(graceMs = 0): Promise<void> {
    const child = this.#replaced = this.#child;
    if (child === undefined) return;
    const killers = [
      setTimeout(() => child.kill("SIGTERM"), graceMs),
      setTimeout(() => child.kill("SIGKILL"), graceMs + STOP_DEADLINE_MS),
    ];
    await child.status;
    for (const killer of killers) clearTimeout(killer);
  }
}

/** Bundles and restarts when something they are made of has changed; one round at a time. */
function followChanges(watchers: readonly Deno.FsWatcher[], server: Server, simulated: boolean): void {
  let changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = Promise.resolve();
  const follow = async (watcher: Deno.FsWatcher): Promise<void> => {
    for await (const { paths, kind } of watcher) {
      if (kind === "access") continue;
      for (const path of paths) changed.add(relative(path));
      clearTimeout(timer);
      timer = setTimeout(() => {
        const batch = [...changed];
        changed = new Set();
        round = round.then(() => react(batch, server, simulated));
      }, CHANGE_PAUSE_MS);
    }
    clearTimeout(timer);
  };
  for (const watcher of watchers) void follow(watcher);
}

async function react(paths: string[], server: Server, simulated: boolean): Promise<void> {
  const bundles = paths.some((path) => BUNDLE_SOURCE.test(path));
  if (!bundles && !paths.some((path) => SERVER_SOURCE.test(path))) return;
  if (paths.includes(".env") && hasToken(settings()) === simulated) {
    say(
      "DISCORD_TOKEN has come or gone: end this and run it again to change between Discord and the simulator.",
    );
  }
  if (bundles) await rebuild();
  await server.stop();
  server.start();
}

function relative(path: string): string {
  return path.replaceAll("\\", "/").replace(root, "").replace(/^\.\//, "");
}

async function rebuild(): Promise<void> {
  const args = ["run", ...taskFlags("build"), "src/client/build.ts"];
  const { success } = await new Deno.Command(Deno.execPath(), { args, stdout: "null" }).spawn().status;
  if (!success) say("The browser code could not be built; what was built before is still there.");
}

/** Gives false when the server has ended, or is to end, before it answers. */
async function answers(url: string, server: Server, stopped: AbortSignal): Promise<boolean> {
  while (!stopped.aborted && server.runs) {
    const response = await fetch(`${url}/healthz`, { signal: stopped }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, HEALTH_POLL_MS));
  }
  return false;
}

function present(server: string, discord?: DiscordSimulator): void {
  say("");
  say(`  Visitor   ${server}/`);
  if (discord !== undefined) {
    say(`  Staff     ${discord.url.replace("127.0.0.1", "localhost")}/`);
    say("");
    say("  Open both, write on either side. This is a simulated Discord;");
    say("  set DISCORD_TOKEN (in .env, for one) to talk to the real one.");
  }
  say("");
}

function hasToken(given: ReadonlyMap<string, string>): boolean {
  return Boolean(given.get("DISCORD_TOKEN") || given.get("DISCORD_TOKEN_FILE"));
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 65535;
}

async function main(): Promise<void> {
  Deno.chdir(root);
  Deno.mkdirSync(FOLDER, { recursive: true });
  const given = settings();
  const host = given.get("HOST") ?? "0.0.0.0";
  const wanted = Number(given.get("PORT") || SERVER_PORT);
  // A port that is none is the server's to explain.
  const port = isPort(wanted) ? freePort(wanted, host, "server") : given.get("PORT");
  const real = hasToken(given);
  const simulator = real ? undefined : await startSimulator(Number(port));
  const channelId = simulator?.discord.world.channels.values().find(({ name }) => name === CHANNEL)?.id;
  const server = new Server({
    PORT: String(port),
    DATABASE_PATH: given.get("DATABASE_PATH") ?? DATABASE_PATH,
    ALLOWED_SITES: given.get("ALLOWED_SITES") ?? ALLOWED_SITES,
    ...(simulator === undefined ? {} : {
      DISCORD_TOKEN: simulator.discord.token,
      DISCORD_API_URL: simulator.discord.url,
      // One of another guild may stand in .env.
      ...(given.has("DISCORD_CHANNEL_ID") && channelId !== undefined
        ? { DISCORD_CHANNEL_ID: channelId }
        : {}),
    }),
  });
  const stopped = new AbortController();
  Deno.addSignalListener("SIGINT", () => stopped.abort(Deno.stdin.isTerminal() ? TERMINAL_GRACE_MS : 0));
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => stopped.abort());
  server.start();
  const watchers = SOURCES.map((path) => Deno.watchFs(path, { recursive: path !== "." }));
  followChanges(watchers, server, !real);
  const url = `http://localhost:${port}`;
  if (await answers(url, server, stopped.signal)) present(url, simulator?.discord);
  if (!stopped.signal.aborted) {
    await new Promise((resolve) => stopped.signal.addEventListener("abort", resolve));
  }
  for (const watcher of watchers) watcher.close();
  await server.stop(typeof stopped.signal.reason === "number" ? stopped.signal.reason : 0);
  simulator?.file.close();
  await simulator?.discord.close();
}

await main();
Deno.exit(0);
