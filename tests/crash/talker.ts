import {
  ChatClient,
  MemoryStorage,
  openWebSocket,
  type Socket,
  type SocketEvents,
} from "../../src/client/mod.ts";

/** Messages without an ack at once: enough that a kill always meets some. */
const IN_FLIGHT = 4;

/** A visitor who writes as soon as there is an ack, reconnects like a browser and notes what the server said. */
export class Talker implements Disposable {
  readonly name: string;
  /** The `seq` of each acked message by its text. More than one would be a message stored twice. */
  readonly acked = new Map<string, Set<number>>();
  /** What the staff wrote, by `seq`. */
  readonly heard = new Map<number, string>();
  readonly #client: ChatClient;
  readonly #texts = new Map<string, string>();
  readonly #onAck: () => void;
  #sent = 0;
  #talking = true;

  /** @param onAck called at each ack */
  constructor(name: string, url: string, onAck: () => void) {
    this.name = name;
    this.#onAck = onAck;
    this.#client = new ChatClient({
      url: `${url.replace(/^http/, "ws")}/ws`,
      storage: new MemoryStorage().tab(),
      connect: (to, events) => this.#connect(to, events),
    });
    this.#client.subscribe(() => this.#talk());
    this.#client.start();
  }

  /** The conversation's public id; null before the first welcome. */
  get uid(): string | null {
    return this.#client.state.uid;
  }

  /** Messages without an ack. */
  get pending(): number {
    return this.#client.state.pending.length;
  }

  /** How many messages it has written. */
  get sent(): number {
    return this.#sent;
  }

  /** Writes nothing new; what waits still goes out. */
  fallSilent(): void {
    this.#talking = false;
  }

  /** Tries to connect at once. */
  wake(): void {
    this.#client.wake();
  }

  #talk(): void {
    while (this.#talking && this.#client.state.pending.length < IN_FLIGHT) {
      const text = `${this.name}-${++this.#sent}`;
      this.#texts.set(this.#client.send(text), text);
    }
  }

  /** The frames as they come: the client itself would hide what comes twice. */
  #connect(url: string, events: SocketEvents): Socket {
    return openWebSocket(url, {
      ...events,
      message: (data) => {
        this.#note(JSON.parse(data));
        events.message(data);
      },
    });
  }

  #note(frame: Readonly<Record<string, unknown>>): void {
    if (frame.type === "acks") {
      for (const { cid, seq } of frame.acks as { cid: string; seq: number }[]) {
        const text = this.#texts.get(cid) ?? cid;
        this.acked.set(text, (this.acked.get(text) ?? new Set()).add(seq));
        this.#onAck();
      }
    } else if (frame.type === "messages" || frame.type === "welcome") {
      for (
        const { seq, from, content } of frame.messages as { seq: number; from: string; content: string }[]
      ) {
        if (from === "agent") this.heard.set(seq, content);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#client.stop();
  }
}
