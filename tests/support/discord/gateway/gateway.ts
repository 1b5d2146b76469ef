/** The gateway: sessions, who is connected, and what a test can make happen to them. */
import { GatewayCloseCodes, GatewayIntentBits as Intent, GatewayOpcodes } from "discord-api-types/v10";
import { renderMember } from "../render.ts";
import type { World } from "../world.ts";
import { zlibStream } from "./compression.ts";
import { Connection, type ConnectionHost, type IdentifyData, type ResumeData } from "./connection.ts";
import { refusedIntents } from "./intents.ts";
import { guildCreateData, readyData } from "./ready.ts";
import { Session } from "./session.ts";

/** How strict the gateway is. */
export interface GatewayOptions {
  readonly token: string;
  readonly heartbeatIntervalMs: number;
  /** IDENTIFYs a day; beyond it Discord resets the token. */
  readonly identifyBudget: number;
  /** One IDENTIFY per five seconds, as Discord has it; off lets tests restart at once. */
  readonly identifyRate: boolean;
}

const IDENTIFY_WINDOW_MS = 5000;

/** Discord's gateway for one application. */
export class Gateway implements ConnectionHost {
  readonly world: World;
  readonly heartbeatIntervalMs: number;
  /** IDENTIFYs that succeeded. */
  identifies = 0;
  /** RESUMEs that succeeded. */
  resumes = 0;
  /** Refuses to upgrade when set. */
  outage = false;
  /** Set once the server listens. */
  url = "";
  /** Cuts the TCP line of a connection; set once the server listens. */
  cutLine: (port: number) => void = () => {};
  readonly #options: GatewayOptions;
  readonly #connections = new Set<Connection>();
  readonly #sessions = new Map<string, Session>();
  #lastIdentifyMs = -Infinity;
  #tokenReset = false;

  /**
   * @param world where events come from
   * @param options token and strictness
   */
  constructor(world: World, options: GatewayOptions) {
    this.world = world;
    this.#options = options;
    this.heartbeatIntervalMs = options.heartbeatIntervalMs;
    world.onDispatch((event) => {
      for (const session of this.#sessions.values()) session.dispatch(event);
    });
  }

  /** Whether at least one session is READY or RESUMED on a live socket. */
  get connected(): boolean {
    return [...this.#connections].some((connection) => connection.open && connection.session !== undefined);
  }

  /** Whether the budget was overdrawn, after which the token works nowhere. */
  get tokenReset(): boolean {
    return this.#tokenReset;
  }

  /** @returns what `GET /gateway/bot` tells about starting sessions */
  sessionStartLimit(): Record<string, number> {
    const { identifyBudget } = this.#options;
    const remaining = Math.max(0, identifyBudget - this.identifies);
    return { total: identifyBudget, remaining, reset_after: 24 * 60 * 60 * 1000, max_concurrency: 1 };
  }

  /**
   * @param request an upgrade
   * @param port the TCP port of the other end
   * @returns the answer that makes it a WebSocket
   */
  upgrade(request: Request, port: number): Response {
    if (this.outage) return new Response("upstream connect error", { status: 503 });
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("Upgrade Required", { status: 426 });
    }
    const query = new URL(request.url).searchParams;
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    const compress = query.get("compress");
    const connection = new Connection(
      socket,
      this,
      port,
      compress === "zlib-stream" ? zlibStream() : undefined,
    );
    this.#connections.add(connection);
    if (query.get("v") !== "10") {
      socket.addEventListener(
        "open",
        () => connection.close(GatewayCloseCodes.InvalidAPIVersion, "Invalid API version."),
      );
    } else if (query.get("encoding") !== "json" || (compress !== null && compress !== "zlib-stream")) {
      this.world.transcript.add(
        "loud",
        `gateway asked for ${query}: only JSON, plain or zlib-stream, is known here`,
      );
      socket.addEventListener(
        "open",
        () => connection.close(GatewayCloseCodes.DecodeError, "Unknown encoding."),
      );
    }
    return response;
  }

  /** @see ConnectionHost */
  identify(connection: Connection, data: IdentifyData): void {
    if (!this.#tokenIsRight(data.token)) {
      return connection.close(GatewayCloseCodes.AuthenticationFailed, "Authentication failed.");
    }
    const shard = (data.shard ?? [0, 1]) as [number, number];
    if (!Array.isArray(shard) || shard.length !== 2 || !(shard[0] >= 0 && shard[0] < shard[1])) {
      return connection.close(GatewayCloseCodes.InvalidShard, "Invalid shard.");
    }
    const refused = refusedIntents(this.world, data.intents);
    if (refused !== undefined) {
      const words = refused === GatewayCloseCodes.InvalidIntents
        ? "Invalid intent(s)."
        : "Disallowed intent(s).";
      return connection.close(refused, words);
    }
    const now = this.world.clock.now();
    if (this.#options.identifyRate && now - this.#lastIdentifyMs < IDENTIFY_WINDOW_MS) {
      return connection.sendOp(GatewayOpcodes.InvalidSession, false);
    }
    this.#lastIdentifyMs = now;
    if (++this.identifies > this.#options.identifyBudget) return this.#resetToken();
    const session = new Session(this.world, data.intents as number, [shard[0], shard[1]]);
    this.#sessions.set(session.id, session);
    connection.session = session;
    session.sink = connection;
    this.world.transcript.add(
      "gateway",
      `IDENTIFY intents ${session.intents}: session ${session.id.slice(0, 8)}`,
    );
    session.push("READY", readyData(this.world, session, this.url));
    this.#introduceGuild(session);
    this.world.changed();
  }

  /** @see ConnectionHost */
  resume(connection: Connection, data: ResumeData): void {
    if (!this.#tokenIsRight(data.token)) {
      return connection.close(GatewayCloseCodes.AuthenticationFailed, "Authentication failed.");
    }
    const session = typeof data.session_id === "string" ? this.#sessions.get(data.session_id) : undefined;
    const seq = Number(data.seq);
    if (session === undefined) {
      this.world.transcript.add("gateway", "RESUME refused: no such session");
      return connection.sendOp(GatewayOpcodes.InvalidSession, false);
    }
    if (!session.canReplayFrom(seq)) {
      this.#sessions.delete(session.id);
      return connection.close(GatewayCloseCodes.InvalidSeq, "Invalid seq.");
    }
    connection.session = session;
    session.sink = connection;
    this.world.transcript.add(
      "gateway",
      `RESUME session ${session.id.slice(0, 8)} from ${seq} of ${session.seq}`,
    );
    this.resumes++;
    session.replayFrom(seq);
    session.push("RESUMED", { _trace: ["simulator"] });
    this.world.changed();
  }

  /** @see ConnectionHost */
  closed(connection: Connection, code: number): void {
    this.#connections.delete(connection);
    const { session } = connection;
    if (session?.sink === connection) session.sink = undefined;
    // Closing with 1000 or 1001 says that the client does not mean to come back.
    if (session !== undefined && (code === 1000 || code === 1001)) this.#sessions.delete(session.id);
    this.world.transcript.add(
      "gateway",
      `closed by ${code}${session === undefined ? " before a session" : ""}`,
    );
    this.world.changed();
  }

  /** @see ConnectionHost */
  requestMembers(connection: Connection, data: Record<string, unknown>): void {
    const { session } = connection;
    const asked = data["user_ids"] === undefined ? undefined : [data["user_ids"]].flat();
    const all = asked === undefined && data["query"] === "" && data["limit"] === 0;
    if (all && ((session?.intents ?? 0) & Intent.GuildMembers) === 0) {
      return connection.close(GatewayCloseCodes.DisallowedIntents, "Disallowed intent(s).");
    }
    const members = [...this.world.members.values()].filter((member) =>
      asked?.includes(member.userId) ?? true
    );
    session?.push("GUILD_MEMBERS_CHUNK", {
      guild_id: this.world.guild.id,
      members: members.map((member) => renderMember(this.world, member)),
      chunk_index: 0,
      chunk_count: 1,
      not_found: (asked ?? []).filter((id) => !this.world.members.has(String(id))),
      ...(data["nonce"] === undefined ? {} : { nonce: data["nonce"] }),
    });
  }

  /** Sends GUILD_CREATE to every session, as when the bot is added or an outage ends. */
  introduceGuild(): void {
    for (const session of this.#sessions.values()) this.#introduceGuild(session);
    this.world.changed();
  }

  /**
   * Loses every connection.
   *
   * @param options `resumable: false` forgets the sessions, `code` closes properly instead of cutting the line
   */
  drop(options: { resumable?: boolean; code?: number } = {}): void {
    if (options.resumable === false) this.#sessions.clear();
    for (const connection of this.#connections) {
      // From now on nothing reaches the old socket; it is replayed to the next one.
      if (connection.session?.sink === connection) connection.session.sink = undefined;
      if (options.code === undefined) this.cutLine(connection.port);
      else connection.close(options.code, "Dropped by the test.");
    }
    this.world.transcript.add("gateway", `dropped ${options.resumable === false ? "for good" : "resumable"}`);
  }

  /** Asks every client to reconnect and resume (op 7). */
  requestReconnect(): void {
    for (const connection of this.#connections) connection.sendOp(GatewayOpcodes.Reconnect, null);
  }

  /** @param resumable what op 9 says; false also forgets the session */
  invalidate(resumable: boolean): void {
    for (const connection of this.#connections) {
      const { session } = connection;
      if (session === undefined) continue;
      session.sink = undefined;
      connection.session = undefined;
      if (!resumable) this.#sessions.delete(session.id);
      connection.sendOp(GatewayOpcodes.InvalidSession, resumable);
    }
  }

  /** Closes everything at the end of a test. */
  close(): void {
    this.#sessions.clear();
    for (const connection of this.#connections) connection.close(1001, "Simulator closed.");
  }

  #introduceGuild(session: Session): void {
    const { guild } = this.world;
    if (!guild.botPresent || guild.unavailable || (session.intents & Intent.Guilds) === 0) return;
    session.push("GUILD_CREATE", guildCreateData(this.world, session.intents));
  }

  #tokenIsRight(token: unknown): boolean {
    return !this.#tokenReset && typeof token === "string" &&
      token.replace(/^Bot /, "") === this.#options.token;
  }

  #resetToken(): void {
    this.#tokenReset = true;
    this.#sessions.clear();
    this.world.transcript.add(
      "loud",
      "IDENTIFY budget used up: Discord resets the token and mails its owner",
    );
    for (const connection of this.#connections) {
      connection.close(GatewayCloseCodes.AuthenticationFailed, "Authentication failed.");
    }
  }
}
