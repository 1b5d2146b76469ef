/** A bare gateway client, for what discordeno never does. */
import { createInflate, type Inflate } from "node:zlib";
import type { DiscordSimulator } from "../support/discord/mod.ts";

/** A payload as it came. */
export interface Payload {
  readonly op: number;
  readonly t: string | null;
  // deno-lint-ignore no-explicit-any -- tests assert on what came, whatever its shape
  readonly d: any;
}

/** Long after anything that comes at all has come. */
const TIMEOUT_MS = 5000;

/** One WebSocket to the gateway. It sends no heartbeats by itself. */
export class RawGateway implements AsyncDisposable {
  readonly #closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #received: Payload[] = [];
  readonly #inflate: Inflate | undefined;
  #wake: () => void = () => {};

  private constructor(socket: WebSocket, compressed: boolean) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#inflate = compressed ? createInflate() : undefined;
    this.#inflate?.on("data", (chunk: Uint8Array) => this.#receive(new TextDecoder().decode(chunk)));
    socket.onmessage = ({ data }): void => {
      if (typeof data === "string") this.#receive(data);
      else this.#inflate?.write(new Uint8Array(data));
    };
    this.#closed = new Promise((resolve) => {
      socket.onclose = ({ code }): void => {
        this.#inflate?.close();
        resolve(code);
        this.#wake();
      };
    });
  }

  /**
   * @param discord where to
   * @param compress transport compression to ask for
   * @returns the client, after HELLO
   */
  static async connect(discord: DiscordSimulator, compress?: "zlib-stream"): Promise<RawGateway> {
    const response = await fetch(`${discord.url}/v10/gateway`);
    const { url } = await response.json();
    const query = compress === undefined ? "" : `&compress=${compress}`;
    const socket = new WebSocket(`${url}/?v=10&encoding=json${query}`);
    const raw = new RawGateway(socket, compress !== undefined);
    await raw.next(({ op }) => op === 10);
    return raw;
  }

  /**
   * @param op an opcode
   * @param d its data
   */
  send(op: number, d: unknown): void {
    this.#socket.send(JSON.stringify({ op, d }));
  }

  /**
   * @param wanted says which payload is meant
   * @returns the first such payload, which is not given again
   */
  async next(wanted: (payload: Payload) => boolean): Promise<Payload> {
    while (true) {
      const index = this.#received.findIndex(wanted);
      if (index >= 0) return this.#received.splice(index, 1)[0] as Payload;
      if (this.#socket.readyState >= WebSocket.CLOSING) {
        throw new Error("The gateway closed before that came");
      }
      await inTime(new Promise<void>((resolve) => this.#wake = resolve), wanted.toString());
    }
  }

  /** Settles with the code with which the gateway closed. */
  get closed(): Promise<number> {
    return inTime(this.#closed, "the close");
  }

  /** @returns when the socket is closed, with 1000 unless it was closed already */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(1000);
    await this.closed;
  }

  #receive(text: string): void {
    this.#received.push(JSON.parse(text));
    this.#wake();
  }
}

async function inTime<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Waited ${TIMEOUT_MS} ms in vain for ${what}`)),
    TIMEOUT_MS,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
