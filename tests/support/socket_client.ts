import { Collector, within } from "./until.ts";

/** A frame as it came: fields by name. */
export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/** A WebSocket client that knows nothing but the contract. */
export class SocketClient implements AsyncDisposable {
  readonly frames = new Collector<Frame>();
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  #read = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.frames.push(JSON.parse(event.data)));
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
  }

  /** Opens a socket. @param url of the server, `http://127.0.0.1:8000` for example */
  static async connect(url: string): Promise<SocketClient> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
    const client = new SocketClient(socket);
    await within(
      "the socket to open",
      new Promise<void>((resolve, reject) => {
        socket.addEventListener("open", () => resolve());
        socket.addEventListener("error", () => reject(new Error("the socket did not open")));
      }),
    );
    return client;
  }

  /** Opens a socket and says hello. */
  static async hello(url: string, session: string | null = null, after = 0): Promise<SocketClient> {
    const client = await SocketClient.connect(url);
    client.send({ type: "hello", v: 1, session, after });
    return client;
  }

  /** Sends a frame, or a text as it is. */
  send(frame: unknown): void {
    this.#socket.send(
      typeof frame === "string" ? frame : frame instanceof Uint8Array ? frame.slice() : JSON.stringify(frame),
    );
  }

  /** The next frame that was not looked at. */
  async next(): Promise<Frame> {
    const index = this.#read++;
    const frames = await this.frames.count("frames", index + 1);
    const frame = frames[index];
    if (frame === undefined) throw new Error("there is no frame");
    return frame;
  }

  /** The next frame of a type; others on the way are passed over. */
  async nextOf(type: string): Promise<Frame> {
    for (;;) {
      const frame = await this.next();
      if (frame.type === type) return frame;
    }
  }

  /** How the server closed the socket. */
  ended(): Promise<{ readonly code: number; readonly reason: string }> {
    return within("the server to close the socket", this.closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
