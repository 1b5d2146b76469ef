/**
 * One WebSocket that comes back: it says hello, notices silence, and retries with backoff and jitter.
 *
 * @module
 */
import type { ClientFrame, HelloFrame, ServerFrame } from "../web/protocol.ts";
import { causeOfClose, type OfflineCause, retryDelayMs } from "./backoff.ts";
import type { Clock, Random, Socket, SocketFactory } from "./ports.ts";

/** Where the connection stands; replaced, never changed. */
export type ConnectionState =
  | { readonly status: "idle" }
  | { readonly status: "connecting"; readonly attempt: number }
  | { readonly status: "open"; readonly since: number }
  | {
    readonly status: "waiting";
    readonly attempt: number;
    readonly retryAt: number;
    readonly cause: OfflineCause;
  }
  | { readonly status: "stopped"; readonly cause: StopCause; readonly reason: string };

/** Why no further attempt is made. */
export type StopCause = "blocked" | "protocol" | "identity";

/** How a {@link Connection} is made. */
export interface ConnectionOptions {
  /** The WebSocket's address. */
  readonly url: string;
  readonly connect: SocketFactory;
  readonly clock: Clock;
  readonly random: Random;
  /** Makes the first frame of each socket. */
  readonly hello: () => HelloFrame;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onState: (state: ConnectionState) => void;
  /** Whether anybody can see the page: an unseen one isn't probed. */
  readonly visible: () => boolean;
  /** After this long without a frame a visible page asks whether the server is there; 0 never asks. */
  readonly probeIntervalMs: number;
}

/** From the start of an attempt to the `welcome`. */
const CONNECT_TIMEOUT_MS = 20_000;
/** How long the answer to a probe may take before the socket counts as dead. */
const PROBE_TIMEOUT_MS = 5_000;
/** A frame this young proves that the socket lives. */
const FRESH_MS = 2_000;
/** A connection that held this long starts its backoff anew; one that flaps doesn't. */
const STABLE_MS = 10_000;
/** What a probe asks: the page before the first message, which is always empty. */
const PROBE: ClientFrame = { type: "history", before: 1, limit: 1 };

/** A reconnecting connection to the chat server. */
export class Connection {
  readonly #options: ConnectionOptions;
  #state: ConnectionState = { status: "idle" };
  #socket: Socket | null = null;
  /** Tells events of the present socket from those of earlier ones. */
  #generation = 0;
  #attempt = 0;
  #lastFrameAt = 0;
  /** Whether the answer to a probe is still to come. */
  #probing = false;
  /** What the server asked for, before which no wake-up connects. */
  #notBefore = 0;
  #cancelTimer: () => void = () => {};

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Where the connection stands. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects, unless it does already. A stopped connection tries again. */
  start(): void {
    if (this.#state.status === "idle" || this.#state.status === "stopped") this.#open();
  }

  /** Ends for good, until `start`. */
  stop(): void {
    this.#drop();
    this.#setState({ status: "idle" });
  }

  /** Ends until `start`: an attempt that says the same again would be refused again. */
  refuse(cause: StopCause): void {
    this.#drop();
    this.#setState({ status: "stopped", cause, reason: "" });
  }

  /** Drops the present socket and connects at once. */
  reconnect(): void {
    if (this.#state.status === "idle" || this.#state.status === "stopped") return;
    this.#drop();
    this.#open();
  }

  /**
   * Something hints that the network may be back or the machine awake: a waiting connection tries at once
   * (but not before the server's `retryAfterMs`), an open one proves that it lives.
   */
  wake(): void {
    const now = this.#options.clock.now();
    if (this.#state.status === "waiting" && now >= this.#notBefore) {
      this.#drop();
      this.#open();
    } else if (this.#state.status === "open" && !this.#probing && now - this.#lastFrameAt >= FRESH_MS) {
      this.#probe();
    }
  }

  /**
   * Sends a frame if the connection is open.
   *
   * @param frame The frame.
   * @returns Whether it was handed to the socket; not whether it arrived.
   */
  send(frame: ClientFrame): boolean {
    if (this.#state.status !== "open" || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #open(): void {
    const { clock, connect, url } = this.#options;
    const generation = ++this.#generation;
    const mine = (run: () => void): void => {
      if (generation === this.#generation) run();
    };
    this.#setState({ status: "connecting", attempt: this.#attempt });
    this.#cancelTimer = clock.setTimer(() => mine(() => this.#lost(1006, "")), CONNECT_TIMEOUT_MS);
    this.#socket = connect(url, {
      open: () => mine(() => this.#socket?.send(JSON.stringify(this.#options.hello()))),
      message: (data) => mine(() => this.#received(data)),
      close: (code, reason) => mine(() => this.#lost(code, reason)),
    });
  }

  #received(data: string): void {
    const frame = parseFrame(data);
    if (frame === null) return;
    const { clock } = this.#options;
    this.#lastFrameAt = clock.now();
    if (frame.type === "welcome") {
      this.#notBefore = 0;
      this.#setState({ status: "open", since: clock.now() });
    } else if (frame.type === "error" && frame.cid === undefined && frame.retryAfterMs !== undefined) {
      this.#notBefore = clock.now() + frame.retryAfterMs;
    }
    if (this.#state.status === "open") this.#watch();
    if (this.#probing && (frame.type === "history" || frame.type === "error")) {
      this.#probing = false;
      // Answers come in the order of the questions: an empty page belongs to the probe.
      if (frame.type === "history" && frame.messages.length === 0) return;
    }
    this.#options.onFrame(frame);
  }

  /** Waits for silence, then probes. */
  #watch(): void {
    const { clock, probeIntervalMs, visible } = this.#options;
    this.#cancelTimer();
    if (probeIntervalMs === 0) return;
    this.#cancelTimer = clock.setTimer(() => visible() ? this.#probe() : this.#watch(), probeIntervalMs);
  }

  #probe(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.setTimer(() => this.reconnect(), PROBE_TIMEOUT_MS);
    this.#probing = this.send(PROBE);
  }

  #lost(code: number, reason: string): void {
    const { clock, random } = this.#options;
    const cause = causeOfClose(code);
    const now = clock.now();
    if (this.#state.status === "open" && now - this.#state.since >= STABLE_MS) this.#attempt = 0;
    this.#drop();
    if (cause === "blocked" || cause === "protocol") {
      this.#setState({ status: "stopped", cause, reason });
      return;
    }
    const delay = Math.max(retryDelayMs(cause, this.#attempt, random.fraction()), this.#notBefore - now);
    // Someone who was told to go easy isn't hurried by a click on the page.
    if (cause === "overloaded") this.#notBefore = now + delay;
    this.#attempt++;
    this.#cancelTimer = clock.setTimer(() => this.#open(), delay);
    this.#setState({ status: "waiting", attempt: this.#attempt, retryAt: now + delay, cause });
  }

  #drop(): void {
    this.#cancelTimer();
    this.#generation++;
    this.#probing = false;
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function parseFrame(data: string): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(data);
    // The server is ours and of our version; a frame of an unknown type falls through every handler.
    if (typeof frame === "object" && frame !== null && "type" in frame) return frame as ServerFrame;
  } catch {
    // Not JSON: nothing a client could do about it.
  }
  return null;
}
