// The timers are ones of npm code, so they are cleared the way Node does.
import { clearTimeout } from "node:timers";
import {
  DiscordenoShard,
  type DiscordGatewayPayload,
  GatewayOpcodes,
  type ShardCreateOptions,
  ShardState,
} from "@discordeno/bot";
import { GOOD_CONNECTION_MS } from "../backoff.ts";

/** The close codes after which nothing helps but a person; discordeno throws at them where nobody can catch. */
export const FATAL_CLOSE_CODES: readonly number[] = [4004, 4010, 4011, 4012, 4013, 4014];

/** How long the other end may take to answer a close frame, in milliseconds; a dead line never does. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Any code but 1000 and 1001 keeps the session for a resume. */
const CLOSE_CODE = 3_000;

/** What the shard tells and asks. */
export interface ShardHooks {
  /** Called with each packet, as Discord wrote it. */
  packet(packet: DiscordGatewayPayload): void;
  /** The connection is gone. */
  disconnected(): void;
  /**
   * Waits before a connection is opened.
   *
   * @param failures how many in a row did not hold
   * @param resumes whether it goes on with a session; otherwise it takes one of the day's IDENTIFYs
   */
  beforeConnect(failures: number, resumes: boolean): Promise<void>;
  /** Closed with one of {@link FATAL_CLOSE_CODES}. */
  fatal(code: number, reason: string): void;
  /** Something was thrown that discordeno leaves to nobody. */
  error(action: string, error: unknown): void;
  now(): number;
}

/**
 * discordeno's shard with what it lacks: a pause between connections (it connects again at once, for ever), an end to
 * every failure (it throws inside event handlers, which would end the process), and a stop that holds.
 */
export class PatientShard extends DiscordenoShard {
  readonly #hooks: ShardHooks;
  #failures = 0;
  #openedAt = 0;
  #stopped = false;

  constructor(options: ShardCreateOptions, hooks: ShardHooks) {
    super(options);
    this.#hooks = hooks;
  }

  override async connect(): Promise<DiscordenoShard> {
    const failures = this.#failures++;
    // The address for resuming may be what is out of order.
    if (failures >= 2) this.resumeGatewayUrl = "";
    await this.#hooks.beforeConnect(failures, this.state === ShardState.Resuming);
    // What waits for the connection waits for ever, and is collected: nothing is left that could end the wait.
    if (this.#stopped) return await new Promise<never>(() => {});
    return await super.connect();
  }

  override async handleClose(close: CloseEvent): Promise<void> {
    // Packets of the old connection would go out on the next one: an IDENTIFY twice is answered with a close.
    this.offlineSendQueue.length = 0;
    if (this.#openedAt > 0 && this.#hooks.now() - this.#openedAt >= GOOD_CONNECTION_MS) this.#failures = 0;
    this.#openedAt = 0;
    this.#hooks.disconnected();
    if (this.#stopped) {
      this.stopHeartbeating();
      this.resolveAfterClose?.(close);
      return;
    }
    try {
      await super.handleClose(close);
    } catch (error) {
      if (FATAL_CLOSE_CODES.includes(close.code)) this.#hooks.fatal(close.code, close.reason);
      else this.#again("connect again", error);
    }
  }

  override async handleMessage(message: MessageEvent): Promise<void> {
    try {
      await super.handleMessage(message);
    } catch (error) {
      this.#hooks.error("read a packet of the gateway", error);
    }
  }

  override async handleDiscordPacket(packet: DiscordGatewayPayload): Promise<void> {
    // HELLO replaces the bucket and forgets its timer.
    if (packet.op === GatewayOpcodes.Hello) clearTimeout(this.bucket.timeoutId);
    if (packet.t === "READY" || packet.t === "RESUMED") {
      this.#openedAt = this.#hooks.now();
      // A resume costs nothing of the day's budget.
      if (packet.t === "RESUMED") this.#failures = 0;
    }
    await super.handleDiscordPacket(packet);
  }

  override forwardToBot(packet: DiscordGatewayPayload): void {
    if (!this.#stopped) this.#hooks.packet(packet);
  }

  override async close(code: number, reason: string): Promise<void> {
    const { socket } = this;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), CLOSE_TIMEOUT_MS);
    });
    const outcome = await Promise.race([super.close(code, reason), late]);
    clearTimeout(timer);
    if (outcome === "late" && socket !== undefined) {
      socket.onclose = socket.onmessage = socket.onerror = null;
      await this.handleClose(new CloseEvent("close", { code, reason }));
    }
  }

  /** Starts, or starts over after something was thrown. */
  begin(): void {
    this.identify().catch((error) => this.#again("connect", error));
  }

  #again(action: string, error: unknown): void {
    this.#hooks.error(action, error);
    if (!this.#stopped) this.begin();
  }

  /** Closes for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { socket } = this;
    // discordeno leaves a socket alone that is still connecting.
    if (socket?.readyState === WebSocket.CONNECTING) {
      socket.onclose = socket.onmessage = socket.onerror = null;
      socket.onopen = () => socket.close(CLOSE_CODE);
    }
    await this.close(CLOSE_CODE, "Shutting down");
    this.stopHeartbeating();
    clearTimeout(this.bucket.timeoutId);
  }
}
