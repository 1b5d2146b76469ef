import {
  ChatClient,
  type ChatState,
  MemoryStorage,
  openWebSocket,
  type Socket,
  type StoredMessage,
} from "../../src/client/mod.ts";

/** How a visitor finds the server, which may be somewhere else after a restart. */
export interface VisitorOptions {
  readonly url: () => string;
  readonly onChange: () => void;
}

/** A visitor with the same client as in a browser, on a line that breaks. */
export class Visitor {
  readonly #client: ChatClient;
  #socket: Socket | undefined;
  #lose: (() => void) | undefined;

  constructor({ url, onChange }: VisitorOptions) {
    this.#client = new ChatClient({
      url: "",
      storage: new MemoryStorage().tab(),
      connect: (_, events) => {
        const socket = openWebSocket(`${url().replace(/^http/, "ws")}/ws`, events);
        this.#socket = socket;
        this.#lose = (): void => events.close(1006, "");
        return socket;
      },
    });
    this.#client.subscribe(onChange);
    this.#client.start();
  }

  get state(): ChatState {
    return this.#client.state;
  }

  /** What they wrote, as it is stored. */
  get own(): readonly StoredMessage[] {
    return this.state.messages.filter(({ from }) => from === "visitor");
  }

  /** What staff said, as they see it, without what was taken back. */
  get heard(): readonly StoredMessage[] {
    return this.state.messages.filter(({ from, deleted }) => from === "agent" && deleted !== true);
  }

  say(text: string, replyTo?: number): void {
    this.#client.send(text, replyTo === undefined ? {} : { replyTo });
  }

  edit(seq: number, text: string): void {
    this.#client.edit(seq, text);
  }

  delete(seq: number): void {
    this.#client.delete(seq);
  }

  /** The line breaks: what was sent may have arrived, what the server says is not heard. */
  cut(): void {
    this.#socket?.close();
    this.#lose?.();
  }

  /** Does at once what would happen by itself in a while: connect again, read what is older than the first page. */
  hurry(): void {
    this.#client.wake();
    if (this.state.more) this.#client.loadOlder(100);
  }

  leave(): void {
    this.#client.stop();
  }
}
