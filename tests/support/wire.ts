/** What a {@link Wire} does with what goes over it. */
type Mode = "open" | "slow" | "deaf" | "frozen" | "cut";

/** A slow line holds every piece back for so long, in milliseconds. */
const SLOW_MS = 150;

/**
 * A line between browsers and the server that a test can cut, freeze or slow down. Browsers see one address while
 * servers come and go behind it. Emulation in the browser leaves open WebSockets alone; this does not.
 */
export class Wire implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #ends = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  #mode: Mode = "open";
  #target = 0;
  #thaw = Promise.withResolvers<void>();

  constructor() {
    this.#accepting = this.#accept();
  }

  /** Where browsers connect to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** Leads to another server from now on. */
  lead(url: string): void {
    this.#target = Number(new URL(url).port);
  }

  /** Ends every connection and takes no new one. */
  cut(): void {
    this.#set("cut");
    for (const end of this.#ends) close(end);
  }

  /** Keeps everything open, and nothing comes through: a network that has gone without a word. */
  freeze(): void {
    this.#set("frozen");
  }

  /** What browsers send arrives, and no answer comes back. */
  deafen(): void {
    this.#set("deaf");
  }

  /** Lets everything through, late. */
  slow(): void {
    this.#set("slow");
  }

  /** All is well again; what was held back comes through. */
  restore(): void {
    this.#set("open");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    await this.#accepting;
  }

  #set(mode: Mode): void {
    this.#mode = mode;
    this.#thaw.resolve();
    this.#thaw = Promise.withResolvers();
  }

  async #accept(): Promise<void> {
    for await (const browser of this.#listener) void this.#join(browser);
  }

  async #join(browser: Deno.Conn): Promise<void> {
    this.#ends.add(browser);
    try {
      await this.#passable(false);
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#ends.add(server);
      await Promise.race([this.#carry(browser, server, false), this.#carry(server, browser, true)]);
      close(server);
      this.#ends.delete(server);
    } catch {
      // Nobody is there, or one end has gone: so goes the other.
    }
    close(browser);
    this.#ends.delete(browser);
  }

  async #carry(from: Deno.Conn, to: Deno.Conn, answers: boolean): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    for (let length = await from.read(buffer); length !== null; length = await from.read(buffer)) {
      await this.#passable(answers);
      let rest = buffer.subarray(0, length);
      while (rest.length > 0) rest = rest.subarray(await to.write(rest));
    }
  }

  async #passable(answers: boolean): Promise<void> {
    while (this.#mode === "frozen" || (answers && this.#mode === "deaf")) await this.#thaw.promise;
    if (this.#mode === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    if (this.#mode === "cut") throw new Deno.errors.ConnectionReset("the wire is cut");
  }
}

function close(end: Deno.Conn): void {
  try {
    end.close();
  } catch (error) {
    // The other direction has closed it.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
