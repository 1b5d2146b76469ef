import {
  ChatClient,
  type ChatState,
  type FileInfo,
  MemoryStorage,
  openWebSocket,
  type SendOptions,
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
  readonly #url: () => string;
  #socket: Socket | undefined;
  #lose: (() => void) | undefined;

  constructor({ url, onChange }: VisitorOptions) {
    this.#url = url;
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

  /** What the bridge itself tells them. */
  get told(): readonly StoredMessage[] {
    return this.state.messages.filter(({ from }) => from === "system");
  }

  say(text: string, options: SendOptions = {}): void {
    this.#client.send(text, options);
  }

  /** Uploads a file as the page does. @returns undefined when the server is not there, or ends meanwhile */
  async upload(name: string, body: Uint8Array<ArrayBuffer>): Promise<FileInfo | undefined> {
    const headers = { ...this.#authorization, "X-File-Name": encodeURIComponent(name) };
    const answer = await this.#ask("/upload", { method: "POST", body, headers });
    if (answer === undefined) return undefined;
    return JSON.parse(new TextDecoder().decode(answer));
  }

  /** Downloads a file of the conversation. */
  async download(id: string): Promise<Uint8Array | undefined> {
    return await this.#ask(`/files/${id}`, { headers: this.#authorization });
  }

  get #authorization(): Record<string, string> {
    return { Authorization: `Bearer ${this.#client.session}` };
  }

  async #ask(path: string, init: RequestInit): Promise<Uint8Array | undefined> {
    try {
      const response = await fetch(`${this.#url()}${path}`, init);
      if (response.ok) return await response.bytes();
      await response.body?.cancel();
    } catch (error) {
      // The server is away, or was killed before the answer ended.
      if (!(error instanceof TypeError)) throw error;
    }
    return undefined;
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
