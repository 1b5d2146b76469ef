/**
 * One WebSocket to the gateway, from HELLO to its close.
 *
 * @see https://docs.discord.com/developers/events/gateway
 */
import { GatewayCloseCodes, GatewayOpcodes } from "discord-api-types/v10";
import type { World } from "../world.ts";
import type { Session, SessionSink } from "./session.ts";
import type { TransportCompressor } from "./compression.ts";

/** What a connection asks of the gateway behind it. */
export interface ConnectionHost {
  readonly world: World;
  readonly heartbeatIntervalMs: number;
  identify(connection: Connection, data: IdentifyData): void;
  resume(connection: Connection, data: ResumeData): void;
  closed(connection: Connection, code: number): void;
  requestMembers(connection: Connection, data: Record<string, unknown>): void;
}

/** The data of op 2, not yet validated. */
export interface IdentifyData {
  token?: unknown;
  intents?: unknown;
  shard?: unknown;
  properties?: unknown;
}

/** The data of op 6, not yet validated. */
export interface ResumeData {
  token?: unknown;
  session_id?: unknown;
  seq?: unknown;
}

/** Commands a client may send in a minute. */
const MAX_COMMANDS = 120;
const COMMAND_WINDOW_MS = 60_000;
/** Bytes of one command. */
const MAX_COMMAND_BYTES = 4096;
/** Heartbeats may be this much late before the session has timed out. */
const HEARTBEAT_GRACE = 1.6;

/** A client's socket. */
export class Connection implements SessionSink {
  session: Session | undefined;
  /** The TCP port of the other end, by which the front can cut the line. */
  readonly port: number;
  readonly #socket: WebSocket;
  readonly #host: ConnectionHost;
  readonly #compressor: TransportCompressor | undefined;
  #heartbeatTimer: ReturnType<typeof setTimeout> | undefined;
  #commandTimes: number[] = [];

  /**
   * @param socket just upgraded
   * @param host the gateway
   * @param port the TCP port of the other end
   * @param compressor for clients that asked for transport compression
   */
  constructor(socket: WebSocket, host: ConnectionHost, port: number, compressor?: TransportCompressor) {
    this.#socket = socket;
    this.#host = host;
    this.port = port;
    this.#compressor = compressor;
    socket.onopen = () => {
      this.sendOp(GatewayOpcodes.Hello, {
        heartbeat_interval: host.heartbeatIntervalMs,
        _trace: ["simulator"],
      });
      this.#expectHeartbeat();
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onerror = () => {};
    socket.onclose = (event) => {
      clearTimeout(this.#heartbeatTimer);
      host.closed(this, event.code);
    };
  }

  /** Whether payloads still get through. */
  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** @param text a payload in JSON */
  send(text: string): void {
    if (!this.open) return;
    if (this.#compressor === undefined) this.#socket.send(text);
    else for (const chunk of this.#compressor.compress(text)) this.#socket.send(chunk);
  }

  /**
   * @param op an opcode other than dispatch
   * @param d its data
   */
  sendOp(op: GatewayOpcodes, d: unknown): void {
    this.send(JSON.stringify({ op, d, s: null, t: null }));
  }

  /**
   * @param code a close code
   * @param reason in words
   */
  close(code: number, reason: string): void {
    clearTimeout(this.#heartbeatTimer);
    this.#host.world.transcript.add("gateway", `closing ${this.port}: ${code} ${reason}`);
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(code, reason);
  }

  #expectHeartbeat(): void {
    clearTimeout(this.#heartbeatTimer);
    this.#heartbeatTimer = setTimeout(
      () => this.close(GatewayCloseCodes.SessionTimedOut, "Session timed out."),
      this.#host.heartbeatIntervalMs * HEARTBEAT_GRACE,
    );
    // A test that ends without closing should fail by its own words, not hang.
    Deno.unrefTimer(this.#heartbeatTimer as unknown as number);
  }

  #receive(data: unknown): void {
    const command = typeof data === "string" && data.length <= MAX_COMMAND_BYTES ? parse(data) : undefined;
    if (command === undefined) {
      return this.close(GatewayCloseCodes.DecodeError, "Error while decoding payload.");
    }
    if (this.#tooManyCommands()) return this.close(GatewayCloseCodes.RateLimited, "Rate limited.");
    const { op, d } = command;
    if (op === GatewayOpcodes.Heartbeat) {
      this.#expectHeartbeat();
      return this.sendOp(GatewayOpcodes.HeartbeatAck, null);
    }
    if (op === GatewayOpcodes.Identify || op === GatewayOpcodes.Resume) {
      if (this.session !== undefined) {
        return this.close(GatewayCloseCodes.AlreadyAuthenticated, "Already authenticated.");
      }
      const body = (d ?? {}) as IdentifyData & ResumeData;
      return op === GatewayOpcodes.Identify ? this.#host.identify(this, body) : this.#host.resume(this, body);
    }
    if (this.session === undefined) {
      return this.close(GatewayCloseCodes.NotAuthenticated, "Not authenticated.");
    }
    if (op === GatewayOpcodes.RequestGuildMembers) {
      return this.#host.requestMembers(this, (d ?? {}) as Record<string, unknown>);
    }
    if (op !== GatewayOpcodes.PresenceUpdate && op !== GatewayOpcodes.VoiceStateUpdate) {
      this.close(GatewayCloseCodes.UnknownOpcode, "Unknown opcode.");
    }
  }

  #tooManyCommands(): boolean {
    const now = Date.now();
    this.#commandTimes = this.#commandTimes.filter((time) => time > now - COMMAND_WINDOW_MS);
    this.#commandTimes.push(now);
    return this.#commandTimes.length > MAX_COMMANDS;
  }
}

function parse(text: string): { op?: unknown; d?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
