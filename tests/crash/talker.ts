import {
  ChatClient,
  MemoryStorage,
  openWebSocket,
  type Socket,
  type SocketEvents,
} from "../../src/client/mod.ts";

/** Messages without an ack at once: enough that a kill always meets some. */
const IN_FLIGHT = 4;
/** Every so many-th message is changed as soon as it is acked, and every so many-th deleted: at the time of a kill some always are. */
const CHANGED_EVERY = 5;
const DELETED_EVERY = 7;

/** What the server has told a visitor to be on disk. */
export interface Promised {
  readonly seq: number;
  /** What may be there: a change that was asked for and not told back yet may have been made. */
  readonly contents: readonly string[];
}

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
  readonly #seen = new Set<string>();
  /** Own messages whose change the server has told back, by `seq`. */
  readonly #changed = new Set<number>();
  #sent = 0;
  #resent = 0;
  #changes = 0;
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

  /** Messages without an ack, and changes that the server has not told back. */
  get pending(): number {
    const { pending, changes } = this.#client.state;
    return pending.length + changes.length;
  }

  /** How many messages went out again because their ack had not come. */
  get resent(): number {
    return this.#resent;
  }

  /** How many messages it has changed or deleted. */
  get changes(): number {
    return this.#changes;
  }

  /** What a copy of the database must hold, taken now. */
  get promised(): readonly Promised[] {
    return [...this.acked].flatMap(([text, seqs]) =>
      [...seqs].map((seq) => ({
        seq,
        contents: this.#changed.has(seq) ? [this.finally(text)] : [text, this.finally(text)],
      }))
    );
  }

  /** What is to be read of its messages in the end, in order. */
  get written(): readonly string[] {
    const texts = Array.from({ length: this.#sent }, (_, index) => this.finally(`${this.name}-${index + 1}`));
    return texts.filter((text) => text !== "");
  }

  /** What a text becomes; empty when it is deleted. */
  finally(text: string): string {
    const number = Number(text.split("-")[1]);
    return number % DELETED_EVERY === 0 ? "" : number % CHANGED_EVERY === 0 ? `${text}x` : text;
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
    const socket = openWebSocket(url, {
      ...events,
      message: (data) => {
        const acked = this.#note(JSON.parse(data));
        events.message(data);
        for (const [text, seq] of acked) this.#change(text, seq);
      },
    });
    return {
      ...socket,
      send: (data): void => {
        const { type, cid } = JSON.parse(data);
        if (type === "send" && this.#seen.size === this.#seen.add(cid).size) this.#resent++;
        socket.send(data);
      },
    };
  }

  /** A message that was acked for the first time may be one to change. */
  #change(text: string, seq: number): void {
    const becomes = this.finally(text);
    if (becomes === text) return;
    this.#changes++;
    if (becomes === "") this.#client.delete(seq);
    else this.#client.edit(seq, becomes);
  }

  /** Gives what was acked for the first time. */
  #note(frame: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> {
    const first = new Map<string, number>();
    if (frame.type === "acks") {
      for (const { cid, seq } of frame.acks as { cid: string; seq: number }[]) {
        const text = this.#texts.get(cid) ?? cid;
        if (!this.acked.has(text)) first.set(text, seq);
        this.acked.set(text, (this.acked.get(text) ?? new Set()).add(seq));
        this.#onAck();
      }
    } else if (frame.type === "messages" || frame.type === "welcome") {
      for (
        const { seq, from, content } of frame.messages as { seq: number; from: string; content: string }[]
      ) {
        if (from === "agent") this.heard.set(seq, content);
        // The tab that wrote a message hears of it again when it is changed, or in the welcome.
        else if (content === "" || content.endsWith("x")) this.#changed.add(seq);
      }
    }
    return first;
  }

  [Symbol.dispose](): void {
    this.#client.stop();
  }
}
