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
/** An attempt this old hangs: the network it began on may be gone. A hint that there is another begins anew. */
const HANGS_AFTER_MS = 3_000;
/** How long the answer to a probe may take before the socket counts as dead. */
const PROBE_TIMEOUT_MS = 5_000;
/** Where the machine says itself that the network is gone, an answer that still comes comes soon. */
const OFFLINE_TIMEOUT_MS = 1_500;
/** A slow line isn't given up again and again: each time that it was, it gets twice as long, up to 2 ** 3 times. */
const MAX_DOUBLINGS = 3;
/** What asks for an answer has got one by then, or the server is probed. */
const ANSWER_DUE_MS = 5_000;
/** A frame this young proves that the socket lives. */
const FRESH_MS = 2_000;
/** A connection that held this long starts its backoff anew; one that flaps doesn't. */
const STABLE_MS = 10_000;
/** What a probe asks: the page before the first message, which is always empty. */
const PROBE: ClientFrame = { type: "history", before: 1, limit: 1 };
/** Frames that the server answers. */
const ANSWERED: ReadonlySet<ClientFrame["type"]> = new Set(["send", "edit", "delete", "history"]);

/** A reconnecting connection to the chat server. */
export class Connection {
  readonly #options: ConnectionOptions;
  #state: ConnectionState = { status: "idle" };
  #socket: Socket | null = null;
  /** Tells events of the present socket from those of earlier ones. */
  #generation = 0;
  #attempt = 0;
  #lastFrameAt = 0;
  #openedAt = 0;
  /** Whether the answer to a probe is still to come. */
  #probing = false;
  /** Whether the server owes an answer, and the next look at it is soon. */
  #expecting = false;
  /** How often in a row a socket was given up because a probe had no answer. */
  #unanswered = 0;
  #welcomed = false;
  /** What the server asked for, before which no wake-up connects. */
  #notBefore = 0;
  /** For how long that was: a clock that is set back makes it no longer. */
  #stayAwayMs = 0;
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
   * (but not before the server's `retryAfterMs`), an attempt that hangs begins anew, an open one proves that it lives.
   */
  wake(): void {
    const now = this.#options.clock.now();
    const { status } = this.#state;
    const ripe = status === "waiting"
      ? now >= this.#notBefore
      : status === "connecting" && now - this.#openedAt >= HANGS_AFTER_MS;
    if (ripe) {
      this.#drop();
      this.#open();
    } else if (status === "open" && !this.#probing && now - this.#lastFrameAt >= FRESH_MS) {
      this.#probe();
    }
  }

  /** The machine says that the network is gone: an open connection proves quickly that it lives all the same. */
  doubt(): void {
    if (this.#state.status === "open") this.#probe(OFFLINE_TIMEOUT_MS);
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
    if (ANSWERED.has(frame.type) && !this.#probing && !this.#expecting) this.#expectAnswer();
    return true;
  }

  #open(): void {
    const { clock, connect, url } = this.#options;
    const generation = ++this.#generation;
    const mine = (run: () => void): void => {
      if (generation === this.#generation) run();
    };
    this.#openedAt = clock.now();
    this.#welcomed = false;
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
      this.#welcomed = true;
      this.#setState({ status: "open", since: clock.now() });
    } else if (asksToStayAway(frame)) {
      this.#stayAwayMs = frame.retryAfterMs;
      this.#notBefore = clock.now() + frame.retryAfterMs;
    }
    // What the server says late, it says: only silence after a probe ends the socket.
    if (this.#state.status === "open") this.#watch();
    if (this.#probing && (frame.type === "history" || frame.type === "error")) {
      this.#probing = false;
      this.#unanswered = 0;
      // Answers come in the order of the questions: an empty page belongs to the probe.
      if (frame.type === "history" && frame.messages.length === 0) return;
    }
    this.#options.onFrame(frame);
  }

  /** Waits for silence, then probes. */
  #watch(): void {
    const { clock, probeIntervalMs, visible } = this.#options;
    this.#cancelTimer();
    this.#expecting = false;
    if (probeIntervalMs === 0) return;
    this.#cancelTimer = clock.setTimer(() => visible() ? this.#probe() : this.#watch(), probeIntervalMs);
  }

  /** The next look at the server isn't as far off as it is for a page where nothing happens. */
  #expectAnswer(): void {
    const { clock, probeIntervalMs } = this.#options;
    if (probeIntervalMs === 0) return;
    this.#expecting = true;
    this.#cancelTimer();
    this.#cancelTimer = clock.setTimer(() => this.#probe(), Math.min(ANSWER_DUE_MS, probeIntervalMs));
  }

  #probe(timeoutMs = PROBE_TIMEOUT_MS): void {
    const { clock } = this.#options;
    this.#cancelTimer();
    const patience = timeoutMs * 2 ** Math.min(this.#unanswered, MAX_DOUBLINGS);
    this.#cancelTimer = clock.setTimer(() => {
      this.#unanswered++;
      this.reconnect();
    }, patience);
    if (this.#probing) return;
    this.#probing = true;
    this.send(PROBE);
  }

  #lost(code: number, reason: string): void {
    const { clock, random } = this.#options;
    const cause = causeOfClose(code, this.#welcomed);
    const now = clock.now();
    if (this.#state.status === "open" && now - this.#state.since >= STABLE_MS) this.#attempt = 0;
    this.#drop();
    if (cause === "blocked" || cause === "protocol") {
      this.#setState({ status: "stopped", cause, reason });
      return;
    }
    const asked = Math.min(this.#notBefore - now, this.#stayAwayMs);
    const delay = Math.max(retryDelayMs(cause, this.#attempt, random.fraction()), asked);
    // Someone who was told to go easy isn't hurried by a click on the page.
    if (cause === "overloaded" || cause === "crowded") this.#notBefore = now + delay;
    this.#attempt++;
    this.#cancelTimer = clock.setTimer(() => this.#open(), delay);
    this.#setState({ status: "waiting", attempt: this.#attempt, retryAt: now + delay, cause });
  }

  #drop(): void {
    this.#cancelTimer();
    this.#generation++;
    this.#probing = false;
    this.#expecting = false;
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

/** A refused frame waits by itself; only a server that has no room for the visitor keeps the connection away. */
function asksToStayAway(
  frame: ServerFrame,
): frame is Extract<ServerFrame, { type: "error" }> & { readonly retryAfterMs: number } {
  return frame.type === "error" && frame.code === "overloaded" && frame.cid === undefined &&
    frame.retryAfterMs !== undefined;
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
