import type { Socket, SocketEvents } from "../../../src/client/ports.ts";
import type { ClientFrame, ServerFrame } from "../../../src/web/protocol.ts";

/** The server's end of a socket: what the client sent waits here until the test looks. */
export class ServerEnd {
  /** What the client sent and nobody has taken. */
  readonly inbox: ClientFrame[] = [];
  readonly url: string;
  #state: "opening" | "open" | "closed" = "opening";
  readonly #events: SocketEvents;

  constructor(url: string, events: SocketEvents) {
    this.url = url;
    this.#events = events;
  }

  /** The client's end. */
  get client(): Socket {
    return {
      send: (data) => {
        if (this.#state === "open") this.inbox.push(JSON.parse(data) as ClientFrame);
      },
      close: () => {
        this.#state = "closed";
      },
    };
  }

  /** Whether the client still holds the socket. */
  get alive(): boolean {
    return this.#state !== "closed";
  }

  /** Accepts the connection. */
  accept(): void {
    this.#state = "open";
    this.#events.open();
  }

  /** Sends a frame to the client. */
  send(frame: ServerFrame): void {
    if (this.#state === "open") this.#events.message(JSON.stringify(frame));
  }

  /** Sends text that is no frame. */
  sendText(text: string): void {
    this.#events.message(text);
  }

  /** Ends the connection. A client that gave up hears of it as late as from a real socket. */
  close(code = 1006, reason = ""): void {
    this.#state = "closed";
    this.#events.close(code, reason);
  }

  /** Takes the oldest frame of the client's. */
  take(): ClientFrame | undefined {
    return this.inbox.shift();
  }

  /** Takes all frames of one type. */
  takeAll<T extends ClientFrame["type"]>(type: T): Extract<ClientFrame, { type: T }>[] {
    const taken = this.inbox.filter((frame): frame is Extract<ClientFrame, { type: T }> =>
      frame.type === type
    );
    this.inbox.splice(0, this.inbox.length, ...this.inbox.filter((frame) => frame.type !== type));
    return taken;
  }
}

/** All sockets that clients opened. */
export class FakeNetwork {
  readonly sockets: ServerEnd[] = [];

  readonly connect = (url: string, events: SocketEvents): Socket => {
    const end = new ServerEnd(url, events);
    this.sockets.push(end);
    return end.client;
  };

  /** The socket that was opened last. */
  get last(): ServerEnd {
    const end = this.sockets.at(-1);
    if (end === undefined) throw new Error("Cannot find a socket: nobody has connected");
    return end;
  }
}
