/** The simulator as tests and `deno task dev` use it. */
import { GatewayIntentBits as Intent } from "discord-api-types/v10";
import { serveAvatar } from "./avatars.ts";
import { serveAttachment } from "./cdn.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { Faults } from "./faults.ts";
import { Gateway } from "./gateway/gateway.ts";
import { SimulatedGuild } from "./guild.ts";
import { Front } from "./http/front.ts";
import { StaffPage } from "./page/server.ts";
import type { PermissionName } from "./permissions.ts";
import { type RateLimitOptions, RateLimits } from "./rate_limits.ts";
import { OtherBots } from "./rest/other_bots.ts";
import { type LoggedRequest, RestServer } from "./rest/server.ts";
import { freshGuild } from "./setup.ts";
import type { GuildData } from "./state.ts";
import type { TranscriptEntry } from "./transcript.ts";
import { until, type UntilOptions } from "./waiting.ts";
import { World, type WorldLimits } from "./world.ts";

/** How the simulator starts. Everything is optional. */
export interface SimulatorOptions {
  /** Where to listen on loopback; any free port by default. */
  readonly port?: number;
  readonly guildName?: string;
  readonly botName?: string;
  /** What the bot's role allows; enough for ChatBox50 by default. */
  readonly botPermissions?: readonly PermissionName[];
  /** Privileged intents switched on in the application's portal; message content alone by default. */
  readonly privileged?: Partial<World["privileged"]>;
  /** Off by default; `true` is as Discord has it. */
  readonly rateLimits?: boolean | RateLimitOptions;
  /** One IDENTIFY per five seconds, else invalid session; off by default. */
  readonly identifyRate?: boolean;
  /** IDENTIFYs before Discord resets the token; 1,000. */
  readonly identifyBudget?: number;
  /** Discord's is about 41,250. */
  readonly heartbeatIntervalMs?: number;
  readonly limits?: Partial<WorldLimits>;
  readonly clock?: Clock;
  /** The bot's token; one that carries the bot's id, as a real one does, when left out. */
  readonly token?: string;
  /** What {@link DiscordSimulator.snapshot} gave earlier. */
  readonly snapshot?: GuildData;
  /** Gets every transcript line; by default the loud ones go to standard error. */
  readonly log?: (entry: TranscriptEntry) => void;
}

/** Somebody was pinged by the bot or one of its webhooks. */
export interface Ping {
  readonly messageId: string;
  readonly everyone: boolean;
  readonly users: readonly string[];
  readonly roles: readonly string[];
}

const HEARTBEAT_INTERVAL_MS = 41_250;
const IDENTIFY_BUDGET = 1000;
/** How long requests that are under way may take to end at a close. */
const CLOSE_WITHIN_MS = 1000;
const DISCORD_GLOBAL_LIMIT = 50;
const DEFAULT_LIMITS: WorldLimits = {
  activeThreads: 1000,
  fileBytes: 10 * 1024 * 1024,
  invalidRequests: 10_000,
};

/** A Discord of one guild on loopback. */
export class DiscordSimulator extends SimulatedGuild implements AsyncDisposable {
  /** Scripted misfortune. */
  readonly faults: Faults = new Faults();
  /** Everyone whom the bot pinged, ever. */
  readonly pings: Ping[] = [];
  readonly #others: OtherBots;
  readonly #gateway: Gateway;
  readonly #rest: RestServer;
  readonly #page: StaffPage;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #front: Front;
  readonly #token: string;
  #closed = false;
  #cdnIsAway = false;

  private constructor(options: SimulatorOptions) {
    const clock = options.clock ?? SYSTEM_CLOCK;
    const fresh = { guildName: "Simulated guild", botName: "ChatBox50", ...options };
    const data = options.snapshot ?? freshGuild(() => clock.now(), fresh);
    const world = new World(structuredClone(data), {
      clock,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      log: options.log ?? logLoud,
    });
    Object.assign(world.privileged, options.privileged);
    super(world);
    // discordeno reads the bot's id from the first part, as from a real token.
    this.#token = options.token ?? `${btoa(data.botId).replaceAll("=", "")}.SIMULA.not-a-real-token`;
    this.#gateway = new Gateway(world, {
      token: this.#token,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
      identifyBudget: options.identifyBudget ?? IDENTIFY_BUDGET,
      identifyRate: options.identifyRate ?? false,
    });
    const { rateLimits = {} } = options;
    const limited = rateLimits === true ? { routes: true, global: DISCORD_GLOBAL_LIMIT } : rateLimits || {};
    this.#others = new OtherBots(world);
    const cutLine = (port: number): void => this.#front.cut(port);
    this.#rest = new RestServer({
      world,
      gateway: this.#gateway,
      faults: this.faults,
      limits: new RateLimits(limited, () => clock.now()),
      token: this.#token,
      others: this.#others,
      cutLine,
    });
    this.#page = new StaffPage(world, (name) => this.staff(name));
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request, info) => this.#handle(request, info.remoteAddr.port),
    );
    this.#front = new Front(options.port ?? 0, this.#server.addr.port);
    world.cdnOrigin = this.url;
    this.#gateway.url = this.url.replace("http", "ws") + "/gateway";
    this.#gateway.cutLine = cutLine;
    this.#watchPings();
  }

  /**
   * @param options how it starts
   * @returns the simulator, listening
   */
  // deno-lint-ignore require-await -- starting may have to wait one day; callers need not change then
  static async start(options: SimulatorOptions = {}): Promise<DiscordSimulator> {
    return new DiscordSimulator(options);
  }

  /** The REST base, for `bot.rest.baseUrl` and `DISCORD_API_URL`; the staff page, too. */
  get url(): string {
    return `http://127.0.0.1:${this.#front.port}`;
  }

  /** The bot's token. */
  get token(): string {
    return this.#token;
  }

  /**
   * Lets in a second bot, which plays staff by REST; the gateway knows the first one alone.
   *
   * @param name what it is called
   * @returns its token
   */
  addBot(name: string): string {
    return this.#others.invite(name);
  }

  /** Whether a gateway session is READY on a live socket. */
  get connected(): boolean {
    return this.#gateway.connected;
  }

  /** How often sessions were started and resumed. */
  get sessions(): { readonly identifies: number; readonly resumes: number } {
    const { identifies, resumes } = this.#gateway;
    return { identifies, resumes };
  }

  /** Every REST request so far, oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#rest.requests;
  }

  /** Answers of 401, 403 and 429 so far; Discord bans an address after 10,000 in ten minutes. */
  get invalidRequests(): number {
    return this.#rest.invalidRequests;
  }

  /**
   * Waits for a condition, asked again after every change. Never sleep instead.
   *
   * @param condition anything truthy ends the wait
   * @param options timeout, and what to call it in the error
   * @returns what the condition gave
   * @throws {Error} with the transcript, when the time is over
   */
  until<Value>(condition: () => Value, options: UntilOptions = {}): Promise<Value> {
    return until(this.world, condition, options);
  }

  /**
   * Loses the gateway connection.
   *
   * @param options `resumable: false` forgets the session; `code` closes properly instead of cutting the line
   */
  dropGateway(options: { resumable?: boolean; code?: number } = {}): void {
    this.#gateway.drop(options);
  }

  /** Asks the client to reconnect and resume (op 7). */
  requestReconnect(): void {
    this.#gateway.requestReconnect();
  }

  /** @param resumable whether the session may be resumed (op 9) */
  invalidateSession(resumable: boolean): void {
    this.#gateway.invalidate(resumable);
  }

  /** @param on all of Discord is away: REST answers 503, the gateway drops everyone and takes nobody */
  setOutage(on: boolean): void {
    this.#rest.outage = on;
    this.#gateway.outage = on;
    if (on) this.#gateway.drop();
    this.world.transcript.add("fault", on ? "outage begins" : "outage is over");
    this.world.changed();
  }

  /** @param on attachments and pictures are not to be had: the CDN answers 503; all else goes on */
  setCdnOutage(on: boolean): void {
    this.#cdnIsAway = on;
    this.world.transcript.add("fault", on ? "outage of the CDN begins" : "outage of the CDN is over");
  }

  /** @param unavailable the guild alone is away, as GUILD_DELETE with `unavailable` tells */
  setGuildUnavailable(unavailable: boolean): void {
    const { guild } = this.world;
    guild.unavailable = unavailable;
    if (!unavailable) return this.#gateway.introduceGuild();
    this.world.dispatch({
      t: "GUILD_DELETE",
      d: { id: guild.id, unavailable: true },
      intent: Intent.Guilds,
    });
  }

  /** Someone removes the bot from the guild. */
  kickBot(): void {
    const { guild } = this.world;
    guild.botPresent = false;
    this.world.dispatch({ t: "GUILD_DELETE", d: { id: guild.id }, intent: Intent.Guilds });
  }

  /** Someone adds the bot to the guild again. */
  inviteBot(): void {
    this.world.guild.botPresent = true;
    this.#gateway.introduceGuild();
  }

  /** @returns everything it holds, as JSON values; sessions are not part of it */
  snapshot(): GuildData {
    return this.world.snapshot();
  }

  /**
   * @param watcher called after every change
   * @returns stops it
   */
  onChange(watcher: () => void): () => void {
    return this.world.onChange(watcher);
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#page.close();
    this.#gateway.close();
    this.#front.close();
    this.#rest.close();
    // Deno 2.6 waits for ever for a request that its client has given up.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_WITHIN_MS));
    await Promise.race([this.#server.shutdown(), late]);
    clearTimeout(timer);
  }

  /** @returns when it is closed */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #handle(request: Request, port: number): Promise<Response> {
    const url = new URL(request.url);
    const api = /^(?:\/api)?\/(v\d+)(\/.*)$/.exec(url.pathname);
    if (api !== null) return await this.#rest.handle(request, api[1] ?? "", api[2] ?? "", port);
    if (url.pathname === "/gateway" || url.pathname === "/gateway/") {
      return this.#gateway.upgrade(request, port);
    }
    const served = url.pathname.startsWith("/attachments/")
      ? serveAttachment(this.world, url)
      : serveAvatar(this.world, url);
    if (served !== undefined && this.#cdnIsAway) return new Response("", { status: 503 });
    return served ?? await this.#page.handle(request);
  }

  #watchPings(): void {
    this.world.onDispatch(({ message }) => {
      if (message === undefined || (message.authorId !== this.botId && message.webhook === undefined)) return;
      const { id, mentionEveryone: everyone, mentionIds: users, mentionRoleIds: roles } = message;
      if (everyone || users.length > 0 || roles.length > 0) {
        this.pings.push({ messageId: id, everyone, users, roles });
      }
    });
  }
}

function logLoud(entry: TranscriptEntry): void {
  if (entry.kind === "loud") {
    Deno.stderr.writeSync(new TextEncoder().encode(`discord simulator: ${entry.text}\n`));
  }
}
